"""Searching for a document over HTTP: under which contracts it was given, and that it is a hint."""

from typing import Any
from uuid import uuid4

import pytest
from support.ownership import Ask, approved, checked, holder_of, requested, sent
from support.requests_of import PASSPORT, World, contract_body, new_number, new_world
from support.searching import searched, searches
from support.serving import ROLES, Served

from api import searching

PATH = "/v1/documents/search"
CYRILLIC = "\N{CYRILLIC CAPITAL LETTER A}\N{CYRILLIC CAPITAL LETTER VE}"


def new_passport() -> dict[str, str]:
    """Return a passport whose number nobody else has: two Cyrillic letters and nine digits."""
    return PASSPORT | {"number": f"{CYRILLIC} {uuid4().int % 10**9:09d}"}


def registered(served: Served, document: dict[str, Any], category: str) -> tuple[str, int]:
    """Register a contract with this document; return its number and the event's position."""
    body = contract_body(new_number()) | {"category": category, "document": document}
    made = sent(served, "supervisor", Ask("/v1/contracts", body))
    return str(body["number"]), int(made["position"])


def sought(passport: dict[str, str]) -> dict[str, str]:
    """Return what asks for a passport, but for the basis."""
    return {"type": "passport", "country": passport["country"], "number": passport["number"]}


PASSPORT_SOUGHT = sought(PASSPORT)


@pytest.fixture(scope="module")
def world(served: Served) -> World:
    return new_world(served)


def search(
    served: Served, passport: dict[str, str], upto: int, **more: str
) -> list[dict[str, Any]]:
    """Search for a passport in a view that has got to a position; return where it was given."""
    answer = searched(served, PATH, sought(passport) | more, upto)
    assert "proves nothing" in answer["says"]
    assert answer["more"] is False
    return list(answer["given"])


def head(served: Served) -> int:
    """Return the last event's position."""
    with served.database() as connection:
        return int(connection.execute("SELECT max(position) FROM ledger.events").fetchone()[0])


def test_a_document_is_found_however_its_number_is_typed(served: Served) -> None:
    passport = new_passport()
    number, position = registered(served, {"passport": passport}, "individual")
    alike = passport["number"].replace(f"{CYRILLIC} ", "a\N{EN DASH}b.")
    (given,) = search(served, passport, position, number=alike, basis="other", words="An order.")
    assert given.pop("at").endswith("Z")
    assert given == {
        "contract": number,
        "subject": holder_of(served, number),
        "representative": False,
        "version": 1,
        "change": None,
        "position": position,
        "present": True,
    }
    (recorded,) = searches(served, position)
    assert (recorded["stream"]["kind"], recorded["contract"]) == ("access", None)
    assert recorded["stream"]["id"] == recorded["actor"]["id"]
    assert recorded["data"] == {"basis": "other"}
    assert recorded["sealed"]["asked"]["purpose"] == "claim"
    assert recorded["sealed"].keys() == {"asked", "words", "address"}
    assert search(served, passport, position, country="ES") == []
    assert search(served, passport, position, type="registration") == []


def test_who_acts_for_an_organisation_is_not_taken_for_the_holder(served: Served) -> None:
    passport, registration = new_passport(), uuid4().hex
    person = {"name": "Ada Example", "passport": passport, "authority": "Register extract 7"}
    house = {"name": "Example Ltd", "country": "PT", "registration_number": registration}
    document = {"organisation": house | {"representative": person}}
    number, position = registered(served, document, "legal_entity")
    holder = holder_of(served, number)
    (acting,) = search(served, passport, position)
    assert (acting["contract"], acting["representative"]) == (number, True)
    assert acting["subject"] != holder
    typed = " ".join(registration.upper())
    (held,) = search(served, passport, position, type="registration", number=typed)
    assert (held["subject"], held["representative"]) == (holder, False)


