"""Searching for an address over HTTP: who acted from there, and that somebody asked."""

import random
from ipaddress import IPv6Address
from typing import Any

import pytest
from support.requests_of import known, new_customer
from support.searching import searched, searches
from support.serving import Served

PATH = "/v1/addresses/search"


def new_address() -> IPv6Address:
    """Return an address whose network nobody else uses."""
    return IPv6Address(0x20010DB8 << 96 | random.getrandbits(64) << 32 | 5)


def opened_from(served: Served, number: str, token: str, address: object) -> dict[str, Any]:
    """Let the portal open a customer's ticket and say their address; return the answer."""
    body = {"contract": number, "channel": "portal", "language": "en"}
    answer = served.post(
        "service",
        "/v1/tickets",
        body | {"subject": "No network", "text": "Since noon"},
        Ledger_On_Behalf_Token=token,
        Ledger_On_Behalf_Address=str(address),
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def search(served: Served, address: object, upto: int, **more: Any) -> dict[str, Any]:
    """Search for an address, in a view that has got to a position."""
    return searched(served, PATH, {"address": str(address), **more}, upto)


def test_a_search_tells_who_acted_from_there_and_is_recorded(served: Served) -> None:
    address, people = new_address(), [new_customer(served) for _ in range(2)]
    tokens = [known(served, token) for _, _, token in people]
    first = opened_from(served, people[0][0], tokens[0], address)
    again = opened_from(served, people[0][0], tokens[0], address.exploded.upper())
    near = opened_from(served, people[1][0], tokens[1], address + 1)
    found = search(served, address, near["position"], basis="other", words="An order.")
    assert found["network"].endswith("::/64")
    assert found["more"] is False
    exact, other = found["uses"]
    assert (exact["contract"], exact["exact"], exact["asserted"]) == (people[0][0], True, True)
    assert (exact["actor_kind"], exact["on_behalf_of"]) == ("service", people[0][1])
    assert (exact["first_position"], exact["last_position"]) == (
        *(first["position"], again["position"]),
    )
    assert exact["events"] == 2
    assert exact["first_at"] < exact["last_at"]
    assert (other["contract"], other["exact"], other["events"]) == (people[1][0], False, 1)
    (recorded,) = searches(served, near["position"])
    assert (recorded["contract"], recorded["data"]) == (None, {"basis": "other"})
    assert recorded["sealed"].keys() == {"asked", "words", "address"}


def test_a_repeated_search_is_one_search(served: Served) -> None:
    body = {"address": "::ffff:192.0.2.77", "basis": "court_order"}
    answers = [served.post("compliance", PATH, body, key="search-once") for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["network"] == "192.0.2.0/24"
    assert answers[0].headers["Ledger-Position"] == answers[1].headers["Ledger-Position"]
    assert answers[0].headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"address": "192.0.2.256", "basis": "legal_claim"}, 422, "not an IP address"),
        ({"address": "mail.example.net", "basis": "legal_claim"}, 422, "address"),
        ({"address": "192.0.2.0/24", "basis": "legal_claim"}, 422, "address"),
        ({"address": "192.0.2.1"}, 422, "basis"),
        ({"address": "192.0.2.1", "basis": "other"}, 409, "basis-required"),
    ],
)
def test_what_is_no_search_is_refused_and_not_repeated(
    served: Served, body: dict[str, str], status: int, said: str
) -> None:
    answer = served.post("compliance", PATH, body)
    assert answer.status_code == status
    assert said in answer.text
    assert body["address"] not in answer.text


def test_an_address_is_not_found_once_it_is_erased(served: Served) -> None:
    number, _, token = new_customer(served)
    address = new_address()
    opened = opened_from(served, number, known(served, token), address)
    assert len(search(served, address, opened["position"])["uses"]) == 1
    holder = served.get("supervisor", f"/v1/contracts/{number}").json()["holder"]
    body = {"contract": number, "purposes": ["address"], "basis": "data_subject_request"}
    erased = served.post("compliance", f"/v1/subjects/{holder}/erasures", body)
    assert erased.status_code == 201, erased.text
    assert search(served, address, erased.json()["position"])["uses"] == []
    with served.database() as connection:
        statement = "SELECT count(*) FROM views.addresses WHERE contract = %s"
        assert connection.execute(statement, [number]).fetchone() == (0,)
