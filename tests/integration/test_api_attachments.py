"""Attachments: kept as received, sealed, served inert."""

from uuid import uuid4

import httpx
import pytest
from support.requests_of import known, new_customer
from support.serving import Served

MARKER = b"MARKER-attachment-plaintext-7731"


def _attach(
    served: Served, ticket: str, data: bytes, role: str = "customer", key: str = "", **params: str
) -> httpx.Response:
    headers = {"Idempotency-Key": key or str(uuid4()), "Content-Type": "text/html"}
    return served.client(role).post(
        f"/v1/tickets/{ticket}/attachments",
        params={"name": "page.html"} | params,
        content=data,
        headers=headers,
    )


@pytest.mark.parametrize("size", [0, 1, 1_048_576, 1_048_577, 3_000_000])
def test_a_file_comes_back_byte_for_byte(served: Served, size: int) -> None:
    ticket = served.open_ticket()["id"]
    data = (MARKER * (size // len(MARKER) + 1))[:size]
    added = _attach(served, ticket, data)
    assert added.status_code == 201, added.text
    answer = served.get("agent", f"/v1/tickets/{ticket}/attachments/{added.json()['attachment']}")
    assert answer.content == data


def test_a_file_is_served_inert_whatever_it_claims_to_be(served: Served) -> None:
    ticket = served.open_ticket()["id"]
    added = _attach(served, ticket, b"<script>alert(1)</script>")
    answer = served.get("agent", f"/v1/tickets/{ticket}/attachments/{added.json()['attachment']}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    entry = served.get("agent", f"/v1/tickets/{ticket}/timeline").json()["items"][-1]["what"]
    assert (entry["claimed_type"]["text"], entry["detected_type"]) == ("text/html", "text.plain")
    assert entry["name"]["text"] == "page.html"


def test_a_file_is_sealed_where_it_is_kept(served: Served) -> None:
    ticket = served.open_ticket()["id"]
    _attach(served, ticket, MARKER)
    with served.database() as connection:
        row = connection.execute(
            "SELECT count(*) FROM ledger.attachments WHERE position(%s IN ciphertext) > 0",
            [MARKER],
        ).fetchone()
    assert row == (0,)


def test_a_file_sent_again_is_kept_once(served: Served) -> None:
    ticket, key = served.open_ticket()["id"], str(uuid4())
    first = _attach(served, ticket, b"data", key=key)
    assert _attach(served, ticket, b"data", key=key).json() == first.json()
    other = _attach(served, ticket, b"other", key=key)
    assert other.json()["type"] == "/problems/idempotency-key-reused"
    renamed = _attach(served, ticket, b"data", key=key, name="b.html")
    assert renamed.json()["type"] == "/problems/idempotency-key-reused"


def test_a_file_longer_than_the_limit_is_refused(served: Served) -> None:
    ticket = served.open_ticket()["id"]
    data = bytes(served.settings.attachment_bytes + 1)
    assert _attach(served, ticket, data).status_code == 413


def test_customers_neither_see_internal_files_nor_those_of_others(served: Served) -> None:
    ticket = served.open_ticket()["id"]
    hidden = _attach(served, ticket, b"notes", role="agent", audience="internal").json()
    path = f"/v1/tickets/{ticket}/attachments/{hidden['attachment']}"
    assert served.get("agent", path).status_code == 200
    assert served.get("customer", path).status_code == 404
    shown = _attach(served, ticket, b"notes", role="agent").json()
    path = f"/v1/tickets/{ticket}/attachments/{shown['attachment']}"
    assert served.get("customer", path).status_code == 200
    stranger = served.client(None, known(served, new_customer(served)[2]))
    assert stranger.get(path).status_code == 404


def test_a_message_names_the_files_that_were_added_before(served: Served) -> None:
    ticket = served.open_ticket()["id"]
    added = _attach(served, ticket, b"a log").json()["attachment"]
    path = f"/v1/tickets/{ticket}/messages"
    body = {"text": "See the log.", "attachments": [added]}
    assert served.post("customer", path, body).status_code == 201
    unknown = {"text": "See the log.", "attachments": [str(uuid4())]}
    refused = served.post("customer", path, unknown)
    assert (refused.status_code, refused.json()["rule"]) == (409, "attachment-unknown")
