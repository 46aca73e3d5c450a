"""What the benches of reads share: a filled ledger, followers, the raw copy they compare with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import psycopg

from bench.filling import Filling
from bench.harness import timed
from bench.scratch import Scratch, scratch
from infra.codec import Codec
from infra.keys.opening import open_keys
from infra.postgres import Role
from infra.sqlfiles import load_sql

SQL: Final = load_sql(__file__, "viewing.sql")


@dataclass(frozen=True, slots=True)
class Filled:
    """A scratch ledger with events in it."""

    scratch: Scratch
    codec: Codec
    filling: Filling

    @property
    def head(self) -> int:
        """The last position."""
        with self.scratch.superuser() as connection:
            row = connection.execute(SQL["head"]).fetchone()
        assert row is not None
        return int(row[0])

    def settle(self) -> None:
        """Let the planner and the visibility map know what is there."""
        with self.scratch.superuser() as connection:
            connection.execute(SQL["settle"])

    def forget_queue(self) -> None:
        """Empty the queue, as if it had never been followed."""
        with self.scratch.superuser() as connection:
            connection.execute(SQL["forget_queue"])

    def raw_copy(self) -> float:
        """Return events a second of a plain COPY of the same rows to this process."""
        events, count = self.head, 0
        with (
            timed() as watch,
            psycopg.connect(self.scratch.dsn(Role.OWNER)) as connection,
            connection.cursor() as cursor,
            cursor.copy(SQL["raw_copy"]) as copy,
        ):
            for _ in copy:
                count += 1
        assert count >= events
        return events / watch.seconds


@contextmanager
def filled(name: str) -> Iterator[Filled]:
    """Start a ledger for reads; fill it through `filling` and `bench.filling.record`."""
    with scratch(name) as made:
        keys = open_keys(made.settings())
        with made.superuser() as connection:
            row = connection.execute(SQL["ledger"]).fetchone()
        assert row is not None
        try:
            yield Filled(made, Codec(UUID(str(row[0])), keys), Filling())
        finally:
            keys.close()
