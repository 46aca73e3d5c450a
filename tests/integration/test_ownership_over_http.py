"""Who holds a contract, over HTTP: joint holders, orders, doubts; accounts that are got back."""

from typing import Any

import pytest
from support import ownership
from support.ownership import (
    PASSPORT,
    Ask,
    accepted,
    by,
    holder_of,
    organisation,
    proved,
    refused,
    reported,
    sent,
    suspended,
)
from support.requests_of import World, contract_body, known, new_number, new_world
from support.serving import Served


@pytest.fixture
def world(served: Served) -> World:
    return new_world(served)


def identity_of(served: Served, contract: str) -> dict[str, Any]:
    answer = served.get("compliance", f"/v1/contracts/{contract}/identity")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_joint_holders_are_registered_together_and_an_organisation_is_warned(
    served: Served,
) -> None:
    number = new_number()
    joint = {"category": "individual", "document": {"passport": PASSPORT}}
    body = contract_body(number) | {"joint": [joint], "used_by": "Example Ltd"}
    assert refused(served.post("agent", "/v1/contracts", body)) == "joint-any-or-all"
    accepted(served.post("agent", "/v1/contracts", body | {"together": "all"}))
    told = identity_of(served, number)
    (version,) = told["versions"]
    assert (version["together"], len(version["holders"])) == ("all", 2)
    assert version["holders"][1]["document"]["passport"]["name"] == PASSPORT["name"]
    (warning,) = told["warnings"]
    assert (warning["warning"], warning["organisation"]) == ("employees_name", "Example Ltd")


def test_a_representative_who_leaves_loses_authority_and_the_organisation_stays(
    served: Served,
) -> None:
    number = new_number()
    holder, person = organisation(served, number)
    body = {"person": person, "holder": holder, "capacity": "representative", "ending": "left"}
    path = f"/v1/contracts/{number}/authorities/end"
    sent(served, "supervisor", Ask(path, body, 1))
    assert identity_of(served, number)["holder"] == holder
    again = served.post("supervisor", path, body, version=2)
    assert refused(again) == "authority-unknown"


def test_orders_and_doubts_stand_as_they_were_said_last(world: World) -> None:
    served = world.served
    sent(served, "compliance", ownership.change_order_standing(world))
    sent(served, "supervisor", ownership.settle_doubt(world))
    told = identity_of(served, world.contract)
    (order,) = told["orders"]
    assert (order["standing"], order["issuer"]) == ("appealed", "District court")
    (doubt,) = told["doubts"]
    assert (doubt["kind"], doubt["settled"], doubt["settlement"]) == ("deceased", True, "mistaken")


def test_reading_the_identity_leaves_no_trace_in_the_contract(world: World) -> None:
    served = world.served
    before = served.get("supervisor", f"/v1/contracts/{world.contract}").json()["version"]
    identity_of(served, world.contract)
    assert served.get("supervisor", f"/v1/contracts/{world.contract}").json()["version"] == before
    with served.database() as connection:
        noted = connection.execute(
            "SELECT count(*) FROM ledger.envelopes WHERE type = 'IdentityRead'"
            " AND envelope -> 'data' ->> 'contract' = %s",
            [world.contract],
        ).fetchone()
    assert noted == (1,)


def test_the_holder_gets_the_account_back_and_the_thief_loses_it(served: Served) -> None:
    world = new_world(served)
    thief = known(served, world.customer)
    path = f"/v1/contracts/{world.contract}"
    assert served.client(None, thief).get(path).status_code == 200
    body = {"ticket": world.ticket, "capacity": "in_person", "words": "Stolen."}
    made = sent(served, "agent", Ask(f"{path}/recoveries", body))
    case = f"{path}/recoveries/{made['id']}"
    holder = holder_of(served, world.contract)
    restore = {"person": holder, "name": "Ada Example"}
    made = sent(served, "agent", Ask(f"{case}/suspend", {}, made["version"]))
    served.until(lambda: served.client(None, thief).get(path).status_code == 404)
    early = served.post("supervisor", f"{case}/restore", restore, version=made["version"])
    assert refused(early) == "suspension-unconfirmed"
    made = sent(served, "service", Ask(f"{case}/confirm", {"act": "suspend_access"}))
    unproved = served.post("supervisor", f"{case}/restore", restore, version=made["version"])
    assert refused(unproved) == "checks-missing"
    made = sent(served, "supervisor", Ask(f"{case}/checks", ownership.visit(holder)))
    own = served.post("supervisor", f"{case}/restore", restore, version=made["version"])
    assert refused(own) == "restored-by-another"
    sent(served, "dispute_handler", Ask(f"{case}/restore", restore, made["version"]))
    rights = {one["person"]: one["rights"] for one in _persons(served, world.contract)}
    assert rights == {world.person: [], holder: ["read", "write", "manage_persons"]}
    assert served.client(None, thief).get(path).status_code == 404
    for act in ("restore_access", "revoke_other_access"):
        sent(served, "service", Ask(f"{case}/confirm", {"act": act}))
    told = served.get("compliance", case).json()
    assert told["over"]
    assert told["events"][-1]["type"] == "ProvisioningConfirmed"


def _persons(served: Served, contract: str) -> list[dict[str, Any]]:
    return list(served.get("supervisor", f"/v1/contracts/{contract}").json()["persons"])


def test_a_dropped_recovery_gives_everybody_their_rights_back(world: World) -> None:
    served, case = world.served, suspended(world)
    body = {"dropping": "mistaken", "explanation": "It was found."}
    sent(served, "supervisor", Ask(f"{case.path}/drop", body, case.version))
    told = served.get("compliance", case.path).json()
    assert (told["dropped"], told["ordered"]) == (True, ["restore_access", "suspend_access"])


def test_a_recovery_is_read_under_its_own_contract_alone(world: World) -> None:
    served, case = world.served, reported(world)
    foreign = case.path.replace(case.contract, world.contract)
    assert served.get("supervisor", foreign).status_code == 404
    assert served.post("agent", f"{foreign}/codes", {}).status_code == 404


def test_an_api_key_gives_no_access_back(world: World) -> None:
    served, case = world.served, proved(world)
    who, token = ownership.joined(served, "supervisor")
    issued = accepted(by(served, token, Ask(f"/v1/staff/{who}/api-keys", {})))
    key = known(served, issued["secret"])
    body = {"person": holder_of(served, case.contract), "name": "Ada Example"}
    ask = Ask(f"{case.path}/restore", body, case.version)
    assert refused(by(served, key, ask)) == "interactive-required"
    accepted(by(served, token, ask))
