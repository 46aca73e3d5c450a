"""The case file over HTTP: a dispute's whole life, what of it others see, and who read it."""

from typing import Any
from uuid import UUID

import pytest
from support import disputes, ownership
from support.disputes import Dispute
from support.ownership import Ask, accepted, holder_of, sent
from support.requests_of import World, new_world
from support.serving import Served, addresses_behind

from api.schemas.case_file import CaseFileView

HANDLER = "dispute_handler"
HISTORY = ("contract", "holder", "identities", "persons", "disputes", "addresses", "staff")


def file_of(dispute: Dispute, role: str = HANDLER, **params: Any) -> dict[str, Any]:
    answer = dispute.served.get(role, f"{dispute.path}/case-file", params=params)
    assert answer.status_code == 200, answer.text
    CaseFileView.model_validate_json(answer.content)
    return dict(answer.json())


@pytest.fixture(scope="module")
def world(served: Served) -> World:
    return ownership.elsewhere(new_world(served))


@pytest.fixture(scope="module")
def dispute(world: World) -> Dispute:
    """A dispute in which a claim was refused, and a renewal that was applied meanwhile."""
    made = disputes.opened(world, contract=None)
    claim = disputes.claimed(made)
    made.do("attach", {"contract": world.contract})
    disputes.checked(made, claim["claim"], claim["claimant"])
    disputes.claim_refused(made, claim["claim"])
    change = ownership.approved(world)
    sent(world.served, "agent", Ask(f"{change.path}/apply", {}, change.version))
    disputes.frozen(made)
    disputes.confirmed(made)
    return made


def test_it_tells_the_whole_life_of_the_contract(world: World, dispute: Dispute) -> None:
    file = file_of(dispute)
    assert (file["scope"], file["contract"]["number"]) == ("whole_contract", world.contract)
    holder = holder_of(world.served, world.contract)
    assert (file["holder"]["determined"], file["holder"]["holders"]) == (True, [holder])
    assert [one["type"] for one in file["holder"]["rests_on"]] == [
        *("ContractRegistered", "IdentityChanged")
    ]
    first, second = file["identities"]["items"]
    assert (first["kind"], second["kind"], second["version"]) == ("registration", "renewal", 2)
    assert second["holders"][0]["document"]["passport"]["name"] == "Ada Other"
    assert second["checks"][0]["finding"] == "passed"
    assert second["approved"]["approver"] not in {one["checker"] for one in second["checks"]}
    (case,) = file["disputes"]["items"]
    (claim,) = case["claims"]["items"]
    assert (claim["state"], claim["facts"]["rule"]) == ("refused", "holder_is_who_gave_document")
    assert claim["events"]["items"][0]["what"]["name"] == "Ben Example"
    (freeze,) = file["freezes"]["items"]
    assert (freeze["state"], freeze["case"]) == ("placed", dispute.id)
    (made,) = file["determinations"]["items"]
    assert made["state"] == "confirmed"
    assert [one["type"] for one in made["facts"]["rests_on"]] == [
        one["type"] for one in file["holder"]["rests_on"]
    ]
    networks = file["addresses"]["networks"]["items"]
    assert [one["network"] for one in networks] == ["127.0.0.0/24"]
    assert file["findings"]["finding"] == "no_work_recorded"
    staff = {role for one in file["staff"]["items"] for role in one["roles"]}
    assert staff >= {"agent", "supervisor", HANDLER}


def test_every_event_that_it_names_can_be_checked_against_the_log(dispute: Dispute) -> None:
    marks = [*_marks(file_of(dispute))]
    served, positions = dispute.served, {one["position"] for one in marks}
    with served.database() as connection:
        rows = connection.execute(
            "SELECT position, event_id, type FROM ledger.events WHERE position = ANY (%s)",
            [sorted(positions)],
        ).fetchall()
    recorded = {position: (event, kind) for position, event, kind in rows}
    for one in marks:
        assert recorded[one["position"]] == (UUID(one["event_id"]), one["type"])


def _marks(value: Any) -> Any:
    if isinstance(value, dict):
        if {"event_id", "position", "type"} <= value.keys():
            yield value
        for one in value.values():
            yield from _marks(one)
    elif isinstance(value, list):
        for one in value:
            yield from _marks(one)


def test_as_of_a_position_it_is_what_it_was_and_reading_leaves_no_trace_in_it(
    dispute: Dispute,
) -> None:
    before = file_of(dispute)
    again = file_of(dispute)
    assert {name: again[name] for name in HISTORY} == {name: before[name] for name in HISTORY}
    disputes.claimed(dispute)
    now = file_of(dispute)
    assert now["disputes"]["items"][0]["claims"]["total"] == 2
    then = file_of(dispute, as_of_position=before["as_of_position"])
    for link in then["links"].values():
        assert dispute.served.get(HANDLER, link).status_code == 200, link
    assert {name: then[name] for name in HISTORY} == {name: before[name] for name in HISTORY}


