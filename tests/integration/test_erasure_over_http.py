"""Erasure over HTTP: what goes, what stays and why, and what everybody else still reads."""

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from support.requests_of import contract_body, known, new_customer, new_number
from support.serving import Served

from infra.fsck.run import fsck

REQUEST = "data_subject_request"


def erase(served: Served, subject: str, contract: str | None, *purposes: str, **more: Any) -> Any:
    body = {"contract": contract, "purposes": purposes, "basis": REQUEST, **more}
    return served.post("compliance", f"/v1/subjects/{subject}/erasures", body)


def opened_by(served: Served, token: str, contract: str) -> dict[str, Any]:
    """Let a customer open a ticket; return the answer."""
    body = {"contract": contract, "channel": "portal", "language": "en"}
    answer = served.client(None, token).post(
        "/v1/tickets",
        json=body | {"subject": "No network", "text": "Since noon"},
        headers={"Idempotency-Key": str(uuid4())},
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def timeline(served: Served, ticket: str) -> list[dict[str, Any]]:
    return list(served.get("compliance", f"/v1/tickets/{ticket}/timeline").json()["items"])


def carried_out(served: Served, erasure: str) -> None:
    """Wait until `KeysDestroyed` is recorded, and this process has heard of it."""

    def recorded() -> bool:
        with served.database() as connection:
            found = connection.execute(
                "SELECT count(*) FROM ledger.envelopes WHERE type = 'KeysDestroyed'"
                " AND envelope -> 'data' ->> 'erasure' = %s",
                [erasure],
            ).fetchone()
        return bool(found and found[0])

    served.until(recorded)
    heard = served.services.live
    with served.database() as connection:
        (last,) = connection.execute("SELECT max(position) FROM ledger.events").fetchone()
    served.until(lambda: (heard._head or 0) >= last)  # noqa: SLF001 - it polls


def customer(served: Served) -> tuple[str, str, str]:
    number, person, token = new_customer(served)
    return number, person, known(served, token)


def test_what_a_person_wrote_goes_and_everything_else_stays(served: Served) -> None:
    number, person, token = customer(served)
    ticket = opened_by(served, token, number)["id"]
    answered = erase(served, person, number, "identity", "correspondence")
    assert answered.status_code == 201, answered.text
    told = answered.json()
    assert told["purposes"] == ["correspondence"]
    (kept,) = told["kept"]
    assert (kept["purpose"], kept["rule"]) == ("identity", "contract-live")
    assert kept["review_at"] > datetime.now(UTC).isoformat()
    carried_out(served, told["erasure"])
    (opened,) = timeline(served, ticket)
    assert opened["what"]["subject"] == opened["what"]["text"] == {"text": None, "erased": True}
    assert opened["address"]["address"] == "127.0.0.1"
    item = served.get("compliance", f"/v1/tickets/{ticket}").json()
    assert item["subject"] == {"erased": True}
    assert served.get("compliance", f"/v1/contracts/{number}/history").status_code == 200
    as_of = {"as_of_position": told["position"]}
    replayed = served.client("compliance").get(f"/v1/tickets/{ticket}/timeline", params=as_of)
    assert replayed.json()["items"][0]["what"]["text"]["erased"]
    assert fsck(served.settings, processes=1).findings == []


def test_after_an_erasure_the_person_goes_on_writing(served: Served) -> None:
    number, person, token = customer(served)
    opened_by(served, token, number)
    carried_out(served, erase(served, person, number, "correspondence").json()["erasure"])
    again = opened_by(served, token, number)["id"]
    assert timeline(served, again)[0]["what"]["text"] == {"text": "Since noon", "erased": False}
    assert fsck(served.settings, processes=1).findings == []


def test_a_login_goes_with_the_identity(served: Served) -> None:
    number, person, token = customer(served)
    path = f"/v1/contracts/{number}"
    version = served.get("supervisor", path).json()["version"]
    revoke = f"{path}/persons/{person}/revoke"
    assert served.post("supervisor", revoke, {}, version=version).status_code == 200
    assert erase(served, person, number, "identity").status_code == 201

    def gone() -> bool:
        with served.database() as connection:
            found = connection.execute("SELECT FROM views.logins WHERE person = %s", [person])
            return found.fetchone() is None

    served.until(gone)
    client = served.client(None, token)
    served.until(lambda: client.get(f"/v1/tickets/{uuid4()}").status_code == 401)


def hashes(served: Served, number: str) -> int:
    """Return how many addresses under a contract have keyed hashes."""
    with served.database() as connection:
        statement = "SELECT count(*) FROM views.addresses WHERE contract = %s"
        return int(connection.execute(statement, [number]).fetchone()[0])


def followed(served: Served, position: int) -> bool:
    with served.database() as connection:
        statement = "SELECT position FROM views.followers WHERE name = 'addresses'"
        return bool(connection.execute(statement).fetchone()[0] >= position)


def test_addresses_go_for_everybody_under_the_contract(served: Served) -> None:
    number = new_number()
    served.post("supervisor", "/v1/contracts", contract_body(number))
    holder = served.get("supervisor", f"/v1/contracts/{number}").json()["holder"]
    ticket = served.open_ticket("supervisor", contract=number)["id"]
    served.until(lambda: hashes(served, number) == 2)
    erased = erase(served, holder, number, "address")
    assert erased.status_code == 201, erased.text
    carried_out(served, erased.json()["erasure"])
    (opened,) = timeline(served, ticket)
    assert opened["address"] == {"erased": True}
    assert opened["what"]["text"]["text"]
    history = served.get("compliance", f"/v1/contracts/{number}/history").json()
    assert [one["address"] for one in history["addresses"]] == [{"erased": True}]
    served.until(lambda: followed(served, erased.json()["position"]))
    assert hashes(served, number) == 0


def test_an_erased_attachment_is_gone(served: Served) -> None:
    number, person, token = customer(served)
    path = f"/v1/tickets/{opened_by(served, token, number)['id']}/attachments"
    added = served.client(None, token).post(
        path,
        params={"name": "log.txt"},
        content=b"a log",
        headers={"Idempotency-Key": str(uuid4())},
    )
    file = f"{path}/{added.json()['attachment']}"
    assert served.get("agent", file).content == b"a log"
    carried_out(served, erase(served, person, number, "correspondence").json()["erasure"])
    assert served.get("agent", file).status_code == 404


def test_one_message_goes(served: Served) -> None:
    number, _, token = customer(served)
    opened = opened_by(served, token, number)
    path = f"/v1/tickets/{opened['id']}"
    posted = [
        served.post("agent", f"{path}/messages", {"text": text}).json()["event_ids"][0]
        for text in ("the password is 1234", "never mind")
    ]
    body = {"event": posted[0], "basis": "unlawful_processing"}
    erased = served.post("compliance", f"{path}/erasures", body)
    assert erased.status_code == 201, erased.text
    assert erased.json()["purposes"] == ["correspondence"]
    carried_out(served, erased.json()["erasure"])
    first, second = [
        one for one in timeline(served, opened["id"]) if one["type"] == "MessagePosted"
    ]
    assert first["what"]["text"] == {"text": None, "erased": True}
    assert first["address"]["address"] == "127.0.0.1"
    assert second["what"]["text"]["text"] == "never mind"
    again = served.post("compliance", f"{path}/erasures", body)
    assert (again.status_code, again.json()["leaf_hash"]) == (201, None)
    assert fsck(served.settings, processes=1).findings == []


def test_a_hold_stops_erasures_until_two_people_release_it(served: Served) -> None:
    number, person, token = customer(served)
    ticket = opened_by(served, token, number)
    holds = f"/v1/contracts/{number}/legal-holds"
    review = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {"authority": "court", "reference": "12 O 345/26", "review_at": review}
    placed = served.post("compliance", holds, body)
    assert placed.status_code == 201, placed.text
    refused = erase(served, person, number, "correspondence")
    assert (refused.status_code, refused.json()["rule"]) == (409, "legal-hold")
    assert review[:10] in refused.json()["detail"]
    message = {"event": ticket["event_ids"][0], "basis": REQUEST}
    refused = served.post("compliance", f"/v1/tickets/{ticket['id']}/erasures", message)
    assert (refused.status_code, refused.json()["rule"]) == (409, "legal-hold")
    one, version = f"{holds}/{placed.json()['hold']}", placed.json()["version"]
    asked = served.post("compliance", f"{one}/release", {"reason": "It ended."}, version=version)
    assert asked.status_code == 200, asked.text
    alone = served.post("compliance", f"{one}/confirm", version=version + 1)
    assert (alone.status_code, alone.json()["rule"]) == (409, "second-person-required")
    subject = f"compliance:{number}"
    login = {"issuer": "urn:ticket-ledger:development", "subject": subject}
    joining = {"name": "Fay", "login": login, "roles": ["compliance"], "languages": []}
    served.post("operator", "/v1/staff", joining)
    second = served.client(None, known(served, served.mint(subject)))
    headers = {"Idempotency-Key": str(uuid4()), "If-Match": f'"{version + 1}"'}
    confirmed = second.post(f"{one}/confirm", json={}, headers=headers)
    assert confirmed.status_code == 200, confirmed.text
    assert erase(served, person, number, "correspondence").status_code == 201


def test_a_running_period_keeps_data_after_the_end(served: Served) -> None:
    number, person, token = customer(served)
    opened_by(served, token, number)
    version = served.get("supervisor", f"/v1/contracts/{number}").json()["version"]
    closing = {"ending": "by_customer"}
    closed = served.post("supervisor", f"/v1/contracts/{number}/close", closing, version=version)
    assert closed.status_code == 200, closed.text
    refused = erase(served, person, number, "identity", "correspondence", basis="contract_ended")
    assert (refused.status_code, refused.json()["rule"]) == (409, "limitation-running")
    until = datetime.now(UTC) + timedelta(days=1095)
    assert f"review {until:%Y-%m-%d}" in refused.json()["detail"]


def test_data_under_no_contract_goes(served: Served) -> None:
    person = str(uuid4())
    body = {"channel": "portal", "language": "en", "subject": "a question", "text": "of mine"}
    asked = served.post("service", "/v1/tickets", body, Ledger_On_Behalf_Of=person)
    assert asked.status_code == 201, asked.text
    carried_out(served, erase(served, person, None, "correspondence").json()["erasure"])
    assert timeline(served, asked.json()["id"])[0]["what"]["subject"]["erased"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"basis": None}, 422),
        ({"basis": "because"}, 422),
        ({"purposes": []}, 422),
        ({"purposes": ["everything"]}, 422),
        ({"contract": "no-such-contract"}, 404),
    ],
)
def test_an_erasure_without_a_basis_or_purpose_is_refused(
    served: Served, change: dict[str, Any], status: int
) -> None:
    body = {"contract": served.contract, "purposes": ["claim"], "basis": REQUEST} | change
    path = f"/v1/subjects/{uuid4()}/erasures"
    assert served.post("compliance", path, body).status_code == status
    del body["basis"]
    if status == 422:
        assert served.post("compliance", path, body).status_code == 422


