"""Mail over HTTP: what opens a ticket, what is answered, what is dropped, and that once."""

import asyncio
import hashlib
import os
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from support import databases
from support.checkout import ROOT
from support.letters import MATTERS, QUESTIONS, letter, raw, report, sender
from support.serving import Served, serving

from domain.handling import Plan, Reading, Step
from domain.log import CommandKey
from domain.notification import NOTIFICATION
from domain.notification.commands import RecordSent
from domain.notification.events import Medium, NotificationKind, Recipient
from domain.stream import Stream, StreamKind
from domain.values import Actor, ActorKind, Provenance, Purpose, Sealed
from infra.ids import new_id
from infra.postgres import Cluster

OURS = "provider.example"


@pytest.fixture(scope="module")
def mailed(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A ledger that has a mail address."""
    with databases.fresh(cluster) as database:
        keys = tmp_path_factory.mktemp("inbound-keys")
        settings = database.settings(
            keys, mail_from=f"Support <support@{OURS}>", mail_own=(f"info@{OURS}",)
        )
        with serving(settings) as running:
            yield running


def send(
    served: Served, mail: EmailMessage | bytes, key: str | None = None, role: str = "service"
) -> httpx.Response:
    return served.client(role).post(
        "/v1/inbound/mail",
        content=mail if isinstance(mail, bytes) else raw(mail),
        headers={"Idempotency-Key": key or str(uuid4()), "Content-Type": "message/rfc822"},
    )


def took(served: Served, mail: EmailMessage | bytes, key: str | None = None) -> dict[str, Any]:
    answer = send(served, mail, key)
    assert answer.status_code == 200, answer.text
    return answer.json()


def timeline(served: Served, ticket: str) -> list[dict[str, Any]]:
    page = served.get("agent", f"/v1/tickets/{ticket}/timeline")
    assert page.status_code == 200, page.text
    return page.json()["items"]


def from_new(text: str, **headers: str) -> EmailMessage:
    address = sender()
    said = {"From": f"Ada Example <{address}>", "Return_Path": f"<{address}>"}
    return letter(text, **(said | headers))


@pytest.mark.parametrize("language", QUESTIONS)
def test_a_general_question_becomes_an_enquiry_in_its_language(
    mailed: Served, language: str
) -> None:
    answer = took(mailed, from_new(QUESTIONS[language]))
    assert answer["outcome"] == "enquiry"
    opened = timeline(mailed, answer["id"])[0]["what"]
    assert (opened["contract"], opened["channel"], opened["language"]) == (None, "mail", language)
    assert opened["text"]["text"] == QUESTIONS[language]
    assert opened["number"] == answer["number"]


@pytest.mark.parametrize("language", MATTERS)
def test_what_is_about_an_account_is_answered_in_its_language_and_opens_nothing(
    mailed: Served, language: str
) -> None:
    answer = took(mailed, from_new(MATTERS[language]))
    assert (answer["outcome"], answer["reason"]) == ("answered", "account")
    assert mailed.get("agent", f"/v1/tickets/{answer['id']}").status_code == 404
    event = mailed.get("compliance", f"/v1/events/{answer['event_ids'][0]}").json()
    assert event["envelope"]["data"]["language"] == language


def test_what_came_with_it_is_kept_sealed_and_only_staff_see_it(mailed: Served) -> None:
    mail = from_new(QUESTIONS["en"], X_Original="MARKER-header-5512")
    answer = took(mailed, mail)
    received = timeline(mailed, answer["id"])[1]
    assert received["type"] == "MailReceived"
    headers = received["what"]["headers"]["text"]
    assert headers == raw(mail).partition(b"\r\n\r\n")[0].decode().replace("\r\n", "\n")
    envelope = mailed.get("compliance", f"/v1/events/{received['event_id']}").text
    assert "MARKER-header" not in envelope
    with mailed.database() as connection:
        found = connection.execute(
            "SELECT count(*) FROM ledger.sealed_fields WHERE position('MARKER-h'::bytea"
            " IN ciphertext) > 0"
        ).fetchone()
    assert found == (0,)


def test_the_sender_is_a_person_of_whom_only_the_mail_says_who_they_are(mailed: Served) -> None:
    address = sender()
    mail = letter(QUESTIONS["en"], From=f"Zoë Example <{address}>", Return_Path=f"<{address}>")
    first, second = took(mailed, mail), took(mailed, from_new(QUESTIONS["en"]))
    opened = [timeline(mailed, one["id"])[0]["what"] for one in (first, second)]
    assert (opened[0]["name"]["text"], opened[0]["contact"]["text"]) == ("Zoë Example", address)
    assert opened[0]["requester"] != opened[1]["requester"]


def test_files_are_kept_as_those_that_are_added_to_a_ticket(mailed: Served) -> None:
    mail = from_new(QUESTIONS["de"])
    data = bytes(range(256)) * 5000
    mail.add_attachment(data, "application", "pdf", filename="Übersicht.pdf")
    mail.add_attachment("eins,zwei", "csv", filename="../../etc/passwd")
    answer = took(mailed, mail)
    items = timeline(mailed, answer["id"])
    files = [one["what"] for one in items if one["type"] == "AttachmentAdded"]
    assert [one["name"]["text"] for one in files] == ["Übersicht.pdf", "passwd"]
    assert files[0]["claimed_type"]["text"] == "application/pdf"
    path = f"/v1/tickets/{answer['id']}/attachments/{files[0]['attachment']}"
    assert mailed.get("agent", path).content == data


def test_the_same_mail_under_another_key_is_the_same_ticket(mailed: Served) -> None:
    mail = from_new(QUESTIONS["fr"])
    mail.add_attachment(b"a log", "text", "plain", filename="log.txt")
    first = took(mailed, mail)
    mail.replace_header("Received", "from elsewhere by mail.example.org; later")
    again = took(mailed, mail)
    assert (again["id"], again["number"]) == (first["id"], first["number"])
    assert again["event_ids"] == []
    assert len(timeline(mailed, first["id"])) == 3


def test_another_mail_with_the_same_id_is_another_ticket(mailed: Served) -> None:
    one = from_new(QUESTIONS["fr"], Message_ID="<always-the-same@example.net>")
    other = from_new(QUESTIONS["it"], Message_ID="<always-the-same@example.net>")
    assert took(mailed, one)["id"] != took(mailed, other)["id"]


def test_a_key_is_replayed_with_its_first_answer_and_speaks_of_one_mail(mailed: Served) -> None:
    for mail in (from_new(QUESTIONS["en"]), from_new(MATTERS["en"])):
        key = str(uuid4())
        first = took(mailed, mail, key)
        assert took(mailed, mail, key) == first
        other = send(mailed, from_new(QUESTIONS["en"]), key)
        assert other.json()["type"] == "/problems/idempotency-key-reused"


def test_a_sender_is_answered_once_a_day_whatever_comes(mailed: Served) -> None:
    address = sender()
    said = {"From": f"<{address}>", "Return-Path": f"<{address}>"}
    first = letter(MATTERS["en"], **said)
    answered = took(mailed, first)
    assert answered["outcome"] == "answered"
    again = took(mailed, first)
    assert (again["outcome"], again["id"], again["event_ids"]) == (
        "answered",
        answered["id"],
        [],
    )
    for text in (MATTERS["en"], MATTERS["de"]):
        other = took(mailed, letter(text, **(said | {"From": address.upper()})))
        assert (other["outcome"], other["reason"]) == ("dropped", "answered_already")
    assert took(mailed, letter(QUESTIONS["en"], **said))["outcome"] == "enquiry"


def test_many_mails_of_one_sender_at_once_are_answered_once(mailed: Served) -> None:
    address = sender()
    mails = [raw(letter(MATTERS["en"], From=address, Return_Path=f"<{address}>")) for _ in range(6)]
    token = mailed.tokens["service"]

    async def race() -> list[str]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "message/rfc822"}
        async with httpx.AsyncClient(base_url=mailed.url, headers=headers, timeout=20) as client:
            posts = (
                client.post(
                    "/v1/inbound/mail", content=one, headers={"Idempotency-Key": str(uuid4())}
                )
                for one in mails
            )
            return [one.json()["outcome"] for one in await asyncio.gather(*posts)]

    outcomes = asyncio.run(race())
    assert sorted(outcomes) == ["answered", *["dropped"] * 5]


def sent(served: Served, event: UUID) -> None:
    """Let a notification of this event have been sent."""
    who = Actor(ActorKind.SYSTEM, new_id(), None)
    at = datetime.now(UTC)
    person = new_id()
    command = RecordSent(
        by=who,
        at=at,
        contract=None,
        ticket=None,
        person=person,
        kind=NotificationKind.GUIDANCE,
        language="en",
        medium=Medium.MAIL,
        to=(Recipient(Sealed("ada@example.net", person, Purpose.CORRESPONDENCE)),),
    )

    async def plan(_reading: Reading) -> tuple[Step, ...]:
        return (Step(NOTIFICATION, Stream(StreamKind.NOTIFICATION, event), command),)

    async def record(plan: Plan) -> None:
        key = CommandKey(hashlib.sha256(event.bytes).digest(), (bytes(36),))
        await served.services.handler.handle(plan, key, Provenance(who, at, new_id()))

    asyncio.run_coroutine_threadsafe(record(plan), served.loop).result(20)


def test_a_report_on_a_mail_of_ours_is_a_bounce_once(mailed: Served) -> None:
    event = new_id()
    sent(mailed, event)
    bounce = report(f"<{event}@{OURS}>")
    first, again = took(mailed, bounce), took(mailed, bounce)
    assert (first["outcome"], len(first["event_ids"])) == ("bounce", 2)
    assert (again["outcome"], again["id"], again["event_ids"]) == ("bounce", first["id"], [])
    bounced = mailed.get("compliance", f"/v1/events/{first['event_ids'][1]}").json()["envelope"]
    assert (bounced["type"], bounced["stream"]["id"]) == ("NotificationBounced", str(event))
    assert bounced["data"] == {"medium": "mail", "status": "5.1.1"}
    assert took(mailed, report(f"<{event}@{OURS}>", status="5.2.2"))["id"] != first["id"]


def test_a_report_on_what_was_never_sent_or_of_no_failure_is_dropped(mailed: Served) -> None:
    event = new_id()
    forged = took(mailed, report(f"<{event}@{OURS}>"))
    assert (forged["outcome"], forged["reason"]) == ("dropped", "report")
    sent(mailed, event)
    foreign = took(mailed, report(f"<{event}@example.net>"))
    delayed = took(mailed, report(f"<{event}@{OURS}>", action="delayed", status="4.4.1"))
    assert [one["outcome"] for one in (foreign, delayed)] == ["dropped", "dropped"]


def test_what_is_dropped_is_counted_by_reason_and_leaves_nothing(mailed: Served) -> None:
    with mailed.database() as connection:
        before = connection.execute("SELECT count(*) FROM ledger.events").fetchone()
    dropped = took(mailed, from_new(QUESTIONS["en"], Auto_Submitted="auto-replied"))
    assert dropped == {
        "outcome": "dropped",
        "reason": "automatic",
        "number": None,
        "id": None,
        "version": None,
        "position": None,
        "event_ids": [],
        "leaf_hash": None,
    }
    with mailed.database() as connection:
        assert connection.execute("SELECT count(*) FROM ledger.events").fetchone() == before
    figures = mailed.client(None).get("/metrics").text
    assert 'ledger_mail_received_total{outcome="dropped",reason="automatic"}' in figures
    assert "example.net" not in figures


def test_the_body_is_a_mail_and_within_its_bounds(mailed: Served) -> None:
    client = mailed.client("service")
    mail = raw(from_new(QUESTIONS["en"]))
    without = client.post("/v1/inbound/mail", content=mail)
    assert (without.status_code, without.json()["type"]) == (
        400,
        "/problems/idempotency-key-missing",
    )
    key = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
    assert client.post("/v1/inbound/mail", content=mail, headers=key).status_code == 415
    assert send(mailed, b"no mail at all").status_code == 422
    assert send(mailed, b"Subject: hi\r\n\r\nFrom nobody").json()["where"] == "From"
    assert send(mailed, bytes(mailed.settings.mail_bytes + 1)).status_code == 413
    assert send(mailed, mail, role="agent").status_code == 403


def test_a_bomb_is_refused_with_what_was_wrong(mailed: Served) -> None:
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
        for n in range(200)
    )
    answer = send(mailed, b"From: ada@example.net\r\nMIME-Version: 1.0\r\n" + nested)
    assert answer.status_code == 422
    assert "deep" in answer.json()["detail"]


def test_the_script_for_a_mail_server_brings_mail_as_it_came(
    mailed: Served, tmp_path: Path
) -> None:
    pages = (ROOT / "docs" / "operations.md").read_text("utf-8")
    script = re.search(r"```sh\n(#!/bin/sh\n# Exit codes as in sysexits.*?)```", pages, re.DOTALL)
    assert script is not None
    token = tmp_path / "token"
    token.write_text(mailed.tokens["service"])
    environment = {
        "PATH": os.environ["PATH"],
        "LEDGER_URL": mailed.url,
        "LEDGER_TOKEN_FILE": str(token),
    }

    def brought(mail: bytes) -> int:
        command = ["/bin/sh", "-c", script[1]]
        return subprocess.run(command, input=mail, env=environment, check=False).returncode

    def enquiries() -> int:
        with mailed.database() as connection:
            counted = "SELECT count(*) FROM ledger.events WHERE type = 'MailReceived'"
            return int(connection.execute(counted).fetchone()[0])

    before, text = enquiries(), "Do you rent racks in Porto, and what do they cost?"
    assert brought(raw(from_new(text))) == 0
    assert enquiries() == before + 1
    assert brought(b"no mail") == 65
    token.write_text("nobody")
    assert brought(raw(from_new(text))) == 75


def test_who_wrote_can_have_it_erased(mailed: Served) -> None:
    answer = took(mailed, from_new(MATTERS["it"]))
    envelope = mailed.get("compliance", f"/v1/events/{answer['event_ids'][0]}").json()["envelope"]
    assert sorted(envelope["sealed"]) == ["address", "digest", "headers", "message_id", "sender"]
    who = envelope["sealed"]["sender"]["subject"]
    body = {"contract": None, "purposes": ["correspondence"], "basis": "data_subject_request"}
    erased = mailed.post("compliance", f"/v1/subjects/{who}/erasures", body)
    assert (erased.status_code, erased.json()["purposes"]) == (201, ["correspondence"])
