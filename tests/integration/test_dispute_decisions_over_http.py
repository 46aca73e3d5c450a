"""Deciding in disputes over HTTP: freezes, holds, the service, the determination; by two."""

from typing import Any
from uuid import uuid4

import pytest
from support import ownership
from support.disputes import (
    HANDLER,
    Dispute,
    a_freeze,
    claim_refused,
    claimed,
    closed,
    confirmed,
    departure,
    determined,
    frozen,
    opened,
    other_handler,
    own,
    soon,
    suspension,
)
from support.ownership import (
    ISSUER,
    Ask,
    accepted,
    by,
    elsewhere,
    holder_of,
    joined,
    refused,
    sent,
)
from support.requests_of import World, known, new_world
from support.serving import Served

PERSON = {"name": "Cleo", "rights": ["read"]}
HOLD = {"authority": "court", "reference": "12 O 345/26", "review_at": "2099-01-01T00:00:00Z"}


@pytest.fixture(scope="module")
def world(served: Served) -> World:
    return new_world(served)


@pytest.fixture
def dispute(world: World) -> Dispute:
    """A dispute under a contract of its own."""
    return own(world)


def handler_with_a_key(served: Served) -> tuple[str, str, str]:
    """Let a dispute handler join; return two tokens that they sign in with, and an API key."""
    subject = uuid4().hex
    body = {"name": "Hal", "login": {"issuer": ISSUER, "subject": subject}, "languages": ["en"]}
    who = accepted(served.post("operator", "/v1/staff", body | {"roles": [HANDLER]}))["id"]
    first, second = known(served, served.mint(subject)), known(served, served.mint(subject))
    key = accepted(served.post("operator", f"/v1/staff/{who}/api-keys", {}))["secret"]
    return first, second, known(served, str(key))


def test_a_hold_from_a_dispute_is_released_by_two_people(dispute: Dispute) -> None:
    served = dispute.served
    made = sent(served, HANDLER, dispute.ask("hold", HOLD))
    path = f"/v1/contracts/{dispute.contract}/legal-holds/{made['hold']}"
    late = dispute.ask("hold", HOLD | {"review_at": "2020-01-01T00:00:00Z"})
    assert refused(served.post(HANDLER, late.path, late.body)) == "review-in-future"
    asked = sent(served, "compliance", Ask(f"{path}/release", {"reason": "r"}, made["version"]))
    alone = served.post("compliance", f"{path}/confirm", {}, version=asked["version"])
    assert refused(alone) == "second-person-required"
    _, token = joined(served, "compliance")
    accepted(by(served, token, Ask(f"{path}/confirm", {}, asked["version"])))


def test_a_claim_alone_freezes_nothing_and_service_goes_on_in_a_freeze(dispute: Dispute) -> None:
    served = dispute.served
    claimed(dispute)
    several = a_freeze(ground="several_claimants")
    assert refused(dispute.try_by(served.tokens[HANDLER], "freeze", several)) == "freeze-grounded"
    claimed(dispute, name="Rita")
    freeze = frozen(dispute, ground="several_claimants")
    assert dispute.read()["freeze"]["id"] == freeze
    persons = f"/v1/contracts/{dispute.contract}/persons"
    assert refused(served.post("supervisor", persons, PERSON)) == "contract-frozen"
    served.open_ticket("supervisor", contract=dispute.contract)
    until = soon(days=30)
    dispute.do(f"freeze/{freeze}/renew", {"until": until, "reason": "Not decided."})
    assert dispute.read()["freeze"]["until"] == until
    stale = dispute.decision(f"freeze/{freeze}/lift", {"reason": "Agreed."})
    accepted(served.post("supervisor", f"/v1/contracts/{dispute.contract}/warnings", {}))
    assert by(served, other_handler(served), stale).status_code == 412
    accepted(dispute.try_by(other_handler(served), f"freeze/{freeze}/lift", {"reason": "Agreed."}))
    accepted(served.post("supervisor", persons, PERSON))


