"""The ledger for the `eventsourcing` library: the only module that knows it.

The library serves what is synchronous: repositories, notification logs, tracking recorders. It
reads views of the events; what it inserts is submitted to the same flusher as everything else,
because its own insert path orders or persists nothing as this ledger must.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Protocol
from uuid import UUID

from eventsourcing import postgres
from eventsourcing.persistence import (
    IntegrityError,
    Mapper,
    OperationalError,
    StoredEvent,
)
from eventsourcing.utils import resolve_topic
from psycopg.conninfo import conninfo_to_dict

from domain.decider import Decider
from domain.errors import Malformed, Stale, Unavailable
from domain.handling import Folded
from domain.log import Accepted, CommandKey, NewEvent, Recorded, Request, Write
from domain.stream import Stream
from domain.values import Provenance
from infra.codec import recorded_of
from infra.envelope import parse

LOG_TOPIC: Final = "LEDGER_LOG_TOPIC"
"""Names a function that returns the log to append to; without it an application only reads."""

CHANNEL: Final = "ledger_events"


class Appending(Protocol):
    """A log for a caller who waits, as `infra.store.PostgresLog` is."""

    def append_wait(self, request: Request) -> Accepted:
        """Record the request, durably."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A recorded event as the library passes it around."""

    recorded: Recorded

    @property
    def originator_id(self) -> UUID:
        """The stream's id."""
        return self.recorded.stream.id

    @property
    def originator_version(self) -> int:
        """The event's number in its stream."""
        return self.recorded.version


@dataclass(frozen=True, slots=True)
class Drafted:
    """An event to save; those saved together share their command and provenance."""

    stream: Stream
    originator_version: int
    new: NewEvent
    key: CommandKey
    provenance: Provenance

    @property
    def originator_id(self) -> UUID:
        """The stream's id."""
        return self.stream.id


@dataclass(frozen=True)
class StoredDraft(StoredEvent):
    """A stored event on its way to the flusher: nothing of it is encoded yet."""

    drafted: Drafted


class LedgerMapper(Mapper[UUID]):
    """Envelopes to recorded events, sealed fields closed; drafts pass unchanged."""

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """Return a draft that `insert_events` understands."""
        topic = type(domain_event.new.event).__name__
        return StoredDraft(
            domain_event.originator_id, domain_event.originator_version, topic, b"", domain_event
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Carried:
        """Return the event of an envelope."""
        envelope = stored_event.state
        return Carried(recorded_of(parse(envelope), envelope))


def folding(
    decider: Decider[Any, Any, Any],
) -> Callable[[Folded | None, Iterable[Carried]], Folded | None]:
    """Return a projector function for `Repository.get`: a stream's state at its version."""

    def fold(before: Folded | None, events: Iterable[Carried]) -> Folded | None:
        folded = before
        for carried in events:
            state = folded.state if folded else decider.initial
            event = carried.recorded.event
            folded = Folded(carried.originator_version, decider.evolve(state, event))
        return folded

    return fold


def request_of(stored_events: Sequence[StoredEvent]) -> Request:
    """Return drafts that are saved together as one request."""
    drafts: list[Drafted] = []
    for stored in stored_events:
        if not isinstance(stored, StoredDraft):
            raise OperationalError("only events drafted for the ledger can be saved")
        drafts.append(stored.drafted)
    return Request(writes_of(drafts), (), drafts[0].key, drafts[0].provenance)


def writes_of(drafts: Iterable[Drafted]) -> tuple[Write, ...]:
    """Return one write for each run of events of one stream; versions must follow each other."""
    writes = []
    for stream, run in groupby(drafts, key=lambda draft: draft.stream):
        events = list(run)
        first = events[0].originator_version
        if [event.originator_version for event in events] != list(
            range(first, first + len(events))
        ):
            raise IntegrityError(f"the versions of {stream.id} do not follow each other")
        writes.append(Write(stream, first - 1, tuple(event.new for event in events)))
    return tuple(writes)


class _Inserting:
    """`insert_events` through the flusher; tables are made by migrations, never here."""

    log: Appending | None = None
    request_of = staticmethod(request_of)

    def create_table(self) -> None:
        """Do nothing: views and tables are there, or the database was not migrated."""

    def _append(self, stored_events: Sequence[StoredEvent]) -> Accepted:
        if self.log is None:
            raise OperationalError(f"this application only reads: {LOG_TOPIC} names no log")
        try:
            return self.log.append_wait(self.request_of(stored_events))
        except (Stale, Malformed) as error:
            raise IntegrityError(str(error)) from error
        except Unavailable as error:
            raise OperationalError(str(error)) from error


class LedgerAggregateRecorder(_Inserting, postgres.PostgresAggregateRecorder):
    """Streams through the library."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> None:
        """Append the events as one request."""
        if stored_events:
            self._append(stored_events)


class LedgerApplicationRecorder(_Inserting, postgres.PostgresApplicationRecorder):
    """Streams and positions through the library; a notification's id is a position."""

    def __init__(self, datastore: Any, *, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name=events_table_name)
        self.channel_name = CHANNEL

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        """Append the events as one request; return their positions."""
        if not stored_events:
            return None
        last = self._append(stored_events).position
        return list(range(last - len(stored_events) + 1, last + 1))


class LedgerTrackingRecorder(postgres.PostgresTrackingRecorder):
    """Tracking positions, in a table that a migration made."""

    def create_table(self) -> None:
        """Do nothing: the table is there, or the database was not migrated."""


class LedgerFactory(postgres.PostgresFactory):
    """What PERSISTENCE_MODULE `infra.eventsourced` stands for."""

    aggregate_recorder_class = LedgerAggregateRecorder
    application_recorder_class = LedgerApplicationRecorder
    tracking_recorder_class = LedgerTrackingRecorder

    def aggregate_recorder(self, purpose: str = "events") -> LedgerAggregateRecorder:
        """Return the recorder of streams, which appends to the named log."""
        recorder = super().aggregate_recorder(purpose)
        assert isinstance(recorder, LedgerAggregateRecorder)
        recorder.log = self._log()
        return recorder

    def application_recorder(self) -> LedgerApplicationRecorder:
        """Return the recorder of streams and positions, which appends to the named log."""
        recorder = super().application_recorder()
        assert isinstance(recorder, LedgerApplicationRecorder)
        recorder.log = self._log()
        return recorder

    def _log(self) -> Appending | None:
        topic = self.env.get(LOG_TOPIC)
        return resolve_topic(topic)() if topic else None


def environment(dsn: str, **more: str) -> dict[str, str]:
    """Return the library's settings for a database; time-outs are short, it retries ten times."""
    parts = {key: str(value) for key, value in conninfo_to_dict(dsn).items() if value is not None}
    return {
        "PERSISTENCE_MODULE": "infra.eventsourced",
        "MAPPER_TOPIC": "infra.eventsourced:LedgerMapper",
        "POSTGRES_DBNAME": parts["dbname"],
        "POSTGRES_HOST": parts.get("host", ""),
        "POSTGRES_PORT": parts.get("port", "5432"),
        "POSTGRES_USER": parts.get("user", ""),
        "POSTGRES_PASSWORD": parts.get("password", ""),
        "POSTGRES_SCHEMA": "ledger",
        "POSTGRES_CONNECT_TIMEOUT": "2",
        "CREATE_TABLE": "no",
        **more,
    }


def tracking_name(epoch: int) -> str:
    """Return the application name under which a follower tracks one life of the ledger."""
    return f"ledger@{epoch}"
