"""The library's repository and application over the ledger: pure events, our codec."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.application import Application
from support.databases import Database
from support.store import adding, key, provenance, tagged, ticket, waiting_log

from domain.decider import Decider
from domain.stream import StreamKind
from infra.eventsourced import Carried, Drafted, environment, folding, tracking_name
from infra.store import PostgresLog

current: dict[str, PostgresLog] = {}
TAGS: Decider[Any, Any, Any] = Decider(
    StreamKind.TICKET,
    (),
    lambda state, event: (*state, event.tag),
    lambda _state, _command: (),
    lambda _state: None,
    lambda _state, _command: (),
)


class Tickets(Application[Any]):
    name = "stored"


def opened_log() -> PostgresLog:
    return current["log"]


@pytest.fixture
def log(database: Database, keys_dir: Path) -> Iterator[PostgresLog]:
    with waiting_log(database.dsn_app, keys_dir) as opened:
        current["log"] = opened
        yield opened


@pytest.fixture
def application(database: Database, log: PostgresLog) -> Iterator[Tickets]:
    more = {"LEDGER_LOG_TOPIC": f"{__name__}:opened_log"}
    made = Tickets(env=environment(database.dsn_app, **more))
    yield made
    made.close()


def test_what_was_appended_is_folded_by_the_repository(
    application: Tickets, log: PostgresLog
) -> None:
    stream = ticket()
    log.append_wait(adding(stream, 0, "a", "b"))
    folded = application.repository.get(stream.id, projector_func=folding(TAGS))
    assert (folded.version, folded.state) == (2, ("a", "b"))


def test_what_the_application_saves_is_appended(application: Tickets, log: PostgresLog) -> None:
    stream, command, said = ticket(), key(), provenance()
    drafts = [Drafted(stream, n, tagged(f"t{n}"), command, said) for n in (1, 2)]
    recordings = application.save(*drafts)
    assert [recording.notification.id for recording in recordings] == [1, 2]
    folded = application.repository.get(stream.id, projector_func=folding(TAGS))
    assert folded.state == ("t1", "t2")


def test_the_notification_log_carries_positions(application: Tickets, log: PostgresLog) -> None:
    for _ in range(3):
        log.append_wait(adding(ticket(), 0))
    notes = application.notification_log.select(start=2, limit=10)
    assert [note.id for note in notes] == [2, 3]
    carried = application.mapper.to_domain_event(notes[0])
    assert isinstance(carried, Carried)
    assert carried.recorded.position == 2


def test_followers_of_each_epoch_are_tracked_apart() -> None:
    assert tracking_name(2) == "ledger@2"
