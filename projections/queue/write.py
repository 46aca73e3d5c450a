"""Writes the queue: a batch is folded in memory, then each ticket is saved once."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import astuple
from psycopg import sql

from domain.errors import Integrity
from infra.sqlfiles import load_sql
from projections.facts import Fact, read_fact
from projections.projection import Cursor, Followed
from projections.queue.row import Row, change, concerns, opened

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
        self.gather(cursor, envelopes)
        self.flush(cursor)

    def gather(self, cursor: Cursor, envelopes: Iterable[bytes]) -> None:
        """Fold the envelopes; save the versions that ended, keep the rows that hold."""
        facts = [fact for fact in map(read_fact, envelopes) if concerns(fact)]
        self._load(cursor, {fact.stream.id for fact in facts if fact.stream.version > 1})
        with cursor.copy(self._sql["copy_past"]) as copy:
            # the server takes in what was folded while the next is folded
            for begin in range(0, len(facts), _PIECE):
                copy.write("".join(self._fold(facts[begin : begin + _PIECE])))

    def flush(self, cursor: Cursor) -> None:
        """Save the rows that hold now, and forget them."""
        if self._rows:
            rows = msgspec.json.encode(list(self._rows.values()))
            cursor.execute(self._sql["save"], [rows.decode()])
        self._rows = {}

    def _load(self, cursor: Cursor, tickets: Collection[str]) -> None:
        missing = [ticket for ticket in tickets if ticket not in self._rows]
        if missing:
            for values in cursor.execute(self._sql["load"], [missing]):
                self._rows[values[0]] = Row(*values)

    def _fold(self, facts: Sequence[Fact]) -> list[str]:
        """Return the versions that ended, as lines of COPY."""
        rows, past = self._rows, []
        for fact in facts:
            row = rows.get(fact.stream.id)
            if row is None:
                rows[fact.stream.id] = opened(fact)
                continue
            if fact.stream.version != row.version + 1:
                raise Integrity(
                    f"position {fact.position}: version {fact.stream.version} after {row.version}"
                )
            ended = _line(row)
            change(row, fact)
            past.append(f"{ended}\t{fact.position}\t{row.occurred_from}\n")
        return past

    def followed(self) -> Followed:
        """Return the queue as the runner follows it."""
        return Followed(NAME, self.apply)


def _line(row: Row) -> str:
    """Return the row for COPY; its texts are ids, codes and times, which need no escaping."""
    return "\t".join(
        [
            value if value.__class__ is str else r"\N" if value is None else _text(value)
            for value in astuple(row)
        ]
    )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, int):
        return str(value)
    return "{" + ",".join(f'"{tag}"' for tag in value) + "}"
