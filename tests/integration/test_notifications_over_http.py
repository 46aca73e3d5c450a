"""What was told of a ticket, over HTTP: mails handed over, refused, come back; who may see what."""

import asyncio
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from support import databases
from support.letters import MATTERS, letter, raw, report, sender
from support.mailing import Catcher
from support.requests_of import contract_body, known, new_customer
from support.serving import Served, serving, wait_until

from api.schemas.tickets import Notifications
from consumers.serve import serve
from domain.handling import Reading, Step
from domain.log import CommandKey
from domain.notification import NOTIFICATION
from domain.notification.commands import RecordFailed, RecordSent
from domain.notification.events import Medium, NotificationFailure, NotificationKind, Recipient
from domain.stream import Stream, StreamKind
from domain.values import Actor, ActorKind, Provenance, Purpose, Sealed
from infra.ids import new_id
from infra.postgres import Cluster

OURS = "provider.example"
HOLDER = contract_body("any")["contacts"][0]["value"]


@dataclass
class Told:
    """A ledger that sends mail, and a ticket whose mails were taken, came back, were refused.

    The ticket's requester named an address of their own and may read under the contract.
    """

    served: Served
    catcher: Catcher
    contract: str
    person: str
    token: str
    own: str
    ticket: str
    bounced: str
    refused: str

    def read(self, role: str | None = "agent", token: str | None = None, **params: Any) -> Any:
        path = f"/v1/tickets/{params.pop('ticket', self.ticket)}/notifications"
        answer = self.served.client(role, token).get(path, params=params)
        assert answer.status_code == 200, answer.text
        Notifications.model_validate_json(answer.content)
        return answer

    def items(self, role: str | None = "agent", token: str | None = None, **params: Any) -> Any:
        return self.read(role, token, **params).json()["items"]

    def became(self, event: str, outcome: str, **params: Any) -> bool:
        found = [one for one in self.items(**params) if one["event_id"] == event]
        return any(said["outcome"] == outcome for one in found for said in one["outcomes"])


