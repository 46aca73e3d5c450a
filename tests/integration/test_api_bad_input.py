"""Bad input: a clear problem document each time, nothing recorded, the process alive."""

import socket
from typing import Any
from uuid import uuid4

import httpx
import pytest
from support.requests_of import contract_body, known, new_customer, new_number
from support.serving import Served

FINE = {"channel": "portal", "language": "en", "subject": "s", "text": "t"}


def _body(**changes: Any) -> dict[str, Any]:
    return FINE | changes


def _tickets(served: Served) -> int:
    with served.database() as connection:
        asked = "SELECT count(*) FROM ledger.events WHERE type = 'TicketOpened'"
        return int(connection.execute(asked).fetchone()[0])


def _assert_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = dict(answer.json())
    assert problem["type"].startswith("/problems/")
    assert problem["status"] == status
    assert "Traceback" not in answer.text
    return problem


@pytest.mark.parametrize(
    "body",
    [
        _body(unknown=1),
        _body(subject=7),
        _body(subject=None),
        _body(subject=""),
        _body(subject="   "),
        _body(subject="x" * 301),
        _body(text="x" * 50_001),
        _body(text="a\x00b"),
        _body(channel="pigeon"),
        _body(language="english, please"),
        _body(contract="C 1001"),
        _body(contract="x" * 65),
        _body(contract="../../etc/passwd"),
        _body(since="9999-12-31T23:59:59Z"),
        _body(since="0001-01-01T00:00:00Z"),
        _body(since="2026-01-01"),
        _body(since="2026-01-01T00:00:00"),
        _body(since=10**30),
        _body(since="yesterday"),
        _body(specialist="nobody"),
        _body(specialist=str(uuid4())[:-1]),
        _body(priority=1),
        [],
        "text",
        7,
        None,
    ],
)
def test_a_body_of_the_wrong_form_is_refused(served: Served, body: object) -> None:
    before = _tickets(served)
    answer = served.client("agent").post(
        "/v1/tickets", json=body, headers={"Idempotency-Key": str(uuid4())}
    )
    _assert_problem(answer, 422)
    assert _tickets(served) == before


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"",
        b"\xff\xfe",
        b'{"subject": "\xff"}',
        b'{"subject": "\\ud800", "text": "t", "channel": "portal", "language": "en"}',
        b'{"subject": "\\udc00\\ud800", "text": "t", "channel": "portal", "language": "en"}',
        b'{"subject": "\xed\xa0\x80", "text": "t", "channel": "portal", "language": "en"}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"since": 1e999}',
        b'{"since": ' + b"9" * 5000 + b"}",
        b"NaN",
        b'\xef\xbb\xbf{"subject": "s"}',
        b"<xml/>",
    ],
)
def test_bytes_that_are_no_json_are_refused(served: Served, raw: bytes) -> None:
    headers = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
    answer = served.client("agent").post("/v1/tickets", content=raw, headers=headers)
    _assert_problem(answer, 422)


@pytest.mark.parametrize("raw", [b'{"reaction_seconds": %s}' % (b"9" * 400), b'{"a": 1e400}'])
def test_absurd_numbers_are_refused(served: Served, raw: bytes) -> None:
    ticket = served.open_ticket()["id"]
    headers = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
    path = f"/v1/tickets/{ticket}/acknowledge"
    _assert_problem(served.client("agent").post(path, content=raw, headers=headers), 422)


def test_the_problem_names_the_field_and_never_repeats_what_was_sent(served: Served) -> None:
    answer = served.post("agent", "/v1/tickets", _body(language="MARKER-4711-MARKER-WWWW-YYYY"))
    problem = _assert_problem(answer, 422)
    assert problem["where"] == "language"
    assert "4711" not in answer.text


def test_the_problem_never_repeats_a_name_that_the_form_does_not_have(served: Served) -> None:
    name = "Ada 4711"
    for answer in (
        served.post("agent", "/v1/tickets", _body(**{name: "x"})),
        served.get("agent", "/v1/queue", params={name: "x"}),
        served.get("agent", "/v1/queue", params=[(name, "x"), (name, "y")]),
    ):
        _assert_problem(answer, 422)
        assert "4711" not in answer.text


def test_a_body_longer_than_the_limit_is_not_read(served: Served) -> None:
    headers = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
    answer = served.client("agent").post(
        "/v1/tickets", content=b" " * (served.settings.body_bytes + 1), headers=headers
    )
    _assert_problem(answer, 413)


def test_a_body_of_another_media_type_is_refused(served: Served) -> None:
    headers = {"Idempotency-Key": str(uuid4()), "Content-Type": "text/plain"}
    answer = served.client("agent").post("/v1/tickets", content=b"{}", headers=headers)
    _assert_problem(answer, 415)


@pytest.mark.parametrize("key", [None, "", "x" * 201, "a b", "caf\xe9"])
def test_a_write_without_a_usable_key_is_refused(served: Served, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key.encode("latin-1")}
    answer = served.client("agent").post("/v1/tickets", json=FINE, headers=headers)
    _assert_problem(answer, 400)


@pytest.mark.parametrize(
    "match", ["1", "*", 'W/"1"', '"x"', '""', '"-1"', '"1", "2"', '"' + "9" * 99 + '"']
)
def test_an_if_match_of_another_form_is_refused(served: Served, match: str) -> None:
    ticket = served.open_ticket()["id"]
    headers = {"Idempotency-Key": str(uuid4()), "If-Match": match}
    path = f"/v1/tickets/{ticket}/priority"
    answer = served.client("agent").post(path, json={"priority": "low"}, headers=headers)
    _assert_problem(answer, 422)


