"""Copies envelopes to Kafka: the events and how far they go are one transaction there.

One copy works at a time, by a session lock; a second one waits and takes over. Whoever takes over
first fences what the last one had begun, then reads from Kafka how far that came. So whatever
ended the last one, and wherever, goes on after the last event that can be read.
"""

import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import psycopg

from domain.errors import Forked, Integrity, LedgerError, Unavailable
from infra.envelope import leaf_hash
from infra.kafka import names
from infra.kafka.client import Kafka, Transactions
from infra.kafka.records import Message
from infra.logs import logger
from infra.reader import is_there
from projections.publishing.message import event_of, message
from projections.publishing.meters import PublisherMeters
from projections.publishing.row import NAME, Connection, Row, Topic
from projections.publishing.tracking import Begin, Track, behind, go_on, read, written

__all__ = ["NAME", "Copying", "Publisher"]

_LOG: Final = logger("publisher")
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0
_SEEN_LATE: Final = 1.0  # seconds after which a broker knows of a topic that another one made
_AWAY: Final = (psycopg.OperationalError, psycopg.InterfaceError, Unavailable)
_GROUP: Final = "ledger-publisher-"


@dataclass(frozen=True, slots=True)
class Copying:
    """To which topic, with how many partitions when it is made; how much in one transaction.

    `poll` is the seconds between looks at the store when it does not say that something came.
    """

    topic: str
    partitions: int = 8
    events: int = 2_000
    size: int = 2 * 2**20
    poll: float = 0.5