def test_one_person_under_two_tokens_is_one_person(dispute: Dispute) -> None:
    served = dispute.served
    first, second, key = handler_with_a_key(served)
    asked = suspension(dispute, key)
    for token in (first, second):
        answer = dispute.try_by(token, f"suspension/{asked}/confirm")
        assert refused(answer) == "second-person-required"
    other = other_handler(served)
    accepted(dispute.try_by(other, f"suspension/{asked}/confirm"))
    freeze = accepted(dispute.try_by(first, "freeze", a_freeze()))["freeze"]
    answer = dispute.try_by(second, f"freeze/{freeze}/lift", {"reason": "r"})
    assert refused(answer) == "second-person-required"
    away = departure(dispute, first)
    answer = dispute.try_by(second, f"departure/{away}/confirm")
    assert refused(answer) == "second-person-required"
    assert refused(dispute.try_by(key, "confirm", _last(dispute))) == "interactive-required"


def _last(dispute: Dispute) -> dict[str, Any]:
    return {"determination": dispute.read()["determination"]["id"]}


def test_the_service_is_suspended_by_two_people_and_resumed_before_the_end(
    dispute: Dispute,
) -> None:
    served = dispute.served
    asked = suspension(dispute, served.tokens[HANDLER])
    assert dispute.read()["suspension"]["confirmed"] is False
    dispute.do(f"suspension/{asked}/confirm", {}, "supervisor")
    assert dispute.read()["suspension"]["confirmed"] is True
    end = {"closing": "no_case", "explanation": "Over."}
    assert refused(dispute.try_by(served.tokens[HANDLER], "close", end)) == "service-suspended"
    dispute.do(f"suspension/{asked}/resume", {"reason": "Set aside."})
    closed(dispute, "no_case")


def test_who_holds_it_is_computed_and_a_person_confirms(dispute: Dispute) -> None:
    served = dispute.served
    claim_refused(dispute, claimed(dispute)["claim"])
    end = {"closing": "determined", "explanation": "Over."}
    assert refused(dispute.try_by(served.tokens[HANDLER], "close", end)) == "determination-missing"
    early = dispute.try_by(served.tokens[HANDLER], "determination", {"as_of_position": 1})
    assert refused(early) == "determination-outdated"
    far = dispute.try_by(served.tokens[HANDLER], "determination", {"as_of_position": 2**50})
    assert far.status_code == 422
    confirmed(dispute)
    view = dispute.read()
    told = view["determination"]
    assert (told["outcome"], told["confirmed"]) == ("holder", True)
    assert told["holders"] == [holder_of(served, dispute.contract)]
    (made,) = (one["what"] for one in view["events"] if one["type"] == "DeterminationMade")
    (event,) = made["rests_on"]
    first = served.get("compliance", f"/v1/events/{event}").json()["envelope"]
    assert (first["type"], first["contract"]["number"]) == ("ContractRegistered", dispute.contract)
    freeze = frozen(dispute)
    closed(dispute)
    over = dispute.read()
    assert (over["closed"], over["freeze"], bool(freeze)) == (True, None, True)


def test_a_doubt_leaves_it_undetermined_until_it_is_settled(world: World) -> None:
    there = elsewhere(world)
    case = opened(there)
    outdated = determined(case)
    sent(case.served, "supervisor", ownership.doubt(there))
    answer = case.try_by(case.served.tokens[HANDLER], "confirm", {"determination": outdated})
    assert refused(answer) == "determination-outdated"
    determined(case)
    told = case.read()["determination"]
    assert (told["outcome"], told["reason"]) == ("undetermined", "deceased")
    assert told["holders"] == [holder_of(case.served, case.contract)], "the status quo"


def test_departing_takes_two_people_who_checked_nothing(dispute: Dispute) -> None:
    served = dispute.served
    first, second = other_handler(served), other_handler(served)
    checker_id, checker = joined(served, HANDLER)
    asked = departure(dispute, first)
    claim = dispute.read()["claims"][0]
    look = ownership.visit(claim["claimant"]) | {"claim": claim["claim"]}
    accepted(by(served, checker, dispute.ask("checks", look)))
    answer = dispute.try_by(checker, f"departure/{asked}/confirm")
    assert refused(answer) == "departure-by-checker", checker_id
    accepted(dispute.try_by(second, f"departure/{asked}/confirm"))
    determined(dispute)
    told = dispute.read()["determination"]
    assert (told["holders"], told["departure"]) == ([claim["claimant"]], asked)
