"""Risk signals over HTTP: each names events that are there, as of any moment, and no address."""

from ipaddress import IPv6Address
from typing import Any
from uuid import uuid4

import httpx
import pytest
from support import disputes, ownership
from support.ownership import Ask, accepted, joined, sent
from support.requests_of import World, contract_body, known, new_customer, new_number, new_world
from support.serving import Served, addresses_behind, answering_by

HOME, AWAY = "198.51.100.7", "203.0.113.9"


@pytest.fixture
def world(served: Served) -> World:
    return new_world(served)


def signals(
    served: Served, path: str, *, role: str = "compliance", seen: int = 1, **params: Any
) -> dict[str, Any]:
    """Return signals by kind, after what was recorded up to position `seen`."""
    found: list[httpx.Response] = []

    def answers() -> bool:
        headers = {"Ledger-Position": str(seen)}
        found.append(served.get(role, f"{path}/signals", params=params, headers=headers))
        return found[-1].status_code != 503

    served.until(answers)
    answer = found[-1]
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert answer.headers["Ledger-Position"] == str(told["as_of_position"])
    return {one["kind"]: one for one in told["signals"]}


def of(world: World, **more: Any) -> dict[str, Any]:
    return signals(world.served, f"/v1/contracts/{world.contract}", **more)


def types(signal: dict[str, Any]) -> list[str]:
    return [one["type"] for one in signal["events"]]


def test_claims_before_it_was_known_which_contract_they_are_about_count(world: World) -> None:
    served = world.served
    enquiry = served.open_ticket("agent", contract=None, channel="phone")["id"]
    dispute = disputes.opened(world, contract=None, ticket=enquiry)
    claims = [disputes.claimed(dispute)["claim"] for _ in range(3)]
    for one in claims[:2]:
        last = disputes.claim_refused(dispute, one)
    assert of(world, seen=last["position"]) == {}
    attached = dispute.do("attach", {"contract": world.contract})
    found = of(world, role="supervisor", seen=attached["position"])
    assert set(found) == {"many_claimants", "repeated_refusals"}
    assert types(found["many_claimants"]) == ["ClaimReceived"] * 3
    assert types(found["repeated_refusals"]) == ["ClaimRefused"] * 2
    for one in found["repeated_refusals"]["events"]:
        told = served.get("compliance", f"/v1/events/{one['id']}").json()
        assert told["envelope"]["position"] == one["position"]
    assert of(world, as_of_position=attached["position"] - 1) == {}
    moment = {"as_of": found["repeated_refusals"]["since"]}
    assert of(world, **moment) == {}
    assert "repeated_refusals" in of(world, as_of_basis="occurred", **moment)
    with answering_by(served, signals_claimants=4):
        assert set(of(world)) == {"repeated_refusals"}


def test_rights_that_were_taken_before_a_request_are_named(world: World) -> None:
    path = f"/v1/contracts/{world.contract}/persons/{world.person}/revoke"
    sent(world.served, "supervisor", Ask(path, {}, world.contract_version))
    assert of(world) == {}
    ownership.requested(world)
    found = of(world, role="dispute_handler")
    assert types(found["reset_before_change"]) == ["RightsRevoked", "IdentityChangeRequested"]
    assert found["reset_before_change"]["labels"] == []


def through_the_portal(world: World, address: str) -> dict[str, Any]:
    """Open a ticket as the customer, from an address that the portal says."""
    body = {"contract": world.contract, "channel": "portal", "language": "en"}
    headers = {
        "Idempotency-Key": str(uuid4()),
        "Ledger-On-Behalf-Token": world.customer,
        "Ledger-On-Behalf-Address": address,
    }
    client = world.served.client("service")
    body |= {"subject": "s", "text": "t"}
    return accepted(client.post("/v1/tickets", json=body, headers=headers))


def test_a_request_from_a_network_never_seen_is_named_without_its_address(world: World) -> None:
    known(world.served, world.customer)
    for _ in range(3):
        at_home = through_the_portal(world, HOME)
    ownership.requested(world, ticket=at_home["id"])
    away = through_the_portal(world, AWAY)
    assert "unseen_network" not in of(world, seen=away["position"])
    ownership.requested(world, ticket=away["id"])
    signal = of(world, seen=away["position"])["unseen_network"]
    assert signal["events"][0]["id"] == away["event_ids"][0]
    assert types(signal) == ["TicketOpened", "IdentityChangeRequested"]
    assert signal["labels"] == ["asserted"]
    assert AWAY not in str(signal)