def test_a_document_tells_which_version_it_gave_and_whether_that_is_the_present_one(
    world: World,
) -> None:
    served, first, second = world.served, new_passport(), new_passport()
    number, registration = registered(served, {"passport": first}, "individual")
    ticket = served.open_ticket("supervisor", contract=number)["id"]
    world = world.at(number, str(ticket))
    holder = {"id": holder_of(served, number), "category": "individual"}
    renewal = checked(world, holders=[holder | {"document": {"passport": second}}])
    (asked,) = search(served, second, head(served))
    assert (asked["contract"], asked["change"]) == (number, renewal.id)
    assert (asked["version"], asked["present"]) == (None, False)
    renewal = approved(world, renewal)
    sent(served, "agent", Ask(f"{renewal.path}/apply", {}, renewal.version))
    contacts = [{"kind": "mail", "value": "ada@example.org"}]
    moved = approved(world, checked(world, kind="contacts", holders=[], contacts=contacts))
    sent(served, "agent", Ask(f"{moved.path}/apply", {}, moved.version))
    (before,) = search(served, first, head(served))
    (present,) = search(served, second, head(served))
    assert (before["version"], before["present"]) == (1, False)
    assert (before["change"], before["position"]) == (None, registration)
    assert (present["version"], present["present"]) == (2, True), "the third brought no document"
    assert present["subject"] == before["subject"] == holder["id"]
    assert present["position"] == asked["position"] > registration


def test_a_document_is_not_found_once_its_subject_is_erased(world: World) -> None:
    served, passport = world.served, new_passport()
    person = {"category": "individual", "document": {"passport": passport}}
    contacts = [{"kind": "mail", "value": "bea@example.net"}]
    change = requested(world, kind="transfer", holders=[person], contacts=contacts)
    body = {"refusal": "not_proved", "explanation": "Nobody came."}
    sent(served, "agent", Ask(f"{change.path}/refuse", body, change.version))
    (given,) = search(served, passport, head(served))
    assert (given["version"], given["present"]) == (None, False)
    body = {"contract": world.contract, "purposes": ["identity"], "basis": "consent_withdrawn"}
    sent(served, "compliance", Ask(f"/v1/subjects/{given['subject']}/erasures", body))
    assert search(served, passport, head(served)) == []


def test_a_repeated_search_is_one_search(served: Served) -> None:
    body = PASSPORT_SOUGHT | {"basis": "court_order"}
    after = head(served)
    answers = [served.post("compliance", PATH, body, key="document-once") for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].headers["Ledger-Position"] == answers[1].headers["Ledger-Position"]
    assert answers[0].headers["Cache-Control"] == "no-store"
    assert len(searches(served, after)) == 1
    body |= {"country": "ES"}
    assert served.post("compliance", PATH, body, key="document-once").status_code == 422


def test_more_than_an_answer_shows_is_said(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    passport = new_passport()
    numbers = [registered(served, {"passport": passport}, "individual") for _ in range(3)]
    body = sought(passport)
    monkeypatch.setattr(searching, "_SHOWN", 2)
    answer = searched(served, PATH, body, numbers[-1][1])
    assert [one["contract"] for one in answer["given"]] == sorted(dict(numbers))[:2]
    assert answer["more"] is True


@pytest.mark.parametrize("role", [None, *ROLES])
def test_who_handles_disputes_and_compliance_search(served: Served, role: str | None) -> None:
    after = head(served)
    answer = served.post(role, PATH, PASSPORT_SOUGHT | {"basis": "legal_claim"})
    allowed = role in {"compliance", "dispute_handler"}
    assert answer.status_code == (200 if allowed else 403 if role else 401)
    assert len(searches(served, after)) == allowed


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"number": "- / ."}, 422, "number"),
        ({"country": "pt"}, 422, "country"),
        ({"country": "PRT"}, 422, "country"),
        ({"type": "licence"}, 422, "type"),
        ({"basis": None}, 422, "basis"),
        ({"basis": "other"}, 409, "basis-required"),
    ],
)
def test_what_is_no_search_is_refused_and_not_repeated(
    served: Served, body: dict[str, Any], status: int, said: str
) -> None:
    after = head(served)
    body = PASSPORT_SOUGHT | {"basis": "legal_claim"} | body
    answer = served.post("compliance", PATH, body)
    assert answer.status_code == status, answer.text
    assert said in answer.text
    assert body["number"] not in answer.text
    assert searches(served, after) == []