def test_its_signals_are_those_of_the_moment(world: World) -> None:
    dispute = disputes.own(world)
    for _ in range(2):
        last = disputes.claim_refused(dispute, disputes.claimed(dispute)["claim"])
    assert "repeated_refusals" in _signals(file_of(dispute))
    earlier = file_of(dispute, as_of_position=last["position"] - 1)
    assert "repeated_refusals" not in _signals(earlier)


def _signals(file: dict[str, Any]) -> set[str]:
    return {str(one["kind"]) for one in file["signals"]["items"]}


def test_there_is_no_file_while_addresses_are_behind_and_no_reading_of_one(world: World) -> None:
    with addresses_behind(world.served):
        dispute = disputes.own(world)
        behind = dispute.served.get(HANDLER, f"{dispute.path}/case-file")
        assert (behind.status_code, behind.headers["Retry-After"]) == (503, "1")
    file_of(dispute)
    with dispute.served.database() as connection:
        noted = connection.execute(
            "SELECT count(*) FROM ledger.envelopes WHERE type = 'EvidenceRead'"
            " AND envelope -> 'data' ->> 'case' = %s",
            [dispute.id],
        ).fetchone()
    assert noted == (1,)


def test_an_unattached_dispute_shows_itself_and_its_ticket_alone(served: Served) -> None:
    world = new_world(served)
    dispute = disputes.opened(world, contract=None)
    disputes.claimed(dispute)
    file = file_of(dispute)
    assert file["scope"] == "dispute_and_its_ticket_only"
    assert (file["contract"], file["holder"], file["findings"]) == (None, None, None)
    assert [one["id"] for one in file["tickets"]["items"]] == [dispute.ticket]
    assert file["identities"]["total"] == 0
    assert file["disputes"]["items"][0]["claims"]["total"] == 1
    assert world.contract not in str(file["links"])
    assert served.get(HANDLER, file["links"]["ticket"]).status_code == 200


def test_opening_it_is_recorded_and_supervisors_see_no_identity_data(
    world: World, dispute: Dispute
) -> None:
    def reads(kind: str) -> int:
        with world.served.database() as connection:
            row = connection.execute(
                "SELECT count(*) FROM ledger.envelopes WHERE type = %s"
                " AND envelope -> 'data' ->> 'contract' = %s",
                [kind, world.contract],
            ).fetchone()
            assert row is not None
            return int(row[0])

    evidence, identity = reads("EvidenceRead"), reads("IdentityRead")
    file = file_of(dispute, "supervisor")
    assert (reads("EvidenceRead"), reads("IdentityRead")) == (evidence + 1, identity)
    passport = file["identities"]["items"][1]["holders"][0]["document"]["passport"]
    assert passport["name"] == {"withheld": True}
    assert "Ada Other" not in str(file)
    file_of(dispute, "compliance")
    assert (reads("EvidenceRead"), reads("IdentityRead")) == (evidence + 2, identity + 1)


def test_what_was_erased_shows_that_it_was(served: Served) -> None:
    world = ownership.elsewhere(new_world(served))
    dispute = disputes.opened(world)
    claimant = disputes.claimed(dispute)["claimant"]
    body = {"contract": world.contract, "purposes": ["claim"], "basis": "data_subject_request"}
    accepted(served.post("compliance", f"/v1/subjects/{claimant}/erasures", body))

    def claim() -> dict[str, Any]:
        (only,) = file_of(dispute)["disputes"]["items"][0]["claims"]["items"]
        return dict(only)

    served.until(lambda: claim()["events"]["items"][0]["what"]["name"] == {"erased": True})
    assert claim()["facts"]["claimant"] == claimant


def test_a_file_that_is_not_there_is_not_found(dispute: Dispute) -> None:
    served = dispute.served
    (case,) = file_of(dispute)["disputes"]["items"]
    opened_at = case["dispute"]["events"]["items"][0]["mark"]["position"]
    path = f"{dispute.path}/case-file"
    early = served.get(HANDLER, path, params={"as_of_position": opened_at - 1})
    assert early.status_code == 404
    nobody = served.get(HANDLER, f"/v1/disputes/{dispute.ticket}/case-file")
    assert nobody.status_code == 404
    assert served.get("agent", path).status_code == 403
    assert served.get(HANDLER, path, params={"as_of_position": 2**40}).status_code == 422
