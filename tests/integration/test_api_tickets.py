"""A ticket's life over HTTP: writes and their one answer, versions, repetition, order of checks."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from support.serving import Served

MANY = 200


def _soon(hours: int = 2) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _read(served: Served, ticket: str, role: str = "agent", **more: Any) -> dict[str, Any]:
    answer = served.get(role, f"/v1/tickets/{ticket}", params=more)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def _timeline(served: Served, ticket: str, role: str = "agent", **more: Any) -> list[Any]:
    answer = served.get(role, f"/v1/tickets/{ticket}/timeline", params={"limit": MANY, **more})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def test_a_ticket_is_opened_and_its_timeline_says_who_what_when_and_from_where(
    served: Served,
) -> None:
    opened = served.open_ticket()
    assert opened.keys() >= {"id", "version", "position", "event_ids", "leaf_hash", "number"}
    (entry,) = _timeline(served, opened["id"])
    assert entry["type"] == "TicketOpened"
    assert entry["event_id"] == opened["event_ids"][0]
    assert entry["what"]["subject"]["text"] == "Mail does not arrive"
    assert entry["address"]["address"] == "127.0.0.1"
    assert (entry["actor"]["kind"], entry["actor"]["role"]) == ("customer", "customer")
    assert entry["recorded_at"].endswith("Z")
    assert len(entry["recorded_at"]) == len("2026-01-02T03:04:05.000000Z")


def test_an_answer_carries_version_and_position_in_its_headers(served: Served) -> None:
    body = {
        "contract": served.contract,
        "channel": "portal",
        "language": "en",
        "subject": "s",
        "text": "t",
    }
    answer = served.post("customer", "/v1/tickets", body)
    assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
    assert answer.headers["ledger-position"] == str(answer.json()["position"])


def test_a_ticket_is_found_by_its_spoken_number_and_read_as_the_queue_sees_it(
    served: Served,
) -> None:
    opened = served.open_ticket()
    spoken = opened["number"].replace("-", " ")
    found = served.get(
        "agent",
        "/v1/tickets",
        params={"number": spoken.replace(" ", "")},
        headers={"Ledger-Position": str(opened["position"])},
    )
    assert [item["id"] for item in found.json()["items"]] == [opened["id"]], found.text
    view = _read(served, opened["id"])
    assert (view["number"], view["status"], view["version"]) == (opened["number"], "new", 1)
    assert view["subject"] == "Mail does not arrive"


def test_the_whole_life_of_a_ticket(served: Served) -> None:
    ticket = served.open_ticket()["id"]
    path = f"/v1/tickets/{ticket}"
    steps: list[tuple[str, dict[str, Any], bool]] = [
        ("acknowledge", {"reaction_seconds": 3600, "template": "received"}, False),
        ("claim", {}, True),
        (
            "status",
            {"status": "in_progress", "explanation": "We look.", "next_update": _soon()},
            True,
        ),
        ("messages", {"text": "Which address is it?", "next_update": _soon()}, False),
        ("priority", {"priority": "high", "reason": "The shop is down."}, True),
        ("tags", {"add": ["mail"]}, False),
        ("work", {"what": "Restarted it.", "where": "mail-3", "after": "Runs."}, False),
        ("address", {"specialist": None}, True),
        ("release", {"reason": "My shift ends."}, True),
        ("status", {"status": "resolved", "explanation": "It works again."}, True),
    ]
    version = 1
    for name, body, decided in steps:
        answer = served.post("agent", f"{path}/{name}", body, version=version if decided else None)
        assert answer.status_code in {200, 201}, f"{name}: {answer.text}"
        version = answer.json()["version"]
    view = _read(served, ticket)
    assert (view["status"], view["priority"], view["tags"]) == ("resolved", "high", ["mail"])
    reply = served.post("customer", f"{path}/messages", {"text": "It is broken again."})
    assert reply.status_code == 201, reply.text
    assert _read(served, ticket)["status"] == "reopened"


def test_a_reply_to_a_closed_ticket_opens_a_linked_one(served: Served) -> None:
    ticket = served.open_ticket()["id"]
    closed = {"status": "closed", "explanation": "Answered elsewhere."}
    answer = served.post("agent", f"/v1/tickets/{ticket}/status", closed, version=1)
    assert answer.status_code == 200, answer.text
    reply = served.post("customer", f"/v1/tickets/{ticket}/messages", {"text": "Not so."})
    assert reply.status_code == 201, reply.text
    assert reply.json()["id"] != ticket
    assert _timeline(served, reply.json()["id"])[0]["what"]["follows"] == ticket


def test_a_message_is_corrected_and_retracted_for_the_customer_alone(served: Served) -> None:
    ticket = served.open_ticket()["id"]
    path = f"/v1/tickets/{ticket}"
    message = served.post("agent", f"{path}/messages", {"text": "It is mial.example."}).json()
    correction = {
        "message": message["message"],
        "text": "It is mail.example.",
        "reason": "Misspelt.",
    }
    assert served.post("agent", f"{path}/corrections", correction).status_code == 200
    seen = [entry["what"].get("text") for entry in _timeline(served, ticket, "customer")]
    assert seen[-1]["text"] == "It is mail.example."
    retraction = {"message": message["message"], "reason": "Not theirs."}
    assert served.post("agent", f"{path}/retractions", retraction).status_code == 200
    types = [entry["type"] for entry in _timeline(served, ticket, "customer")]
    assert types == ["TicketOpened"]
    assert len(_timeline(served, ticket)) == 4


def test_a_ticket_is_read_as_of_a_moment_before_its_answer(served: Served) -> None:
    opened = served.open_ticket()
    served.post("agent", f"/v1/tickets/{opened['id']}/messages", {"text": "An answer."})
    (entry,) = _timeline(served, opened["id"], as_of_position=opened["position"])
    then = _timeline(served, opened["id"], as_of=entry["recorded_at"])
    assert [one["event_id"] for one in then] == opened["event_ids"]
    assert _read(served, opened["id"], as_of=entry["recorded_at"])["version"] == 1


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"as_of": "2099-01-01T00:00:00Z"}, 422),
        ({"as_of": "1999-01-01T00:00:00Z"}, 404),
        ({"as_of": "1066-10-14T00:00:00Z"}, 422),
        ({"as_of": "2026-01-01T00:00:00"}, 422),
        ({"as_of_position": "999999999"}, 422),
        ({"as_of_position": "0"}, 422),
        ({"as_of_position": "-1"}, 422),
        ({"as_of_position": "9" * 400}, 422),
        ({"as_of": "2026-01-01T00:00:00Z", "as_of_position": "1"}, 422),
        ({"as_of_basis": "rumoured"}, 422),
        ({"unknown": "1"}, 422),
    ],
)
def test_a_moment_that_cannot_be_is_refused(
    served: Served, asked: dict[str, str], status: int
) -> None:
    ticket = served.open_ticket()["id"]
    answer = served.get("agent", f"/v1/tickets/{ticket}", params=asked)
    assert answer.status_code == status, answer.text


def test_the_same_request_again_records_once_and_gets_the_first_answer(served: Served) -> None:
    body = {"contract": served.contract, "channel": "portal", "language": "en"}
    body |= {"subject": "s", "text": "t"}
    key = f"same-{uuid4()}"
    first = served.post("customer", "/v1/tickets", body, key=key)
    shuffled = dict(reversed(body.items()))
    again = served.post("customer", "/v1/tickets", shuffled, key=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.headers["etag"] == again.headers["etag"]


def test_a_repeated_decision_gets_its_answer_although_the_version_has_moved_on(
    served: Served,
) -> None:
    ticket = served.open_ticket()["id"]
    key = f"same-{uuid4()}"
    path = f"/v1/tickets/{ticket}/priority"
    first = served.post("agent", path, {"priority": "high"}, version=1, key=key)
    served.post("agent", path, {"priority": "low"}, version=2)
    for version in (1, None, 99):
        again = served.post("agent", path, {"priority": "high"}, version=version, key=key)
        assert (again.status_code, again.json()) == (200, first.json())


def test_a_key_used_for_something_else_is_refused(served: Served) -> None:
    ticket = served.open_ticket()["id"]
    key = f"same-{uuid4()}"
    path = f"/v1/tickets/{ticket}/messages"
    assert served.post("agent", path, {"text": "one"}, key=key).status_code == 201
    other = served.post("agent", path, {"text": "two"}, key=key)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    malformed = served.post("agent", path, {"wrong": 1}, key=key)
    assert malformed.json()["type"] == "/problems/idempotency-key-reused"
    assert served.post("supervisor", path, {"text": "two"}, key=key).status_code == 201


def test_a_stale_decision_is_told_who_changed_what_since(served: Served) -> None:
    ticket = served.open_ticket()["id"]
    path = f"/v1/tickets/{ticket}/priority"
    assert served.post("supervisor", path, {"priority": "high"}, version=1).status_code == 200
    answer = served.post("agent", path, {"priority": "low"}, version=1)
    assert answer.status_code == 412, answer.text
    problem = answer.json()
    (change,) = problem["changes"]
    assert (problem["expected"], problem["actual"]) == (1, 2)
    assert (change["type"], change["version"]) == ("PriorityChanged", 2)
    assert change["actor"]["kind"] == "staff"


def test_a_rule_that_refuses_is_named(served: Served) -> None:
    ticket = served.open_ticket()["id"]
    body = {"status": "in_progress", "explanation": "We look."}
    answer = served.post("agent", f"/v1/tickets/{ticket}/status", body, version=1)
    assert (answer.status_code, answer.json()["rule"]) == (409, "next-update-required")
    assert len(_timeline(served, ticket)) == 1


def test_a_write_that_changes_nothing_is_accepted_without_an_event(served: Served) -> None:
    ticket = served.open_ticket()["id"]
    body = {"priority": "normal"}
    answer = served.post("agent", f"/v1/tickets/{ticket}/priority", body, version=1)
    assert answer.status_code == 200
    assert (answer.json()["event_ids"], answer.json()["leaf_hash"]) == ([], None)


def test_checks_come_in_their_order(served: Served) -> None:
    ticket = served.open_ticket()["id"]
    path = f"/v1/tickets/{ticket}/status"
    rotten = {"status": "no such status"}
    fine = {"status": "resolved", "explanation": "Done."}
    stale = {"status": "in_progress", "explanation": "x"}
    agent, nobody = served.client("agent"), served.client(None)
    customer = served.client("customer")
    key = {"Idempotency-Key": f"order-{uuid4()}"}
    assert nobody.post(path, json=rotten).status_code == 401
    assert customer.post(path, json=rotten).status_code == 403
    assert agent.post(f"/v1/tickets/{uuid4()}/status", json=rotten).status_code == 404
    assert agent.post(path, json=rotten).status_code == 400
    assert agent.post(path, json=rotten, headers=key).status_code == 428
    assert agent.post(path, json=rotten, headers={**key, "If-Match": '"9"'}).status_code == 422
    assert agent.post(path, json=stale, headers={**key, "If-Match": '"9"'}).status_code == 412
    assert agent.post(path, json=stale, headers={**key, "If-Match": '"1"'}).status_code == 409
    assert agent.post(path, json=fine, headers={**key, "If-Match": '"1"'}).status_code == 200


def test_mail_and_phone_open_enquiries_alone_and_never_confirm_a_contract(served: Served) -> None:
    answers = []
    for contract in (served.contract, "NO-SUCH-CONTRACT"):
        body = {"contract": contract, "channel": "mail", "language": "en"}
        body |= {"subject": "s", "text": "t"}
        answer = served.post("agent", "/v1/tickets", body)
        answers.append((answer.status_code, answer.json()["rule"], answer.json()["detail"]))
    assert answers[0] == answers[1]
    assert answers[0][:2] == (409, "channel-opens-enquiries-only")
    enquiry = {"channel": "phone", "language": "en", "subject": "s", "text": "t"}
    assert served.post("agent", "/v1/tickets", enquiry).status_code == 201


def test_the_queue_shows_a_ticket_that_was_just_opened(served: Served) -> None:
    opened = served.open_ticket()
    asked = {"contract": served.contract, "limit": 200, "status": ["new", "in_progress"]}
    page = served.get(
        "agent", "/v1/queue", params=asked, headers={"Ledger-Position": str(opened["position"])}
    )
    assert page.status_code == 200, page.text
    assert opened["id"] in [item["ticket"] for item in page.json()["items"]]
    assert page.json()["as_of_position"] >= opened["position"]


def test_the_queue_pages_with_a_cursor(served: Served) -> None:
    tickets = {served.open_ticket(language="pt")["id"] for _ in range(5)}
    last = served.open_ticket(language="pt")
    tickets.add(last["id"])
    seen: list[str] = []
    asked: dict[str, Any] = {"language": "pt", "limit": 2}
    headers = {"Ledger-Position": str(last["position"])}
    while True:
        page = served.get("agent", "/v1/queue", params=asked, headers=headers).json()
        seen += [item["ticket"] for item in page["items"]]
        if page["next"] is None:
            break
        asked["cursor"] = page["next"]
    assert sorted(seen) == sorted(tickets)


def test_an_event_is_read_byte_for_byte(served: Served) -> None:
    opened = served.open_ticket()
    answer = served.get("compliance", f"/v1/events/{opened['event_ids'][0]}")
    assert answer.status_code == 200
    assert answer.json()["leaf_hash"] == opened["leaf_hash"]
    assert answer.json()["envelope"]["position"] == opened["position"]
    assert b"Mail does not arrive" not in answer.content
