"""Changing identity data over HTTP: a second specialist decides, the holder is told, all stays."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from support import ownership
from support.ownership import (
    PASSPORT,
    Ask,
    Change,
    accepted,
    approved,
    by,
    checked,
    contested,
    drawn,
    holder_of,
    joined,
    opened,
    refused,
    requested,
    sent,
    visit,
)
from support.requests_of import World, contract_body, known, new_number, new_world
from support.serving import Served, answering_by

from domain.contract import CONTRACT
from domain.contract.ownership.commands import PlaceFreeze
from domain.contract.ownership.vocabulary import FreezeGround
from domain.handling import Reading, Step
from domain.values import Actor, ActorKind, Provenance, Purpose, Sealed
from infra.fsck.run import fsck
from infra.ids import new_id
from infra.keys.opening import open_keys
from projections.copies import erase_due

HOUR = 3600
CYRILLIC = "\N{CYRILLIC CAPITAL LETTER A}\N{CYRILLIC CAPITAL LETTER VE}"


@pytest.fixture
def world(served: Served) -> World:
    return new_world(served)


def identity_of(served: Served, contract: str) -> dict[str, Any]:
    answer = served.get("compliance", f"/v1/contracts/{contract}/identity")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def read(served: Served, change: Change, role: str = "compliance") -> dict[str, Any]:
    answer = served.get(role, change.path)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def do(change: Change, step: str, body: Any = None) -> Ask:
    return Ask(f"{change.path}/{step}", body or {}, change.version)


def test_a_renewal_is_checked_drawn_approved_told_and_applied(world: World) -> None:
    served, change = world.served, checked(world)
    made = sent(served, "agent", do(change, "draw"))
    told = read(served, change)
    assert told["drawn"] == made["approver"]
    assert {one["type"] for one in told["events"]} == {
        *("IdentityChangeRequested", "IdentityChecked", "ApproverDrawn"),
    }
    change = approved(world)
    told = read(served, change)
    assert (told["phase"], told["told"]) == ("waiting", True)
    (notice,) = [one["what"] for one in told["events"] if one["type"] == "ChangeNoticeGiven"]
    ticket = served.get("agent", f"/v1/tickets/{notice['ticket']}").json()
    assert (ticket["contract"], ticket["channel"]) == (world.contract, "portal")
    sent(served, "agent", do(change, "apply"))
    record = identity_of(served, world.contract)
    assert [one["version"] for one in record["versions"]] == [1, 2]
    assert record["versions"][0]["holders"][0]["document"]["passport"]["number"] == "X0000001"
    assert record["document"]["passport"]["number"] == PASSPORT["number"]
    assert record["versions"][1]["change"] == change.id
    assert record["contacts"] == record["versions"][0]["contacts"]
    assert fsck(served.settings, processes=1).findings == []


def test_compliance_has_a_list_of_every_change(world: World) -> None:
    served, ids = world.served, [requested(world).id for _ in range(3)]
    found, cursor = [], None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = served.get("compliance", "/v1/identity-changes", params=params).json()
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    mine = [one for one in found if one["contract"] == world.contract]
    assert [one["id"] for one in mine] == ids
    assert {one["phase"] for one in mine} == {"checking"}


@pytest.mark.parametrize("with_key", [False, True], ids=["same-token", "other-token"])
def test_who_checked_does_not_approve(world: World, *, with_key: bool) -> None:
    served = world.served
    who, token = joined(served, "agent")
    change = drawn(world, who)
    checker = token
    if with_key:
        issued = accepted(by(served, token, Ask(f"/v1/staff/{who}/api-keys", {})))
        checker = known(served, issued["secret"])
    body = visit(holder_of(served, world.contract))
    made = accepted(by(served, checker, Ask(f"{change.path}/checks", body)))
    opened(world, token, change)
    ask = Ask(f"{change.path}/approve", {}, made["version"])
    assert refused(by(served, token, ask)) == "approver-involved"


def test_who_was_not_drawn_does_not_approve(world: World) -> None:
    who, _ = joined(world.served, "agent")
    _, other = joined(world.served, "agent")
    change = drawn(world, who)
    opened(world, other, change)
    assert refused(by(world.served, other, do(change, "approve"))) == "approver-not-drawn"


def test_a_key_approves_nothing(world: World) -> None:
    served = world.served
    who, token = joined(served, "agent")
    change = drawn(world, who)
    issued = accepted(by(served, token, Ask(f"/v1/staff/{who}/api-keys", {})))
    key = known(served, issued["secret"])
    opened(world, key, change)
    assert refused(by(served, key, do(change, "approve"))) == "interactive-required"
    accepted(by(served, token, do(change, "approve")))


def test_a_young_role_neither_is_drawn_nor_approves(world: World) -> None:
    served, change = world.served, checked(world)
    with answering_by(served, identity_role_seconds=HOUR):
        draw = served.post("agent", f"{change.path}/draw", {}, version=change.version)
        assert refused(draw) == "approver-missing"
        who, token = joined(served, "agent")
        change = drawn(world, who, change)
        opened(world, token, change)
        assert refused(by(served, token, do(change, "approve"))) == "role-too-young"


def test_who_did_not_open_the_evidence_does_not_approve(world: World) -> None:
    who, token = joined(world.served, "agent")
    change = drawn(world, who)
    assert refused(by(world.served, token, do(change, "approve"))) == "evidence-unopened"
    with world.served.database() as connection:
        noted = connection.execute(
            "SELECT count(*) FROM ledger.envelopes WHERE type = 'EvidenceRead'"
            " AND envelope -> 'data' ->> 'case' = %s",
            [change.id],
        ).fetchone()
    assert noted == (0,)
    opened(world, token, change)
    accepted(by(world.served, token, do(change, "approve")))


@pytest.mark.parametrize("missing", ["number", "country", "birth_date"])
def test_a_document_without_a_needed_field_is_refused(world: World, missing: str) -> None:
    ask = ownership.renewal(world)
    holder = dict(ask.body["holders"][0])
    passport = {name: text for name, text in PASSPORT.items() if name != missing}
    body = ask.body | {"holders": [holder | {"document": {"passport": passport}}]}
    answer = world.served.post("agent", ask.path, body)
    assert answer.status_code == 422
    assert answer.json()["where"] == f"holders.0.document.passport.{missing}"


def test_a_document_of_another_category_is_refused(world: World) -> None:
    ask = ownership.renewal(world)
    holder = dict(ask.body["holders"][0]) | {"category": "legal_entity"}
    answer = world.served.post("agent", ask.path, ask.body | {"holders": [holder]})
    assert refused(answer) == "document-fits-category"


def test_a_customer_changes_nothing(world: World) -> None:
    served, change = world.served, checked(world)
    token = known(served, world.customer)
    for ask in (ownership.renewal(world), do(change, "checks"), do(change, "draw")):
        assert by(served, token, ask).status_code == 403
    assert served.client(None, token).get(change.path).status_code == 403
    body = {"capacity": "in_person", "words": "No."}
    assert by(served, token, Ask(f"{change.path}/contests", body)).status_code == 404, "untold"


def test_the_holder_objects_and_somebody_without_a_part_decides(world: World) -> None:
    served, change = world.served, approved(world)
    token = known(served, world.customer)
    body = {"capacity": "in_person", "words": "I asked for nothing.", "contester": str(new_id())}
    made = accepted(by(served, token, Ask(f"{change.path}/contests", body)))
    assert read(served, change)["events"][-1]["what"]["contester"] == world.person
    change = Change(change.path, change.id, made["version"])
    assert refused(by(served, served.tokens["agent"], do(change, "apply"))) == "change-contested"
    step = f"contests/{made['contest']}/dismiss"
    told = sent(served, "supervisor", do(change, step, {"explanation": "Withdrawn."}))
    change = Change(change.path, change.id, told["version"])
    sent(served, "agent", do(change, "apply"))
    assert read(served, change)["phase"] == "applied"


def test_an_objection_leads_to_a_refusal(world: World) -> None:
    change, _ = contested(world)
    body = {"refusal": "contested", "explanation": "The holder objects."}
    sent(world.served, "supervisor", do(change, "refuse", body))
    assert len(identity_of(world.served, world.contract)["versions"]) == 1
    assert refused(world.served.post("agent", f"{change.path}/codes", {})) == "change-over"


def test_nothing_is_applied_while_it_can_be_contested(world: World) -> None:
    with answering_by(world.served, identity_waiting_seconds=HOUR):
        change = approved(world)
    answer = by(world.served, world.served.tokens["agent"], do(change, "apply"))
    assert refused(answer) == "still-contestable"
    (told,) = [
        one["what"]
        for one in read(world.served, change)["events"]
        if one["type"] == "IdentityChangeApproved"
    ]
    assert told["waiting_seconds"] == HOUR


def test_a_confidential_order_keeps_the_holder_untold(world: World) -> None:
    served = world.served
    until = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    order = sent(served, "compliance", ownership.order(world, confidential_until=until))
    change = approved(world, checked(world, orders=[order["order"]]))
    told = read(served, change)
    assert not told["told"]
    assert told["events"][-1]["type"] == "ChangeNoticeWithheld"
    body = {"capacity": "in_person", "words": "No."}
    token = known(served, world.customer)
    assert by(served, token, Ask(f"{change.path}/contests", body)).status_code == 404
    notice = Ask(f"{change.path}/notices", {"means": "mail", "contacts": [0]})
    assert refused(served.post("agent", notice.path, notice.body)) == "order-confidential"
    version = served.get("supervisor", f"/v1/contracts/{world.contract}").json()["version"]
    path = f"/v1/contracts/{world.contract}/orders/{order['order']}/standing"
    sent(served, "compliance", Ask(path, {"standing": "in_force"}, version))
    assert refused(by(served, served.tokens["agent"], do(change, "apply"))) == "notice-missing"
    sent(served, "agent", notice)
    assert by(served, token, Ask(f"{change.path}/contests", body)).status_code == 201


def test_a_frozen_contract_keeps_its_identity(world: World) -> None:
    served, change = world.served, approved(world)

    async def freeze() -> None:
        services = served.services
        contract = await services.contract_stream(world.contract)
        assert contract is not None
        system = Actor(ActorKind.SYSTEM, services.log.codec.ledger, None)
        at = datetime.now(UTC)
        command = PlaceFreeze(
            by=system,
            at=at,
            freeze=new_id(),
            dispute=new_id(),
            ground=FreezeGround.SEVERAL_CLAIMANTS,
            until=at + timedelta(days=1),
            reason=Sealed("Two ask.", UUID(int=7), Purpose.CHECK),
        )

        async def plan(_reading: Reading) -> tuple[Step, ...]:
            return (Step(CONTRACT, contract, command),)

        key = services.secrets.command_key("tests", str(uuid4()), b"")
        await services.handler.handle(plan, key, Provenance(system, at, new_id()))

    asyncio.run_coroutine_threadsafe(freeze(), served.loop).result(20)
    assert refused(by(served, served.tokens["agent"], do(change, "apply"))) == "contract-frozen"
    served.open_ticket("supervisor", contract=world.contract)


def test_a_step_decided_on_an_old_version_is_stale_and_says_what_came_since(world: World) -> None:
    served, change = world.served, checked(world)
    body = visit(holder_of(served, world.contract), finding="failed")
    sent(served, "dispute_handler", Ask(f"{change.path}/checks", body))
    stale = served.post("agent", f"{change.path}/draw", {}, version=change.version)
    assert stale.status_code == 412
    assert [one["type"] for one in stale.json()["changes"]] == ["IdentityChecked"]
    assert served.post("agent", f"{change.path}/draw", {}).status_code == 428
    newer = Change(change.path, change.id, change.version + 1)
    draw = served.post("agent", f"{change.path}/draw", {}, version=newer.version)
    assert refused(draw) == "checks-missing", "the last look counts"


def test_a_photo_shows_a_code_from_the_ticket_once(world: World) -> None:
    served, change = world.served, requested(world)
    code = sent(served, "agent", Ask(f"{change.path}/codes", {}))["code"]
    shown = [
        one["what"]["shown"]
        for one in read(served, change)["events"]
        if one["type"] == "PhotoCodeIssued"
    ]
    timeline = served.get("agent", f"/v1/tickets/{world.ticket}/timeline").json()["items"]
    assert timeline[-1]["what"]["text"]["text"] == shown[0]
    photo = visit(
        holder_of(served, world.contract),
        method="own_photo",
        code=code,
        shows=["person", "code", "document_spread"],
        copies=[world.attachment],
    )
    sent(served, "agent", Ask(f"{change.path}/checks", photo))
    again = served.post("agent", f"{change.path}/checks", photo)
    assert refused(again) == "photo-code-unknown"
    elsewhere = photo | {"copies": [str(uuid4())]}
    assert refused(served.post("agent", f"{change.path}/checks", elsewhere)) == "attachment-unknown"


def test_copies_go_after_the_decision_and_what_was_found_stays(world: World) -> None:
    served, change = world.served, requested(world)
    look = visit(holder_of(served, world.contract), copies=[world.attachment], found="Good.")
    made = sent(served, "agent", Ask(f"{change.path}/checks", look))
    change = Change(change.path, change.id, made["version"])
    body = {"refusal": "papers_insufficient", "explanation": "Too old."}
    file = f"/v1/tickets/{world.ticket}/attachments/{world.attachment}"
    keys = open_keys(served.settings)
    asyncio.run(erase_due(served.settings, keys))
    assert served.get("agent", file).content == b"a log"
    with answering_by(served, identity_copies_seconds=0):
        sent(served, "agent", do(change, "refuse", body))
    asyncio.run(erase_due(served.settings, keys))
    served.until(lambda: served.get("agent", file).status_code == 404)
    told = read(served, change)["events"]
    assert [one["what"]["found"] for one in told if one["type"] == "IdentityChecked"] == ["Good."]
    assert told[-1]["what"] == {"copies": [world.attachment]}
    asyncio.run(erase_due(served.settings, keys))
    assert len(read(served, change)["events"]) == len(told)
    keys.close()


def test_authority_is_given_by_a_change_and_ended_without_one(world: World) -> None:
    served, holder, person = world.served, holder_of(world.served, world.contract), str(new_id())
    mandate = {"person": person, "holder": holder, "capacity": "attorney", "scope": ["tickets"]}
    change = checked(world, kind="authority", holders=[], mandate=mandate)
    sent(served, "agent", Ask(f"{change.path}/checks", visit(person)))
    papers = {"person": person, "method": "authority_papers", "finding": "passed"}
    made = sent(served, "agent", Ask(f"{change.path}/checks", papers | {"mandate": mandate}))
    change = approved(world, Change(change.path, change.id, made["version"]))
    applied = sent(served, "agent", do(change, "apply"))
    assert applied["id"] == change.id
    (given,) = identity_of(served, world.contract)["authorities"]
    assert (given["person"], given["scope"]) == (person, ["tickets"])
    version = served.get("supervisor", f"/v1/contracts/{world.contract}").json()["version"]
    ended = {"person": person, "holder": holder, "capacity": "attorney", "ending": "revoked"}
    path = f"/v1/contracts/{world.contract}/authorities/end"
    sent(served, "supervisor", Ask(path, ended, version))
    (given,) = identity_of(served, world.contract)["authorities"]
    assert given["ended"]["ending"] == "revoked"


def test_the_same_number_elsewhere_is_a_hint_that_goes_with_its_subject(world: World) -> None:
    served, number = world.served, new_number()
    passport = PASSPORT | {"number": f"{CYRILLIC} {uuid4().int % 10**9:09d}"}
    body = contract_body(number) | {"document": {"passport": passport}}
    assert served.post("supervisor", "/v1/contracts", body).status_code == 201
    alike = passport | {"number": passport["number"].replace(f"{CYRILLIC} ", "ab-")}
    change = requested(
        world,
        kind="transfer",
        holders=[{"category": "individual", "document": {"passport": alike}}],
        contacts=[{"kind": "mail", "value": "bea@example.net"}],
    )
    served.until(lambda: bool(read(served, change)["known_under"]))
    (hint,) = read(served, change)["known_under"]
    assert hint["contract"] == number
    assert identity_of(served, number)["known_under"][0]["contract"] == world.contract
    body = {"refusal": "not_proved", "explanation": "Nobody came."}
    sent(served, "agent", do(change, "refuse", body))
    erasure = {"contract": world.contract, "purposes": ["identity"], "basis": "consent_withdrawn"}
    subject = hint["same_as"]
    gone = served.post("compliance", f"/v1/subjects/{subject}/erasures", erasure)
    assert gone.status_code == 201, gone.text
    assert gone.json()["purposes"] == ["identity"]
    served.until(lambda: identity_of(served, number)["known_under"] == [])