@pytest.mark.parametrize(
    "ticket", ["01a20000-0000-7000-8000-000000000001", "1", "x" * 500, "%00", "..%2f..%2fetc"]
)
def test_an_unknown_ticket_is_not_found(served: Served, ticket: str) -> None:
    _assert_problem(served.get("agent", f"/v1/tickets/{ticket}"), 404)


def test_somebody_elses_ticket_and_no_ticket_at_all_look_the_same(served: Served) -> None:
    theirs = served.open_ticket()["id"]
    stranger = served.client(None, known(served, new_customer(served)[2]))
    seen = []
    for ticket in (theirs, str(uuid4())):
        answer = stranger.get(f"/v1/tickets/{ticket}/timeline")
        seen.append((answer.status_code, answer.content, sorted(answer.headers)))
    assert seen[0] == seen[1]
    assert seen[0][0] == 404


def test_a_foreign_contract_and_no_contract_look_the_same_to_a_customer(served: Served) -> None:
    stranger = served.client(None, known(served, new_customer(served)[2]))
    seen = []
    for contract in (served.contract, "NO-SUCH-CONTRACT"):
        headers = {"Idempotency-Key": str(uuid4())}
        body = _body(contract=contract)
        answer = stranger.post("/v1/tickets", json=body, headers=headers)
        seen.append((answer.status_code, answer.content))
        answer = stranger.get(f"/v1/contracts/{contract}")
        seen.append((answer.status_code, answer.content))
    assert seen[0] == seen[2]
    assert seen[1] == seen[3]
    assert {status for status, _ in seen} == {404}


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "a.b.c",
        "lk_",
        "lk_zz_secret",
        "lk_01a2000000007000800000000000000a_secret",
        "é",
        "x" * 9000,
        "a b",
    ],
)
def test_a_forged_credential_proves_nothing(served: Served, token: str) -> None:
    headers = {"Authorization": b"Bearer " + token.encode("utf-8")}
    answer = served.client(None).get("/v1/queue", headers=headers)
    _assert_problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("scheme", ["", "Basic YTpi", "bearer", "Bearer", "Token x"])
def test_another_scheme_proves_nothing(served: Served, scheme: str) -> None:
    answer = served.client(None).get("/v1/queue", headers={"Authorization": scheme})
    _assert_problem(answer, 401)


def test_a_valid_token_of_somebody_unknown_proves_nothing(served: Served) -> None:
    stranger = served.client(None, served.mint("never-joined"))
    _assert_problem(stranger.get("/v1/queue"), 401)


def test_unknown_paths_and_methods_are_problems(served: Served) -> None:
    _assert_problem(served.get("agent", "/v1/nothing"), 404)
    _assert_problem(served.get("agent", "/v1/tickets/"), 404)
    answer = served.client("agent").delete("/v1/queue")
    _assert_problem(answer, 405)
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "x"},
        {"limit": "-1"},
        {"limit": "9" * 400},
        {"cursor": "bm9uc2Vuc2U"},
        {"cursor": "!!!"},
        {"cursor": "x" * 5000},
        {"status": "unheard-of"},
        {"specialist": "nobody"},
        {"language": "\x00"},
        {"unknown": "1"},
    ],
)
def test_a_question_of_the_wrong_form_is_refused(served: Served, asked: dict[str, str]) -> None:
    _assert_problem(served.get("agent", "/v1/queue", params=asked), 422)


@pytest.mark.parametrize("position", ["x", "-1", "9" * 40, ""])
def test_a_position_of_the_wrong_form_is_refused(served: Served, position: str) -> None:
    headers = {"Ledger-Position": position}
    _assert_problem(served.get("agent", "/v1/queue", headers=headers), 422)


def test_a_registration_whose_document_does_not_fit_is_refused(served: Served) -> None:
    number = new_number()
    body = contract_body(number) | {"category": "legal_entity"}
    problem = _assert_problem(served.post("supervisor", "/v1/contracts", body), 409)
    assert problem["rule"] == "document-fits-category"
    _assert_problem(served.get("supervisor", f"/v1/contracts/{number}"), 404)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("birth_date", "1980-02-30"),
        ("birth_date", "0001-01-01"),
        ("birth_date", "9999-01-01"),
        ("birth_date", 315532800),
        ("country", "Portugal"),
        ("country", "pt"),
        ("number", ""),
        ("name", "\x00"),
        ("unknown", "x"),
    ],
)
def test_a_passport_of_the_wrong_form_is_refused(served: Served, field: str, value: object) -> None:
    body = contract_body(new_number())
    body["document"] = {"passport": body["document"]["passport"] | {field: value}}
    _assert_problem(served.post("supervisor", "/v1/contracts", body), 422)


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nBroken header\r\n\r\n",
        b"\x00\x01\x02\r\n\r\n",
        b"POST /v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Length: banana\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
    ],
)
def test_bytes_that_are_no_request_harm_nobody(served: Served, raw: bytes) -> None:
    host, _, port = served.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as wire:
        try:
            wire.sendall(raw)
            answer = wire.recv(4096)
        except ConnectionError:
            answer = b""
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
    assert served.get(None, "/healthz").status_code == 200


def test_a_connection_serves_any_number_of_small_requests(served: Served) -> None:
    with httpx.Client(base_url=served.url, limits=httpx.Limits(max_connections=1)) as client:
        for _ in range(300):
            answer = client.get("/healthz", headers={"X-Padding": "y" * 1000})
            assert answer.status_code == 200
            assert "connection" not in answer.headers
