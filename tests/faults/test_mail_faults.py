"""Servers that refuse, break off or are away, workers that are killed or race: nobody is forgotten.

Every mail is sent at least once and never under two ids; what cannot be sent is recorded.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from support import databases
from support.mailing import AGENT, PATIENCE, Catcher, Contract, Office, office, said
from support.serving import wait_until

from consumers.notifications.outbox import SQL, standing
from consumers.redriving import redrive
from domain.erasure import Basis, SubjectErased
from domain.log import Accepted
from domain.notification.events import (
    NotificationFailed,
    NotificationFailure,
    NotificationSent,
)
from domain.stream import Stream
from domain.ticket.events import Audience, Cause, MessagePosted, Side, Status, StatusChanged
from domain.values import Purpose
from infra.ids import new_id
from infra.postgres import Cluster
from infra.secrets import Secrets

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", name="still")
def _still(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office in which nobody sends anything yet."""
    data = tmp_path_factory.mktemp("mail-faults")
    with databases.fresh(cluster) as database, office(database, data) as opened:
        yield opened


def written(post: Office, contract: Contract, ticket: Stream, text: str = "An answer.") -> UUID:
    """Let staff write in a ticket; return the event's id."""
    text_of = said(text, contract.holder)
    message = MessagePosted(new_id(), Side.STAFF, Audience.PUBLIC, text_of, None, ())
    return post.record((ticket, contract.number, [message])).event_ids[0]


def one(post: Office, **fields: object) -> tuple[Contract, Stream, UUID]:
    """Let staff write in a new ticket."""
    contract = post.contract(**fields)
    ticket, _ = post.ticket(contract)
    return contract, ticket, written(post, contract, ticket)


def addresses(became: NotificationSent | NotificationFailed) -> list[str | None]:
    return [one.mail.text for one in became.to]


def test_a_server_that_says_later_gets_it_later_and_holds_nobody_up(still: Office) -> None:
    slow, ticket, first = one(still)
    second = written(still, slow, ticket, "And more.")
    _, _, other = one(still)
    still.catcher.replies[slow.mail] = ["451 later"] * 3
    still.feed()
    with still.working(replace(still.post, at_once=1)):
        still.settled()
    order = [mail.event for mail in still.catcher.mails if mail.event in {first, second, other}]
    assert order == [other, first, second]
    assert [type(became) for became in still.became(first)] == [NotificationSent]


@pytest.mark.parametrize("stage", ["", "data "])
def test_what_a_server_refuses_is_recorded_and_harms_no_other_mail(
    still: Office, stage: str
) -> None:
    contract, _, refused = one(still)
    _, _, other = one(still)
    still.catcher.replies[stage + contract.mail] = ["550 no such user"]
    still.feed()
    with still.working():
        still.settled()
    (failed,) = still.became(refused)
    assert isinstance(failed, NotificationFailed)
    assert (failed.failure, failed.code) == (NotificationFailure.REFUSED, 550)
    assert len(failed.to) == 1
    assert len(still.catcher.told(other)) == 1


def test_some_addresses_of_a_contract_can_be_refused(still: Office) -> None:
    bad, good = f"bad{new_id().hex}@example.net", f"good{new_id().hex}@example.net"
    _, _, event = one(still, mails=[bad, good, "+31 6 1234"])
    still.catcher.replies[bad] = ["550 no such user"]
    still.feed()
    with still.working():
        still.settled()
    (mail,) = still.catcher.told(event)
    assert mail.to == (good,)
    sent, failed = still.became(event)
    assert isinstance(sent, NotificationSent)
    assert isinstance(failed, NotificationFailed)
    assert (len(sent.to), len(failed.to)) == (1, 1)


def test_of_several_addresses_one_that_is_put_off_is_told_later_alone_and_holds_nobody_up(
    still: Office,
) -> None:
    slow, good, bad = (f"{one}{new_id().hex}@example.net" for one in ("slow", "good", "bad"))
    contract, ticket, first = one(still, mails=[slow, good, bad])
    second = written(still, contract, ticket, "And more.")
    still.catcher.replies |= {slow: ["451 later"] * 50, bad: ["550 no such user"] * 2}
    _known(still)
    still.feed()
    with still.working():
        wait_until(lambda: still.catcher.told(first) and still.catcher.told(second), PATIENCE)
        waiting = str(still.rows("SELECT * FROM consumers.mail_outbox"))
        still.catcher.replies.clear()
        redrive(still.database.dsn_consumer, "notifications")
        still.settled()
    assert "smtp-451" in waiting
    assert "example.net" not in waiting
    for event in (first, second):
        mails = still.catcher.told(event)
        assert [mail.to for mail in mails] == [(good,), (slow,)]
        assert len({mail.mail["Message-ID"] for mail in mails}) == 1
        said_of = [(type(became), addresses(became)) for became in still.became(event)]
        assert said_of == [
            (NotificationSent, [good]),
            (NotificationFailed, [bad]),
            (NotificationSent, [slow]),
        ]


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        ("550 no such user", NotificationFailure.REFUSED),
        ("452 full", NotificationFailure.GAVE_UP),
    ],
)
def test_who_was_put_off_is_refused_or_given_up_in_the_end_and_nobody_is_told_twice(
    still: Office, reply: str, failure: NotificationFailure
) -> None:
    slow, good = f"slow{new_id().hex}@example.net", f"good{new_id().hex}@example.net"
    _, _, event = one(still, mails=[slow, good])
    still.catcher.replies[slow] = ["452 full", reply]
    still.feed()
    with still.working(replace(still.post, give_up_seconds=0.0)):
        still.settled()
    assert [mail.to for mail in still.catcher.told(event)] == [(good,)]
    sent, failed = still.became(event)
    assert isinstance(failed, NotificationFailed)
    assert (failed.failure, failed.code) == (failure, int(reply[:3]))
    assert (addresses(sent), addresses(failed)) == ([good], [slow])