@pytest.fixture(scope="module")
def told(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    catcher, stop = Catcher(), threading.Event()
    with databases.fresh(cluster) as database, catcher.open():
        settings = database.settings(
            tmp_path_factory.mktemp("told"),
            consumers=("notifications",),
            smtp_url=SecretStr(f"smtp://127.0.0.1:{catcher.port}?tls=none"),
            mail_from=f"Support <support@{OURS}>",
        )
        with serving(settings) as served:
            process = threading.Thread(target=serve, args=[settings, stop])
            process.start()
            try:
                yield _story(served, catcher)
            finally:
                stop.set()
                process.join()


def _story(served: Served, catcher: Catcher) -> Told:
    """Tell of three answers by mail: of the first mail comes a bounce, the last is refused."""
    begun = "SELECT FROM consumers.progress"
    with served.database() as connection:
        wait_until(lambda: bool(connection.execute(begun).fetchall()))
    contract, person, token = new_customer(served)
    own = f"{uuid4().hex[:12]}@example.net"
    customer = served.client(None, known(served, token))
    path = f"/v1/contracts/{contract}/persons/{person}/notifications"
    _good(customer.post(path, json={"language": "pt", "mail": own}, headers=_key()))
    asked = {"contract": contract, "channel": "portal", "language": "en"}
    words = {"subject": "No network", "text": "Since this morning."}
    opened = _good(customer.post("/v1/tickets", json=asked | words, headers=_key()))
    ticket = opened["id"]

    def answered(text: str, **more: str) -> str:
        said = served.post("agent", f"/v1/tickets/{ticket}/messages", {"text": text, **more})
        return str(_good(said)["event_ids"][0])

    bounced = answered("We changed the cable.")
    answered("She is rude.", audience="internal")
    made = Told(served, catcher, contract, person, token, own, ticket, bounced, refused="")
    wait_until(lambda: made.became(bounced, "sent"))
    (mail,) = catcher.told(UUID(bounced))
    assert _came_in(served, report(mail.mail["Message-ID"], to=own))["outcome"] == "bounce"
    catcher.replies[own] = ["550 no such user"]
    made.refused = answered("It works again.")
    wait_until(lambda: made.became(made.refused, "failed"))
    return made


def _came_in(served: Served, mail: bytes) -> Any:
    """Let a mail server hand a mail over."""
    headers = _key() | {"Content-Type": "message/rfc822"}
    return _good(served.client("service").post("/v1/inbound/mail", content=mail, headers=headers))


def _key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


def _good(answer: Any) -> Any:
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


def _outcomes(item: Any) -> list[tuple[Any, ...]]:
    names = ("outcome", "person", "language", "recipients", "failure", "code", "status")
    return [tuple(one[name] for name in names) for one in item["outcomes"]]


def _listed(told: Told, **params: Any) -> list[Any]:
    """Return every item, read in pages of one."""
    found, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = told.read(limit=1, **params, **more).json()
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found


@pytest.mark.parametrize("role", ["agent", "supervisor", "compliance", "dispute_handler"])
def test_staff_see_of_each_event_what_was_told_and_what_came_of_it(told: Told, role: str) -> None:
    first, second = told.items(role)
    assert [first["event_id"], second["event_id"]] == [told.bounced, told.refused]
    assert {one["type"] for one in (first, second)} == {"MessagePosted"}
    assert [one["kind"] for one in (*first["outcomes"], *second["outcomes"])] == [
        *("message", None, "message"),
    ]
    assert _outcomes(first) == [
        ("sent", told.person, "pt", 1, None, None, None),
        ("bounced", None, None, None, None, None, "5.1.1"),
    ]
    assert _outcomes(second) == [("failed", told.person, None, 1, "refused", 550, None)]


def test_a_mail_about_an_account_is_answered_by_mail_in_its_language_which_comes_back_once(
    told: Told,
) -> None:
    address = sender()
    mail = letter(MATTERS["de"], From=f"Eva <{address}>", Return_Path=f"<{address}>")
    came = _came_in(told.served, raw(mail))
    assert (came["outcome"], came["reason"]) == ("answered", "account")
    event = UUID(came["event_ids"][0])
    wait_until(lambda: bool(told.catcher.told(event)))
    (answer,) = told.catcher.told(event)
    assert answer.to == (address,)
    assert answer.mail["Content-Language"] == "de"
    assert answer.mail["Subject"] == "Wie Sie ein Ticket eröffnen"
    assert answer.mail["In-Reply-To"] == mail["Message-ID"]

    again = _came_in(told.served, raw(answer.mail))
    assert (again["outcome"], again["reason"]) == ("dropped", "own")
    returned = report(answer.mail["Message-ID"], to=address)
    wait_until(lambda: _came_in(told.served, returned)["outcome"] == "bounce")
    assert _came_in(told.served, returned)["event_ids"] == []
    recorded = "SELECT type FROM ledger.events WHERE stream_id = %s ORDER BY stream_version"
    with told.served.database() as connection:
        types = [one for (one,) in connection.execute(recorded, [event])]
    assert types == ["NotificationSent", "NotificationBounced"]


def test_what_it_rests_on_is_named_by_positions_and_ids(told: Told) -> None:
    for item in told.items():
        for one in (item, *item["outcomes"]):
            event = told.served.get("compliance", f"/v1/events/{one['event_id']}").json()
            envelope = event["envelope"]
            assert envelope["position"] == one["position"]
            assert envelope["recorded_at"] == one["recorded_at"]
        assert item["position"] < item["outcomes"][0]["position"]
        assert envelope["stream"]["id"] == item["event_id"]


def test_nobody_reads_an_address_or_a_report_there(told: Told) -> None:
    assert told.catcher.told(UUID(told.bounced))[0].to == (told.own,)
    for role in ("agent", "compliance", "dispute_handler"):
        text = told.read(role).text
        assert told.own not in text
        assert HOLDER not in text
        assert "mailbox" not in text


def test_customers_see_what_told_themselves_but_not_why_it_did_not_reach_them(told: Told) -> None:
    seen = told.items(None, told.token)
    assert seen == [_unsaid(one) for one in told.items()]
    assert [[one["outcome"] for one in item["outcomes"]] for item in seen] == [
        ["sent", "bounced"],
        ["failed"],
    ]


def test_customers_do_not_see_what_told_somebody_else_under_their_contract(told: Told) -> None:
    login = {"issuer": "urn:ticket-ledger:development", "subject": uuid4().hex}
    body = {"name": "Ben", "login": login, "rights": ["read"]}
    _good(told.served.post("supervisor", f"/v1/contracts/{told.contract}/persons", body))
    other = known(told.served, told.served.mint(login["subject"]))
    timeline = told.served.client(None, other).get(f"/v1/tickets/{told.ticket}/timeline").text
    assert told.bounced in timeline
    assert told.items(None, other) == []


def test_a_message_that_was_taken_back_is_not_there_for_the_customer(told: Told) -> None:
    opened = told.served.open_ticket("agent", contract=told.contract, requester=told.person)
    path, asked = f"/v1/tickets/{opened['id']}", {"ticket": opened["id"]}
    said = _good(told.served.post("agent", f"{path}/messages", {"text": "Never mind."}))
    event = said["event_ids"][0]
    wait_until(lambda: told.became(event, "sent", **asked))
    assert event in told.read(None, told.token, **asked).text
    body = {"message": said["message"], "reason": "Meant for somebody else."}
    retracted = _good(told.served.post("agent", f"{path}/retractions", body))["event_ids"][0]
    wait_until(lambda: told.became(retracted, "sent", **asked))
    first, second, third = told.items(**asked)
    assert first["outcomes"][0]["kind"] == "opened"
    assert [second["event_id"], third["event_id"]] == [event, retracted]
    assert told.items(None, told.token, **asked) == [_unsaid(first)]


def _unsaid(item: Any) -> Any:
    """Return an item as customers see it."""
    nothing = dict.fromkeys(("recipients", "failure", "code", "status"))
    return {**item, "outcomes": [{**one, **nothing} for one in item["outcomes"]]}


def _record(told: Told, event: UUID, kind: NotificationKind, *, turns: bool = False) -> None:
    """Record that the customer was told of an event of which no mail goes out.

    In `turns`: at one address, not at another, and at a third one later.
    """
    by, at = Actor(ActorKind.SYSTEM, new_id(), None), datetime.now(UTC)
    of = {"contract": told.contract, "ticket": None, "person": UUID(told.person), "kind": kind}
    mail = Sealed(told.own, UUID(told.person), Purpose.CORRESPONDENCE)
    how = {"language": "en", "medium": Medium.MAIL, "to": (Recipient(mail),)}
    sent = RecordSent(by=by, at=at, **of, **how)
    refused = {"medium": Medium.MAIL, "failure": NotificationFailure.REFUSED, "code": 550}
    commands = (sent, RecordFailed(by=by, at=at, **of, **refused), replace(sent, turn=1))

    async def plan(_: Reading) -> tuple[Step, ...]:
        stream = Stream(StreamKind.NOTIFICATION, event)
        return tuple(Step(NOTIFICATION, stream, one) for one in commands[: 3 if turns else 1])

    async def record() -> None:
        key = CommandKey(hashlib.sha256(event.bytes).digest(), (bytes(36),))
        handler = told.served.services.handler
        await handler.handle(plan, key, Provenance(by, at, new_id()))

    asyncio.run_coroutine_threadsafe(record(), told.served.loop).result(20)


def _opened(told: Told) -> Any:
    customer = told.served.client(None, told.token)
    asked = {"contract": told.contract, "channel": "portal", "language": "en"}
    body = asked | {"subject": "My login", "text": "I lost it."}
    return _good(customer.post("/v1/tickets", json=body, headers=_key()))


@pytest.mark.parametrize("kind", [NotificationKind.STATUS, NotificationKind.ATTENTION])
def test_customers_do_not_learn_that_their_ticket_is_one_of_which_mail_says_nothing(
    told: Told, kind: NotificationKind
) -> None:
    opened = _opened(told)
    _record(told, UUID(opened["event_ids"][0]), kind)
    (item,) = told.items(ticket=opened["id"])
    assert item["outcomes"][0]["kind"] == kind
    seen = told.items(None, told.token, ticket=opened["id"])
    assert seen == [_unsaid(item)] * (kind is not NotificationKind.ATTENTION)


def test_customers_do_not_learn_that_they_were_told_at_several_addresses(told: Told) -> None:
    opened = _opened(told)
    _record(told, UUID(opened["event_ids"][0]), NotificationKind.STATUS, turns=True)
    (item,) = told.items(ticket=opened["id"])
    assert [one["outcome"] for one in item["outcomes"]] == ["sent", "failed", "sent"]
    (seen,) = told.items(None, told.token, ticket=opened["id"])
    assert seen == _unsaid({**item, "outcomes": item["outcomes"][:1]})


def test_a_page_goes_on_where_the_one_before_ended_as_of_its_moment(told: Told) -> None:
    whole = told.read().json()
    assert _listed(told) == whole["items"]
    assert int(told.read().headers["ledger-position"]) >= whole["as_of_position"]
    first = told.read(limit=1).json()
    answer = told.served.get(
        "agent", f"/v1/tickets/{told.ticket}/timeline", params={"cursor": first["next"]}
    )
    assert answer.status_code == 422


def test_as_of_a_moment_only_what_was_recorded_by_then_is_there(told: Told) -> None:
    item = told.items()[0]
    sent, bounced = item["outcomes"]
    assert told.items(as_of_position=sent["position"] - 1) == []
    then = told.items(as_of_position=bounced["position"] - 1)
    assert [one["outcome"] for one in then[0]["outcomes"]] == ["sent"]
    occurred = {"as_of": sent["recorded_at"], "as_of_basis": "occurred"}
    assert told.items(**occurred) == [{**item, "outcomes": [sent]}]
    earlier = {"as_of": item["recorded_at"], "as_of_basis": "occurred"}
    assert told.items(**earlier) == []


def test_who_may_not_read_the_timeline_may_not_read_this(told: Told) -> None:
    path = f"/v1/tickets/{told.ticket}/notifications"
    assert told.served.get(None, path).status_code == 401
    assert told.served.get("operator", path).status_code == 403
    assert told.served.get("customer", path).status_code == 404
    assert told.served.get("service", path).status_code == 404
    assert told.served.get("agent", f"/v1/tickets/{uuid4()}/notifications").status_code == 404