def test_an_address_under_several_contracts_is_named_under_each(served: Served) -> None:
    worlds = [new_world(served) for _ in range(2)]
    address = str(IPv6Address((0x20010DB8 << 96) + uuid4().int % 2**96))
    with answering_by(served, signals_address_contracts=2):
        for world in worlds:
            known(served, world.customer)
            assert "shared_address" not in of(world)
            made = through_the_portal(world, address)
        found = [of(world, seen=made["position"])["shared_address"] for world in worlds]
        earlier = of(worlds[0], as_of_position=made["position"] - 1)
    assert "shared_address" not in earlier
    assert found[0] == found[1]
    assert types(found[0]) == ["TicketOpened", "TicketOpened"]
    assert "shared_address" not in of(worlds[0], seen=made["position"])


def test_there_is_no_answer_while_addresses_are_behind_rather_than_half_of_one(
    world: World,
) -> None:
    served, path = world.served, f"/v1/contracts/{world.contract}/signals"
    with addresses_behind(served):
        through = served.open_ticket("supervisor", contract=world.contract)["position"]
        behind = served.get("compliance", path)
        assert (behind.status_code, behind.headers["Retry-After"]) == (503, "1")
    assert of(world, seen=through) == {}


def test_staff_who_read_contracts_without_a_ticket_are_shown_to_compliance(served: Served) -> None:
    numbers = [new_number() for _ in range(3)]
    for number in numbers:
        accepted(served.post("supervisor", "/v1/contracts", contract_body(number)))
    who = _reader(served, numbers)
    signal = signals(served, f"/v1/staff/{who}")["opened_without_ticket"]
    assert types(signal) == ["IdentityRead"] * 3
    assert (signal["counted"], signal["labels"]) == (3, ["dispute_handler"])
    served.open_ticket("supervisor", contract=numbers[0])
    assert signals(served, f"/v1/staff/{who}") == {}
    before = signal["events"][-1]["position"]
    assert set(signals(served, f"/v1/staff/{who}", as_of_position=before)) == {signal["kind"]}
    for number in numbers[1:]:
        served.open_ticket("supervisor", contract=number)
    assert signals(served, f"/v1/staff/{_reader(served, numbers)}") == {}


def _reader(served: Served, numbers: list[str]) -> str:
    """Let somebody join who reads the identity data of these contracts; return their id."""
    who, token = joined(served, "dispute_handler")
    for number in numbers:
        answer = served.client(None, token).get(f"/v1/contracts/{number}/identity")
        assert answer.status_code == 200
    return who


def test_staff_who_register_contracts_without_a_ticket_are_shown_too(served: Served) -> None:
    who, token = joined(served, "agent")
    for _ in range(3):
        ask = Ask("/v1/contracts", contract_body(new_number()))
        accepted(ownership.by(served, token, ask))
    found = signals(served, f"/v1/staff/{who}")
    assert types(found["opened_without_ticket"]) == ["ContractRegistered"] * 3


def test_what_is_not_there_has_no_signals(served: Served) -> None:
    number, _, _ = new_customer(served)
    with served.database() as connection:
        first = connection.execute(
            "SELECT min(position) FROM ledger.events WHERE contract = %s", [number]
        ).fetchone()
    assert first is not None
    who, _ = joined(served, "agent")
    with served.database() as connection:
        then = connection.execute(
            "SELECT position FROM ledger.events WHERE stream_id = %s AND stream_version = 1", [who]
        ).fetchone()
    assert then is not None
    for path, since in ((f"/v1/contracts/{number}", first[0]), (f"/v1/staff/{who}", then[0])):
        for position, status in ((since - 1, 404), (since, 200)):
            moment = {"as_of_position": position}
            answer = served.get("compliance", f"{path}/signals", params=moment)
            assert answer.status_code == status, answer.text
    assert served.get("compliance", f"/v1/contracts/{new_number()}/signals").status_code == 404
    assert served.get("compliance", f"/v1/staff/{uuid4()}/signals").status_code == 404