def test_a_connection_that_breaks_off_leads_to_the_same_mail_once_more(still: Office) -> None:
    contract, _, event = one(still)
    still.catcher.lost.add(contract.mail)
    still.feed()
    with still.working():
        still.settled()
    assert len(still.catcher.told(event)) == 2
    assert len(still.became(event)) == 1


def test_a_worker_killed_after_the_hand_over_sends_the_same_mail_once_more(still: Office) -> None:
    slow, good = f"slow{new_id().hex}@example.net", f"good{new_id().hex}@example.net"
    _, _, event = one(still, mails=[slow, good])
    still.catcher.replies[slow] = ["451 later"]
    still.feed()
    asked = {
        "dsn": still.database.dsn_consumer,
        "data": str(still.data),
        "port": still.catcher.port,
    }
    killed = subprocess.run(
        [sys.executable, "-m", "support.mail_killed"],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PATH": ""},
        input=json.dumps(asked).encode(),
        check=False,
        timeout=120,
    )
    assert killed.returncode == -signal.SIGKILL
    (before,) = still.catcher.told(event)
    assert before.to == (good,)
    assert still.became(event) == []
    with still.working():
        still.settled()
    (again,) = still.catcher.told(event)[1:]
    assert again.mail["Message-ID"] == before.mail["Message-ID"]
    (sent,) = still.became(event)
    assert {*addresses(sent)} == {*again.to} == {slow, good}


def test_who_was_noted_before_a_crash_is_not_told_after_it_was_recorded_that_nobody_was(
    still: Office,
) -> None:
    slow, good = f"slow{new_id().hex}@example.net", f"good{new_id().hex}@example.net"
    _, _, event = one(still, mails=[slow, good])
    still.feed()
    still.execute(  # as a worker leaves it that is killed when it noted who was put off
        "INSERT INTO consumers.mail_outbox (event, turn, owed, position, lane)"
        " SELECT event, 1, %s, position, event FROM consumers.mail_outbox WHERE event = %s",
        [Secrets(still.keys).digest("recipients", slow)],
        event,
    )
    still.catcher.replies |= {slow: ["451 later"], good: ["451 later"]}
    with still.working(replace(still.post, give_up_seconds=0.0)):
        still.settled()
    assert still.catcher.told(event) == []
    (failed,) = still.became(event)
    assert failed.failure is NotificationFailure.GAVE_UP
    assert addresses(failed) == [slow, good]


def test_what_is_not_due_yet_is_left_out_by_an_index_however_much_it_is(still: Office) -> None:
    with psycopg.connect(still.database.dsn_consumer) as connection:
        connection.execute("SET LOCAL enable_seqscan = off")
        connection.execute("SET LOCAL enable_sort = off")
        plan = connection.execute(f"EXPLAIN {SQL['take']}").fetchall()
    said_of = [line.strip() for (line,) in plan]
    assert "Index Cond: (due_at <= statement_timestamp())" in said_of
    assert not any(line.startswith(("Hash", "Merge", "Seq Scan")) for line in said_of)


def test_two_workers_send_each_mail_once_and_keep_the_order_of_tickets(still: Office) -> None:
    contracts = [still.contract() for _ in range(4)]
    tickets = [still.ticket(contract)[0] for contract in contracts]
    expected: dict[str, list[UUID]] = {contract.mail: [] for contract in contracts}
    for _ in range(5):
        for contract, ticket in zip(contracts, tickets, strict=True):
            expected[contract.mail].append(written(still, contract, ticket))
    still.feed()
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(still.working())
        still.settled()
    for address, events in expected.items():
        assert [mail.event for mail in still.catcher.mails if address in mail.to] == events


def test_a_mail_that_cannot_be_worded_is_recorded_and_harms_no_other(still: Office) -> None:
    contract, ticket, before = one(still)
    unknown = StatusChanged(Status.CLOSED, Status.NEW, Cause.STAFF, None, "no-such-template")
    event = still.record((ticket, contract.number, [unknown])).event_ids[0]
    after = written(still, contract, ticket)
    still.feed()
    with still.working():
        still.settled()
    (failed,) = still.became(event)
    assert isinstance(failed, NotificationFailed)
    assert failed.failure is NotificationFailure.NOT_RENDERED
    assert len(still.catcher.told(before)) == len(still.catcher.told(after)) == 1


