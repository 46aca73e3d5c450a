"""The two steps of an append in one transaction: read under the lock, insert what was finished."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from psycopg import Connection, Cursor
from psycopg.rows import namedtuple_row

from infra.arrays import bytea_array, int_array, text_array, time_array, uuid_array
from infra.batch import (
    ContractHead,
    Entries,
    Entry,
    Erasure,
    Ground,
    Known,
    StreamHead,
    Wanted,
    decode_answer,
)
from infra.headfile import Durable
from infra.sqlfiles import load_sql

_SQL: Final = load_sql(__file__, "append.sql")


@dataclass(frozen=True, slots=True)
class Begun:
    """What begin_append read; `head_time` is None in an empty ledger."""

    ground: Ground
    head_time: datetime | None
    clock: datetime


def begin(connection: Connection[Any], guard: Durable, wanted: Wanted) -> Begun:
    """Take the append lock until the transaction ends, and read what the batch depends on.

    Raises psycopg errors; SQLSTATE LF001: the guard's event is gone.
    """
    with connection.cursor(binary=True, row_factory=namedtuple_row) as cursor:
        cursor.execute(
            _SQL["begin"],
            (
                guard.position,
                guard.leaf_hash,
                text_array([stream.kind.value.encode() for stream in wanted.streams]),
                uuid_array([stream.id.bytes for stream in wanted.streams]),
                text_array([number.encode() for number in wanted.contracts]),
                bytea_array(wanted.commands),
                uuid_array([subject.bytes for subject in wanted.subjects]),
            ),
            prepare=True,
        )
        return _begun(cursor.fetchone(), wanted)


def finish(
    cursor: Cursor[Any], epoch: int, recorded_at: datetime, entries: Entries, *, clamped: bool
) -> None:
    """Insert a batch on the head that `begin` read in the same transaction.

    Raises psycopg errors; SQLSTATE classes 22 and 23: one of the requests is poison.
    """
    events = entries.events
    cursor.execute(
        _SQL["finish"],
        (
            epoch,
            entries.first_position,
            recorded_at,
            clamped,
            *_event_columns(events, recorded_at),
            *_sealed_columns(events),
            bytea_array([command[0] for command in entries.commands]),
            bytea_array([command[1] for command in entries.commands]),
            bytea_array([command[2] for command in entries.commands]),
        ),
        prepare=True,
    )


def _event_columns(events: Sequence[Entry], recorded_at: datetime) -> tuple[bytes, ...]:
    drafts = [entry.draft for entry in events]
    return (
        uuid_array([draft.id.bytes for draft in drafts]),
        text_array([draft.stream.kind.value.encode() for draft in drafts]),
        uuid_array([draft.stream.id.bytes for draft in drafts]),
        int_array([entry.version for entry in events]),
        text_array([draft.contract.encode() if draft.contract else None for draft in drafts]),
        int_array([entry.contract_count for entry in events]),
        text_array([draft.type.encode() for draft in drafts]),
        int_array([draft.type_version for draft in drafts]),
        time_array([_before(draft.occurred_at, recorded_at) for draft in drafts]),
        uuid_array([draft.actor_id.bytes for draft in drafts]),
        bytea_array([entry.leaf_hash for entry in events]),
        bytea_array([entry.envelope for entry in events]),
    )


def _sealed_columns(events: Sequence[Entry]) -> tuple[bytes, ...]:
    rows = [row for entry in events for row in entry.draft.sealed]
    return (
        uuid_array([row.event_id.bytes for row in rows]),
        text_array([row.field.encode() for row in rows]),
        uuid_array([row.key_id.bytes for row in rows]),
        bytea_array([row.nonce for row in rows]),
        bytea_array([row.ciphertext for row in rows]),
    )


def _before(occurred_at: datetime | None, recorded_at: datetime) -> datetime | None:
    return occurred_at if occurred_at is not None and occurred_at < recorded_at else None


def _begun(row: Any, wanted: Wanted) -> Begun:
    streams = {
        stream: StreamHead(version or 0, leaf_hash)
        for stream, version, leaf_hash in _zip(
            wanted.streams, row.stream_versions, row.stream_hashes
        )
    }
    contracts = {
        number: ContractHead(count or 0, leaf_hash, bool(is_open))
        for number, count, leaf_hash, is_open in _zip(
            wanted.contracts, row.contract_counts, row.contract_hashes, row.contracts_open
        )
    }
    known: dict[bytes, Known] = {
        command: Known(fingerprint, decode_answer(result))
        for command, fingerprint, result in _zip(
            row.known_ids or (), row.known_fingerprints, row.known_results
        )
    }
    erasures = tuple(
        Erasure(*erased)
        for erased in _zip(
            row.erased_ids or (), row.erased_contracts, row.erased_purposes, row.erased_keys
        )
    )
    clock = row.clock.astimezone(UTC)
    ground = Ground(
        row.ledger,
        row.epoch,
        row.head_position or 0,
        row.head_hash or b"",
        clock,
        streams,
        contracts,
        known,
        erasures,
    )
    head_time = row.head_time.astimezone(UTC) if row.head_time else None
    return Begun(ground, head_time, clock)


def _zip(asked: Sequence[Any], *columns: Sequence[Any] | None) -> Any:
    return zip(asked, *(column or () for column in columns), strict=True)
