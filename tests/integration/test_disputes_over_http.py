"""Disputes over HTTP: what is claimed, by what rule it is refused, who is told and who is not."""

from typing import Any
from uuid import uuid4

import pytest
from support import ownership
from support.disputes import (
    HANDLER,
    Dispute,
    a_claim,
    a_freeze,
    checked,
    claim_refused,
    claimed,
    closed,
    frozen,
    opened,
    own,
    soon,
)
from support.ownership import (
    PASSPORT,
    Ask,
    by,
    elsewhere,
    holder_of,
    refused,
    sent,
)
from support.requests_of import World, known, new_world
from support.serving import Served

NAME = "Ben \u202eelpmaxE\u202c \u0301\u05d1\u05df 本 \U0001f600"


@pytest.fixture(scope="module")
def world(served: Served) -> World:
    return new_world(served)


@pytest.fixture
def dispute(world: World) -> Dispute:
    """A dispute under a contract of its own."""
    return own(world)


def types(view: dict[str, Any]) -> list[str]:
    return [str(one["type"]) for one in view["events"]]


def test_a_claim_is_written_down_checked_and_refused_by_a_rule(dispute: Dispute) -> None:
    passport = {"passport": PASSPORT}
    made = claimed(
        dispute, name=NAME, document=passport, contact={"kind": "phone", "value": "+351 1"}
    )
    checked(dispute, made["claim"], made["claimant"], found="Nothing on record.")
    claim_refused(dispute, made["claim"])
    view = dispute.read("agent")
    (claim,) = view["claims"]
    assert (claim["claimant"], claim["upheld"], view["undecided"]) == (made["claimant"], False, 0)
    _, received, looked, refusal = (one["what"] for one in view["events"])
    assert received["name"] == NAME
    assert received["document"]["passport"]["number"] == PASSPORT["number"]
    assert (received["contact"]["value"], looked["found"]) == ("+351 1", "Nothing on record.")
    assert refusal["rule"] == "holder_is_who_gave_document"
    assert refusal["explanation"] == "The holder is who gave the document."
    with dispute.served.database() as connection:
        purposes = connection.execute(
            "SELECT DISTINCT jsonb_path_query(envelope, '$.sealed.*.purpose') #>> '{}'"
            " FROM ledger.envelopes WHERE event_id = %s",
            [made["event_ids"][0]],
        ).fetchall()
    assert sorted(one for (one,) in purposes) == ["address", "claim"]


def test_reading_the_evidence_is_noted_where_the_reader_reads(dispute: Dispute) -> None:
    claimed(dispute)
    version = dispute.read("compliance")["version"]
    assert dispute.read("compliance")["version"] == version
    with dispute.served.database() as connection:
        noted = connection.execute(
            "SELECT envelope -> 'data' ->> 'version', envelope -> 'data' ->> 'contract'"
            " FROM ledger.envelopes WHERE type = 'EvidenceRead'"
            " AND envelope -> 'stream' -> 'id' = envelope -> 'actor' -> 'id'"
            " AND envelope -> 'data' ->> 'case' = %s",
            [dispute.id],
        ).fetchall()
    assert noted == [(str(version), dispute.contract)] * 2


def test_a_dispute_is_read_as_of_any_moment(dispute: Dispute) -> None:
    served = dispute.served
    before = claimed(dispute)["position"] - 1
    at = dispute.read()["events"][0]["recorded_at"]
    dispute.do("freeze", a_freeze())
    for moment in ({"as_of_position": before}, {"as_of": at, "as_of_basis": "occurred"}):
        then = dispute.read(**moment)
        assert (then["version"], then["claims"], then["freeze"]) == (1, [], None)
        assert types(then) == ["DisputeOpened"]
    then, now = dispute.read(as_of_position=before + 1), dispute.read()
    assert types(then) == types(now)[:2] == ["DisputeOpened", "ClaimReceived"]
    assert len(then["claims"]) == 1
    assert then["as_of_position"] == before + 1 < now["as_of_position"]
    assert dispute.read(as_of_position=now["as_of_position"]) == now
    assert served.get(HANDLER, dispute.path, params={"as_of_position": 1}).status_code == 404
    assert served.get(HANDLER, dispute.path, params={"as_of": soon(days=1)}).status_code == 422


def test_a_freeze_is_shown_by_the_dispute_that_placed_it_alone(world: World) -> None:
    there = elsewhere(world)
    freezing, other = opened(there), opened(there)
    freeze = frozen(freezing)
    shown, beside = freezing.read(), other.read()
    assert (shown["contract"], shown["freeze"]["id"]) == (there.contract, freeze)
    assert (beside["contract"], beside["freeze"]) == (there.contract, None)