class Publisher:
    """The publisher of one ledger; `run` returns when it was stopped.

    `step` is called after each step of a transaction: begun, written, committed, acknowledged.
    """

    def __init__(
        self,
        dsn: str,
        kafka: Kafka,
        copying: Copying,
        meters: PublisherMeters,
        step: Callable[[str], object] = lambda _step: None,
    ) -> None:
        self._dsn = dsn
        self._kafka = kafka
        self._copying = copying
        self._meters = meters
        self._step = step
        self._failure = ""

    def run(self, stop: threading.Event) -> None:
        """Publish until `stop` is set; begin anew, with growing pauses, when something is away.

        At what it must not go on from it stands still and looks again: that is logged, measured and
        kept in its row; nothing is raised.
        """
        pause = _FIRST_PAUSE
        while not stop.is_set():
            begun = time.monotonic()
            try:
                with self._connect() as connection:
                    self._serve(connection, stop)
            except (Forked, Integrity) as error:
                self._fail(error)
            except _AWAY as error:
                self._meters.away.inc()
                detail = str(error) if isinstance(error, LedgerError) else ""
                _LOG.warning("cannot publish", error=type(error).__name__, detail=detail)
            except Exception as error:  # noqa: BLE001 - the process must not end unnoticed
                self._fail(error)
            if time.monotonic() - begun > _LONGEST_PAUSE:
                pause = _FIRST_PAUSE
            stop.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _connect(self) -> Connection:
        return psycopg.connect(
            self._dsn,
            autocommit=True,
            connect_timeout=3,
            application_name="ledger publisher",
            # what a crash of the server loses of its row, Kafka knows
            options="-c synchronous_commit=off -c lock_timeout=10s",
        )

    def _serve(self, connection: Connection, stop: threading.Event) -> None:
        row = Row(connection)
        while not row.take_turn():
            if stop.wait(self._copying.poll):
                return
        ledger = row.ledger()
        with closing(self._kafka.transactions(f"{_GROUP}{ledger}")) as writer:
            track: Track | None = self._begin(connection, row, ledger)
            row.listen()
            self._well(row)
            while track is not None and not stop.is_set():
                track = self._copy(connection, row, writer, track)
        if stop.is_set():
            row.mark("stopped")

    def _begin(self, connection: Connection, row: Row, ledger: UUID) -> Track:
        """Find out, or begin, where to go on."""
        track = self._found(connection, row, ledger)
        self._meters.generation.set(track.generation)
        self._meters.position.set(track.position)
        return track

    def _found(self, connection: Connection, row: Row, ledger: UUID) -> Track:
        topic = self._copying.topic
        self._kafka.ensure(names.tracking(topic), 1, compacted=True)
        last = self._kafka.last(names.tracking(topic))
        track = None if last is None else read(last.value, ledger)
        cluster, known = self._kafka.cluster(), row.known()
        decided = go_on(known, track, cluster, self._topic_id)
        if isinstance(decided, Begin):
            return self._begin_topic(row, ledger, cluster, decided)
        if known is None or known.generation != decided.generation:
            name = names.events(topic, decided.generation)
            found = "found on Kafka: the database was restored"
            row.begin(Topic(decided.generation, name, decided.topic_id, cluster, found))
        at = decided.track
        if at is None:
            return Track(ledger, decided.generation, decided.topic_id, 1, 0, bytes(32))
        there = is_there(connection, at.position, at.leaf_hash)
        after = behind(at, there=there, later=None if there else row.first_after(at.epoch))
        row.acknowledge(at)
        if there:
            return at
        return Track(ledger, at.generation, at.topic_id, at.epoch, after, row.hash_of(after))

    def _topic_id(self, generation: int) -> str | None:
        """Return the id of a generation's topic; ask again before believing that there is none."""
        name = names.events(self._copying.topic, generation)
        found = self._kafka.topics([name])
        if not found:
            time.sleep(_SEEN_LATE)
            found = self._kafka.topics([name])
        return found[name].id if found else None

    def _begin_topic(self, row: Row, ledger: UUID, cluster: str, begin: Begin) -> Track:
        """Begin the topic of a generation, or of a later one where that holds something already."""
        generation = begin.generation
        while True:
            name = names.events(self._copying.topic, generation)
            made = self._kafka.ensure(name, self._copying.partitions)
            if not any(self._kafka.offsets_at(name, None).values()):
                break
            generation += 1
        row.begin(Topic(generation, name, made.id, cluster, begin.reason))
        tell = _LOG.info if generation == 1 else _LOG.error
        tell("a topic is begun with the first event", topic=name, reason=begin.reason)
        return Track(ledger, generation, made.id, 1, 0, bytes(32))

    def _copy(
        self, connection: Connection, row: Row, writer: Transactions, track: Track
    ) -> Track | None:
        """Publish what follows, or wait for it; None when the store is not what it was."""
        for _ in connection.notifies(timeout=0):  # one look serves them all
            pass
        if not is_there(connection, track.position, track.leaf_hash):
            return None
        copying = self._copying
        batch = row.next(track.position, copying.events, copying.size)
        if not batch:
            for _ in connection.notifies(timeout=copying.poll, stop_after=1):
                pass
            return track
        if batch[0][0] != track.position + 1 or batch[-1][0] != track.position + len(batch):
            raise Integrity(f"positions after {track.position} are not dense")
        topic = names.events(copying.topic, track.generation)
        events = [(envelope, event_of(envelope)) for _, envelope in batch]
        last, of_last = events[-1]
        epoch, position = of_last.ledger.epoch, of_last.position
        done = Track(
            track.ledger, track.generation, track.topic_id, epoch, position, leaf_hash(last)
        )
        writer.begin()
        self._step("begun")
        writer.write(
            [
                *(message(topic, envelope, event) for envelope, event in events),
                Message(names.tracking(copying.topic), topic.encode(), written(done)),
            ]
        )
        self._step("written")
        writer.commit()
        self._step("committed")
        row.acknowledge(done)
        self._step("acknowledged")
        self._meters.published.inc(len(batch))
        self._meters.position.set(position)
        return done

    def _well(self, row: Row) -> None:
        row.mark("following")
        self._failure = ""
        self._meters.failed.set(0)

    def _fail(self, error: Exception) -> None:
        """Say loudly, once, that nothing is published until somebody mends what it met."""
        # other exceptions may quote a person's words
        what = f"{type(error).__name__}: {error}" if isinstance(error, LedgerError) else ""
        what = what or type(error).__name__
        self._meters.failed.set(1)
        if what == self._failure:
            return
        self._failure = what
        _LOG.error("stands still", exc_info=error, detail=what)
        with suppress(psycopg.Error), self._connect() as connection:
            Row(connection).mark("failed", what)
