"""What the publisher keeps in PostgreSQL: its row among the followers, the topics it began."""

from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg

from infra.sqlfiles import load_sql
from projections import runner
from projections.publishing.tracking import NO_HASH, Known, Track

NAME: Final = "publisher"
"""Its name among the followers."""

_SQL: Final = load_sql(__file__, "publishing.sql")
_ROW: Final = load_sql(runner.__file__, "runner.sql")

Connection = psycopg.Connection[tuple[Any, ...]]


class Topic(NamedTuple):
    """A topic that is begun, and why."""

    generation: int
    topic: str
    topic_id: str
    cluster: str
    reason: str


class Row:
    """Reads and writes as role ledger_follower, in one session."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        connection.execute(_ROW["begin"], [NAME])

    def take_turn(self) -> bool:
        """Take the turn of the only one that publishes, unless another session has it."""
        found = self._connection.execute(_ROW["take_turn"], [NAME]).fetchone()
        return found is not None and bool(found[0])

    def listen(self) -> None:
        """Be told of appends from now on."""
        self._connection.execute(_ROW["listen"])

    def mark(self, state: str, error: str | None = None) -> None:
        """Say how the publisher is: following, stopped or failed."""
        self._connection.execute(_ROW["mark"], {"name": NAME, "state": state, "error": error})

    def ledger(self) -> UUID:
        """Return which ledger this is."""
        found = self._connection.execute(_SQL["identity"]).fetchone()
        assert found is not None
        return UUID(str(found[0]))

    def known(self) -> Known | None:
        """Return the newest topic and what was acknowledged of it; None before the first."""
        found = self._connection.execute(_SQL["known"], [NAME]).fetchone()
        return None if found is None else Known(*found)

    def begin(self, topic: Topic) -> None:
        """Keep that a topic is begun, with nothing in it yet; durable when it returns."""
        with self._connection.transaction():
            self._connection.execute(_SQL["begin_topic"])
            self._connection.execute(_SQL["topic"], topic._asdict())
            self._advance(1, 0, NO_HASH)

    def acknowledge(self, track: Track) -> None:
        """Keep up to where Kafka has confirmed."""
        self._advance(track.epoch, track.position, track.leaf_hash)

    def first_after(self, epoch: int) -> int | None:
        """Return the first position of a later epoch, None when there is none."""
        found = self._connection.execute(_SQL["later"], [epoch]).fetchone()
        return None if found is None else found[0]

    def hash_of(self, position: int) -> bytes:
        """Return the leaf hash at a position; of none when there is no such position."""
        found = self._connection.execute(_SQL["hash"], [position]).fetchone()
        return NO_HASH if found is None else bytes(found[0])

    def next(self, after: int, events: int, size: int) -> list[tuple[int, bytes]]:
        """Return (position, envelope) of what follows: so many events, so many bytes, at most."""
        values = {"after": after, "upto": after + events, "bytes": size}
        with self._connection.cursor(binary=True) as cursor:
            return cursor.execute(_SQL["next"], values, prepare=True).fetchall()

    def _advance(self, epoch: int, position: int, leaf_hash: bytes) -> None:
        values = {"name": NAME, "epoch": epoch, "position": position, "leaf_hash": leaf_hash}
        self._connection.execute(_ROW["advance"], values)