def test_nobody_who_claims_learns_whether_a_contract_exists(world: World) -> None:
    served, customer = world.served, known(world.served, world.customer)
    enquiry = served.open_ticket("supervisor", contract=None)["id"]
    body = {"ticket": enquiry, "kind": "other", "language": "en"}
    answers = [
        served.post("agent", "/v1/disputes", body | {"contract": number}).json()
        for number in (world.contract, f"NONE-{uuid4().hex[:8]}")
    ]
    assert answers[0]["rule"] == "dispute-of-ticket"
    assert answers[0] == answers[1]
    case = opened(world, ticket=enquiry, contract=None)
    claimed(case)
    assert by(served, customer, Ask("/v1/disputes", body)).status_code == 403
    assert by(served, customer, case.ask("claims", a_claim())).status_code == 403
    for path in (case.path, f"/v1/disputes/{uuid4()}", "/v1/disputes"):
        assert served.client(None, customer).get(path).status_code == 403
    assert served.get("agent", f"/v1/disputes/{uuid4()}").status_code == 404
    told = served.get("agent", f"/v1/tickets/{enquiry}/timeline").json()["items"]
    assert [one["type"] for one in told] == ["TicketOpened"]


def test_a_dispute_counts_under_a_contract_once_a_handler_says_which(world: World) -> None:
    case = opened(elsewhere(world), contract=None)
    claimed(case)
    early = case.try_by(case.served.tokens[HANDLER], "freeze", a_freeze())
    assert refused(early) == "dispute-unattached"
    assert case.try_by(case.served.tokens["agent"], "attach", {}).status_code == 403
    unknown = case.try_by(case.served.tokens[HANDLER], "attach", {"contract": "NONE-1"})
    assert refused(unknown) == "contract-unknown"
    case.do("attach", {"contract": case.contract}, "compliance")
    again = case.try_by(case.served.tokens[HANDLER], "attach", {"contract": case.contract})
    assert refused(again) == "dispute-attached"
    with case.served.database() as connection:
        counted = connection.execute(
            "SELECT type, contract FROM ledger.events WHERE stream_id = %s ORDER BY position",
            [case.id],
        ).fetchall()
    assert counted == [
        ("DisputeOpened", None),
        ("ClaimReceived", None),
        ("DisputeAttached", case.contract),
    ]


def test_the_holder_is_told_of_attempts_and_never_by_whom(dispute: Dispute) -> None:
    served = dispute.served
    assert refused(served.post(HANDLER, f"{dispute.path}/tell", {})) == "nothing-to-tell"
    claimed(dispute)
    sent(served, HANDLER, dispute.ask("tell"))
    told = dispute.read()["events"][-1]["what"]
    assert (told["claims"], told["means"], told["version"]) == (1, "portal", 1)
    ticket = f"/v1/tickets/{told['ticket']}"
    assert served.get("agent", ticket).json()["contract"] == dispute.contract
    shown = served.get("agent", f"{ticket}/timeline").text
    assert "Somebody claims something" in shown
    assert not [one for one in ("Ben Example", "not paid") if one in shown]


def test_a_confidential_order_keeps_the_holder_untold(world: World) -> None:
    there = elsewhere(world)
    case, served = opened(there), world.served
    ask = ownership.order(there, confidential_until=soon(hours=1), effect="disclosure")
    order = sent(served, "compliance", ask)["order"]
    claimed(case, order=order, wish="data")
    tickets = f"/v1/contracts/{case.contract}/history"
    before = len(served.get("supervisor", tickets).json()["tickets"])
    sent(served, HANDLER, case.ask("tell"))
    assert types(case.read())[-1] == "HolderTellingWithheld"
    assert len(served.get("supervisor", tickets).json()["tickets"]) == before
    claimed(case)
    sent(served, HANDLER, case.ask("tell", {"means": "phone"}))
    assert types(case.read())[-2:] == ["HolderTold", "HolderTellingWithheld"]
    assert case.read()["events"][-2]["what"]["claims"] == 1, "the secret one is not counted"


def test_a_closed_dispute_takes_no_claim(dispute: Dispute) -> None:
    claim = claimed(dispute)["claim"]
    waiting = dispute.try_by(
        dispute.served.tokens[HANDLER], "close", {"closing": "withdrawn", "explanation": "Over."}
    )
    assert refused(waiting) == "claim-undecided"
    claim_refused(dispute, claim, "no_identity_shown")
    closed(dispute, "withdrawn")
    late = dispute.served.post("agent", f"{dispute.path}/claims", a_claim())
    assert refused(late) == "dispute-closed"