def test_an_unknown_subject_or_event_is_not_found(served: Served) -> None:
    unknown = erase(served, str(uuid4()), served.contract, "correspondence")
    assert unknown.status_code == 404
    assert "no data of this person" in unknown.json()["detail"]
    ticket, other = served.open_ticket(), served.open_ticket()
    body = {"event": other["event_ids"][0], "basis": REQUEST}
    path = f"/v1/tickets/{ticket['id']}/erasures"
    assert served.post("compliance", path, body).status_code == 404
    body["event"] = str(uuid4())
    assert served.post("compliance", path, body).status_code == 404
    nothing = {"event": ticket["event_ids"][0], "basis": REQUEST, "purposes": ["claim"]}
    refused = served.post("compliance", path, nothing)
    assert (refused.status_code, refused.json()["rule"]) == (409, "nothing-sealed")


def test_a_key_that_is_gone_without_an_erasure_is_found(served: Served) -> None:
    """Last of all: what it takes away is put back, or every other verification would find it."""
    number, person, token = customer(served)
    opened = opened_by(served, token, number)
    carried_out(served, erase(served, person, number, "correspondence").json()["erasure"])
    again = opened_by(served, token, number)
    with served.database() as connection:
        (key,) = connection.execute(
            "SELECT key_id FROM ledger.sealed_fields WHERE event_id = %s AND field = 'text'",
            [again["event_ids"][0]],
        ).fetchone()
    store = sqlite3.connect(served.settings.data / "keys.sqlite", isolation_level=None)
    row = store.execute("SELECT * FROM keys WHERE id = ?", [str(key)]).fetchone()
    store.execute("DELETE FROM keys WHERE id = ?", [str(key)])
    found = fsck(served.settings, processes=1).findings
    store.execute(f"INSERT INTO keys VALUES ({', '.join('?' * len(row))})", row)
    store.close()
    assert {one.position for one in found} == {again["position"]}
    assert {one.kind for one in found} == {"missing-key"}
    assert opened["position"] < again["position"]
