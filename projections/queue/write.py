"""Writes the queue: a batch is folded in memory, then each ticket is saved once."""

from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import astuple
from psycopg import sql

from domain.errors import Integrity
from infra.sqlfiles import load_sql
from projections.facts import Fact, read_facts
from projections.projection import Cursor, Followed
from projections.queue.row import NULL, Row, array_words, change, concerns, opened

NAME: Final = "queue"
_SQL: Final = load_sql(__file__, "write.sql")
_PIECE: Final = 250
COLUMNS: Final = sql.SQL(", ").join(map(sql.Identifier, Row.__struct_fields__))


class QueueWriter:
    """Applies ticket events to the queue's tables in `schema`.

    Rows stay in memory until `flush`: a follower flushes with every batch, a rebuild when it is
    through or has gathered enough.
    """

    def __init__(self, schema: str = "views") -> None:
        self._rows: dict[str, Row] = {}
        self._sql = {
            name: sql.SQL(text).format(schema=sql.Identifier(schema), columns=COLUMNS)
            for name, text in _SQL.items()
        }

    def __len__(self) -> int:
        return len(self._rows)

    def apply(self, cursor: Cursor, envelopes: Sequence[bytes]) -> None:
        """Fold the envelopes and save what they changed."""
        self._rows = {}  # what a batch that failed left behind
        self.gather(cursor, b",".join(envelopes))
        self.flush(cursor)

    def gather(self, cursor: Cursor, envelopes: bytes) -> None:
        """Fold envelopes separated by commas; save versions that ended, keep those that hold."""
        facts = [fact for fact in read_facts(envelopes) if concerns(fact)]
        self._load(cursor, {fact.stream.id for fact in facts if fact.stream.version > 1})
        with cursor.copy(self._sql["copy_past"]) as copy:
            # the server takes in what was folded while the next is folded
            for begin in range(0, len(facts), _PIECE):
                copy.write("".join(self._fold(facts[begin : begin + _PIECE])))

    def flush(self, cursor: Cursor) -> None:
        """Save the rows that hold now, and forget them."""
        if self._rows:
            rows = msgspec.json.encode([_members(row) for row in self._rows.values()])
            cursor.execute(self._sql["save"], [rows.decode()])
        self._rows = {}

    def pour(self, cursor: Cursor) -> None:
        """Save the rows that hold now into a table that is empty, and forget them."""
        with cursor.copy(self._sql["copy_live"]) as copy:
            for row in self._rows.values():
                copy.write(_line(row) + "\n")
        self._rows = {}

    def followed(self) -> Followed:
        """Return the queue as the runner follows it."""
        return Followed(NAME, self.apply)

    def _load(self, cursor: Cursor, tickets: Collection[str]) -> None:
        missing = [ticket for ticket in tickets if ticket not in self._rows]
        if not missing:
            return
        with cursor.copy(self._sql["load"], [missing]) as copy:
            for line in b"".join(copy).decode().splitlines():
                row = Row(*line.split("\t"))
                self._rows[row.ticket] = row

    def _fold(self, facts: Sequence[Fact]) -> list[str]:
        """Return the versions that ended, as lines of COPY."""
        rows, past = self._rows, []
        for fact in facts:
            row = rows.get(fact.stream.id)
            if row is None:
                rows[fact.stream.id] = opened(fact)
                continue
            if fact.stream.version != int(row.version) + 1:
                raise Integrity(
                    f"position {fact.position}: version {fact.stream.version} after {row.version}"
                )
            ended = _line(row)
            change(row, fact)
            past.append(f"{ended}\t{fact.position}\t{row.occurred_from}\n")
        return past


def _line(row: Row) -> str:
    return "\t".join(astuple(row))


def _members(row: Row) -> dict[str, Any]:
    values = dict(zip(Row.__struct_fields__, astuple(row), strict=True))
    tags = list(array_words(row.tags))
    return {k: None if v == NULL else v for k, v in values.items()} | {"tags": sorted(tags)}