def _known(post: Office) -> None:
    """Let the ledger know of the consumer: in these tests nothing feeds it but they."""
    insert = "INSERT INTO consumers.groups (name, feed) VALUES ('notifications', 'store')"
    post.execute(f"{insert} ON CONFLICT DO NOTHING")


def test_a_mail_of_which_the_words_were_altered_waits_for_a_redrive_and_harms_no_other(
    still: Office,
) -> None:
    _, _, event = one(still)
    _, _, other = one(still)
    alter = "UPDATE ledger.sealed_fields SET nonce = %s WHERE event_id = %s"
    kept = still.rows(f"SELECT nonce FROM ledger.sealed_fields WHERE event_id = '{event}'")[0][0]
    with psycopg.connect(still.database.dsn_superuser) as connection:
        connection.execute(alter, [bytes(12), event])
    _known(still)
    still.feed()
    with still.working(replace(still.post, first_pause=3600.0)):  # by itself it is not tried again
        wait_until(lambda: _reasons(still) == ("Integrity",), PATIENCE)
        wait_until(lambda: still.catcher.told(other), PATIENCE)
        assert not still.catcher.told(event)
        with psycopg.connect(still.database.dsn_superuser) as connection:
            connection.execute(alter, [kept, event])
        assert redrive(still.database.dsn_consumer, "notifications")["sendings"] == 1
        still.settled()
    assert len(still.catcher.told(event)) == 1


def test_a_server_that_is_away_is_waited_for_and_that_is_said(still: Office) -> None:
    _, _, event = one(still)
    late = Catcher()
    server = replace(still.post.server, port=late.port)
    _known(still)
    still.feed()
    with still.working(replace(still.post, server=server)):
        wait_until(lambda: "smtp-connection" in _reasons(still), PATIENCE)
        with late.open():
            still.settled()
    assert len(late.told(event)) == 1
    assert still.rows("SELECT retried > 0 FROM consumers.groups") == [(True,)]


def _reasons(post: Office) -> tuple[str, ...]:
    with psycopg.connect(post.database.dsn_consumer) as connection, connection.cursor() as cursor:
        return standing(cursor).reasons


def test_what_no_server_takes_for_too_long_is_given_up(still: Office) -> None:
    contract, _, event = one(still)
    still.catcher.replies[contract.mail] = ["451 later"] * 9
    still.feed()
    with still.working(replace(still.post, give_up_seconds=0.0)):
        still.settled()
    (failed,) = still.became(event)
    assert isinstance(failed, NotificationFailed)
    assert (failed.failure, failed.code) == (NotificationFailure.GAVE_UP, 451)


def test_what_concerns_somebody_erased_is_dropped_and_recorded(still: Office) -> None:
    contract = still.contract()
    person = new_id()
    ticket, _ = still.ticket(contract, requester=person)
    words = said("About you.", person)
    message = MessagePosted(new_id(), Side.STAFF, Audience.PUBLIC, words, None, ())
    told = still.record((ticket, contract.number, [message])).event_ids[0]
    _erase(still, contract, person, Purpose.CORRESPONDENCE)
    still.feed()
    with still.working():
        still.settled()
    (failed,) = still.became(told)
    assert isinstance(failed, NotificationFailed)
    assert failed.failure is NotificationFailure.ERASED
    assert still.catcher.told(told) == []


def test_an_address_erased_meanwhile_stands_in_no_record(still: Office) -> None:
    contract, _, event = one(still)
    holder = contract.holder
    erased = SubjectErased(
        new_id(), holder, contract.number, (Purpose.IDENTITY,), (), Basis.CONTRACT_ENDED, ()
    )
    still.record((contract.stream, contract.number, [erased]), by=AGENT)
    still.feed()
    with still.working():
        still.settled()
    (sent,) = still.became(event)
    assert isinstance(sent, NotificationSent)
    assert sent.to == ()


def _erase(post: Office, contract: Contract, subject: UUID, purpose: Purpose) -> Accepted:
    """Record an erasure, and destroy its sealed fields as the eraser does."""
    erased = SubjectErased(
        new_id(), subject, contract.number, (purpose,), (), Basis.DATA_SUBJECT_REQUEST, ()
    )
    accepted = post.record((contract.stream, contract.number, [erased]), by=AGENT)
    with psycopg.connect(post.database.dsn_eraser) as connection:
        connection.execute(
            "DELETE FROM ledger.sealed_fields AS s USING ledger.events AS e"
            " WHERE e.event_id = s.event_id AND convert_from(e.envelope, 'UTF8')::jsonb"
            " -> 'sealed' -> s.field ->> 'subject' = %s",
            [str(subject)],
        )
    return accepted