def test_disputes_are_listed_page_by_page_open_or_closed(world: World, dispute: Dispute) -> None:
    served, other = dispute.served, own(world)
    assert _listed(served, "open")[dispute.id] is False
    closed(dispute, "no_case")
    still = _listed(served, "open")
    assert (dispute.id in still, still[other.id]) == (False, False)
    assert _listed(served, "closed")[dispute.id] is True
    assert _listed(served)[dispute.id] is True
    page = served.get(HANDLER, "/v1/disputes", params={"limit": "1"}).json()
    more = {"limit": "1", "cursor": page["next"]}
    (following,) = served.get(HANDLER, "/v1/disputes", params=more).json()["items"]
    assert following["id"] != page["items"][0]["id"]
    foreign = served.get(HANDLER, "/v1/disputes", params=more | {"only": "open"})
    assert foreign.status_code == 422, "a cursor goes on with its own question"


def _listed(served: Served, only: str = "") -> dict[str, bool]:
    """Go through every page; return whether each dispute is closed."""
    found: dict[str, bool] = {}
    params = {"limit": "100"} | ({"only": only} if only else {})
    while True:
        page = served.get("compliance", "/v1/disputes", params=params).json()
        assert not found.keys() & {one["id"] for one in page["items"]}
        found |= {one["id"]: one["closed"] for one in page["items"]}
        if page["next"] is None:
            return found
        params["cursor"] = page["next"]


def test_a_claim_is_upheld_only_by_what_was_checked(dispute: Dispute) -> None:
    served, holder = dispute.served, holder_of(dispute.served, dispute.contract)
    stranger = claimed(dispute)
    checked(dispute, stranger["claim"], stranger["claimant"])
    answer = dispute.try_by(served.tokens[HANDLER], f"claims/{stranger['claim']}/uphold")
    assert refused(answer) == "claim-unproved"
    real = claimed(dispute, claimant=holder)["claim"]
    checked(dispute, real, holder)
    dispute.do(f"claims/{real}/uphold")
    again = dispute.try_by(
        served.tokens[HANDLER],
        f"claims/{real}/refuse",
        {"rule": "authority_unproven", "explanation": "No."},
    )
    assert refused(again) == "claim-decided"
    nowhere = served.post(HANDLER, f"{dispute.path}/claims/{uuid4()}/uphold", {}, version=1)
    assert nowhere.status_code == 404


def test_a_code_is_shown_by_an_enquiry_and_not_by_a_ticket_of_the_holder(world: World) -> None:
    served, case = world.served, own(world)
    enquiry = served.open_ticket("supervisor", contract=None)["id"]
    for ticket, shows in ((enquiry, True), (case.ticket, False)):
        claim = claimed(case, ticket=ticket)["claim"]
        made = sent(served, "agent", case.ask(f"claims/{claim}/codes", {}))
        code = case.read()["events"][-1]["what"]
        assert (code["code"], code["claim"]) == (made["code"], claim)
        said = served.get("agent", f"/v1/tickets/{ticket}/timeline").text
        assert (code["shown"] in said) is shows


def test_what_is_decided_on_an_old_version_is_stale_and_says_what_came_since(
    dispute: Dispute,
) -> None:
    claim = claimed(dispute)["claim"]
    late = dispute.decision(f"claims/{claim}/refuse", {"rule": "authority_unproven"})
    claimed(dispute)
    body = late.body | {"explanation": "No papers."}
    stale = dispute.served.post(HANDLER, late.path, body, version=late.version)
    assert stale.status_code == 412
    assert [one["type"] for one in stale.json()["changes"]] == ["ClaimReceived"]
    assert dispute.served.post(HANDLER, late.path, body).status_code == 428


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"name": "B" * 10_000}, "name"),
        ({"words": ""}, "words"),
        ({"document": {"passport": {**PASSPORT, "number": None}}}, "document.passport.number"),
        ({"wish": "everything"}, "wish"),
    ],
)
def test_a_claim_that_does_not_fit_is_refused_and_names_where(
    dispute: Dispute, more: dict[str, Any], where: str
) -> None:
    answer = dispute.served.post("agent", f"{dispute.path}/claims", a_claim(**more))
    assert (answer.status_code, answer.json()["where"]) == (422, where)


def test_the_same_claim_sent_again_is_one_claim(dispute: Dispute) -> None:
    ask, key = dispute.ask("claims", a_claim()), str(uuid4())
    first, again = (dispute.served.post("agent", ask.path, ask.body, key=key) for _ in range(2))
    assert first.json() == again.json()
    assert len(dispute.read()["claims"]) == 1
