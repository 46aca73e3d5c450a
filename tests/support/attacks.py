"""An attacker with superuser rights: rewrites stored events as the ledger itself would have.

Knows the public format (docs/format.md) and uses none of the code that verifies.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

import psycopg

COLUMNS: Final = (
    *("position", "recorded_at", "occurred_at", "event_id", "stream_id", "actor_id"),
    *("stream_kind", "stream_version", "epoch", "contract_count", "type_version", "clamped"),
    *("contract", "type", "leaf_hash", "envelope"),
)
INSERT: Final = (
    f"INSERT INTO ledger.events ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"
)

Envelope = dict[str, Any]


class Attacker:
    """Somebody with every right; triggers are off while they work."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    def run(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(statement, parameters)
        return [] if cursor.rownumber is None else cursor.fetchall()

    def envelopes(self) -> list[Envelope]:
        """Return all events, in order."""
        rows = self.run("SELECT envelope FROM ledger.events ORDER BY position")
        return [json.loads(row[0]) for row in rows]

    def put(self, position: int, envelope: bytes) -> None:
        """Put other bytes into a row, their hash with them, so that every constraint holds."""
        change = "UPDATE ledger.events SET envelope = %s, leaf_hash = %s WHERE position = %s"
        self.run(change, envelope, leaf(envelope), position)

    def replace(self, envelope: Envelope) -> None:
        """Rewrite one row as the ledger would have: envelope, hash and columns."""
        self.run("DELETE FROM ledger.events WHERE position = %s", envelope["position"])
        self.run(INSERT, *row_of(envelope))

    def rewrite(self, envelopes: Sequence[Envelope]) -> None:
        """Replace the whole history by this one: positions, chains, hashes, columns recomputed."""
        self.run("DELETE FROM ledger.events")
        heads: dict[str, tuple[int, str]] = {}
        for position, envelope in enumerate(envelopes, 1):
            envelope["position"] = position
            stream, contract = envelope["stream"], envelope["contract"]
            version, envelope["previous"] = heads.get(stream["kind"] + stream["id"], (0, None))
            stream["version"] = version + 1
            if contract:
                count, contract["previous"] = heads.get(contract["number"], (0, None))
                contract["count"] = count + 1
            now = leaf(encode(envelope)).hex()
            heads[stream["kind"] + stream["id"]] = version + 1, now
            if contract:
                heads[contract["number"]] = contract["count"], now
            self.run(INSERT, *row_of(envelope))


@contextmanager
def attacker(dsn: str) -> Iterator[Attacker]:
    """Work on the events with the triggers off, and put them back."""
    with psycopg.connect(dsn) as connection:
        connection.execute("ALTER TABLE ledger.events DISABLE TRIGGER ALL")
        yield Attacker(connection)
        connection.execute("ALTER TABLE ledger.events ENABLE ALWAYS TRIGGER append_only")


def encode(envelope: Envelope) -> bytes:
    return json.dumps(envelope, separators=(",", ":")).encode()


def leaf(envelope: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + envelope).digest()


def row_of(envelope: Envelope) -> tuple[Any, ...]:
    """Return the row that belongs to an envelope."""
    stream, contract = envelope["stream"], envelope["contract"] or {}
    written = encode(envelope)
    return (
        envelope["position"],
        envelope["recorded_at"],
        envelope.get("occurred_at"),
        UUID(envelope["id"]),
        UUID(stream["id"]),
        UUID(envelope["actor"]["id"]),
        stream["kind"],
        stream["version"],
        envelope["ledger"]["epoch"],
        contract.get("count"),
        envelope["type_version"],
        False,
        contract.get("number"),
        envelope["type"],
        leaf(written),
        written,
    )
