"""Mail over HTTP: what opens a ticket, what is answered, what is dropped, and that once."""

import asyncio
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from support import databases
from support.letters import MATTERS, QUESTIONS, enquiry, letter, raw, report, sender
from support.serving import Served, serving

from domain.handling import Plan, Reading, Step
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
    print(event)
    assert event["envelope"]["data"]["language"] == language
