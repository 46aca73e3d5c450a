"""One range of positions, verified by itself: rows, envelopes, columns, chains, sealed fields."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.sql import SQL, Literal

from domain.errors import Malformed
from infra.envelope import Envelope, leaf_hash, parse
from infra.fsck.chains import Chains, Link
from infra.fsck.columns import columns_of, differing, position_of, split_row
from infra.fsck.findings import Finding, Kind
from infra.fsck.quick import Quick
from infra.fsck.sealed import SealedFields
from infra.sqlfiles import load_sql

BATCH: Final = 2_048
"""Rows read at once."""
MOST_FINDINGS: Final = 1_000
"""More than these of one range are not kept: the first ones tell what happened."""

_SQL: Final = load_sql(__file__, "fsck.sql")


@dataclass(frozen=True, slots=True)
class Span:
    """The positions after `after` up to `upto`; of a sample only `chosen` are read closely."""

    after: int
    upto: int
    chosen: frozenset[int] | None = None


class Edge(NamedTuple):
    """The event at one end of a range."""

    position: int
    epoch: int
    recorded_at: datetime

    def before(self, later: "Edge") -> Finding | None:
        """Say what is wrong with a later event's epoch or time."""
        if later.epoch < self.epoch:
            detail = f"epoch {later.epoch} after epoch {self.epoch}"
        elif later.recorded_at < self.recorded_at:
            detail = f"recorded before position {self.position}"
        else:
            return None
        return Finding(later.position, Kind.POSITION, detail)


@dataclass(slots=True)
class Verified:
    """What a range holds, and what is wrong in it."""

    span: Span
    leaves: list[bytes] = field(default_factory=list)
    checked: int = 0
    findings: list[Finding] = field(default_factory=list)
    streams: Chains = field(default_factory=lambda: Chains(Kind.STREAM))
    contracts: Chains = field(default_factory=lambda: Chains(Kind.CONTRACT))
    first: Edge | None = None
    last: Edge | None = None


class RangeCheck:
    """Verifies one range; `ledger` and `epoch` are what the database says it is."""

    def __init__(self, ledger: UUID, epoch: int, sealed: SealedFields) -> None:
        self._ledger = ledger
        self._epoch = epoch
        self._sealed = sealed
        self._quick = Quick()

    def run(self, connection: Connection[Any], span: Span) -> Verified:
        """Return what the range holds."""
        result = Verified(span)
        expected = span.after + 1
        for start in range(span.after, span.upto, BATCH):
            events = []
            for envelope, columns in _rows(connection, start, min(start + BATCH, span.upto)):
                position = position_of(columns)
                _dense(result, expected, position)
                expected = position + 1
                leaf = leaf_hash(envelope)
                result.leaves.append(leaf)
                if span.chosen is None or position in span.chosen:
                    parts = self._event(result, position, envelope, columns, leaf)
                    if parts is not None:
                        events.append((position, parts))
            result.findings += self._sealed.check(events)
        _dense(result, expected, span.upto + 1)
        result.findings = sorted(result.findings)[:MOST_FINDINGS]
        return result

    def _event(
        self, result: Verified, position: int, envelope: bytes, columns: bytes, leaf: bytes
    ) -> Envelope | None:
        result.checked += 1
        try:
            parts = parse(envelope)
            actor = self._exact(parts, envelope)
        except Malformed as error:
            result.findings.append(Finding(position, Kind.ENVELOPE, str(error)))
            return None
        expected = columns_of(parts, actor.bytes, leaf)
        if columns != expected:
            names = ", ".join(differing(columns, expected))
            detail = f"not what the envelope says: {names}"
            result.findings.append(Finding(position, Kind.COLUMN, detail))
        if result.span.chosen is None:
            _follow(result, position, parts, leaf)
        return parts

    def _exact(self, parts: Envelope, envelope: bytes) -> UUID:
        """Return the actor's id; raise Malformed unless these are this ledger's own bytes."""
        if parts.ledger.id != self._ledger:
            raise Malformed("another ledger", "ledger.id")
        if parts.ledger.epoch > self._epoch:
            raise Malformed(f"the ledger is in epoch {self._epoch}", "ledger.epoch")
        return self._quick.actor_of(parts, envelope)


def _rows(connection: Connection[Any], after: int, upto: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield (envelope, other columns) in the order of positions."""
    statement = SQL(_SQL["rows"]).format(after=Literal(after), upto=Literal(upto))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for block in copy:
            if row := split_row(bytes(block)):
                yield row


def _dense(result: Verified, expected: int, position: int) -> None:
    if position == expected:
        return
    if position < expected:
        detail, at = "the position is taken twice", position
    else:
        detail, at = f"no event up to position {position - 1}", expected
    result.findings.append(Finding(at, Kind.POSITION, detail))


def _follow(result: Verified, position: int, parts: Envelope, leaf: bytes) -> None:
    edge = Edge(position, parts.ledger.epoch, parts.recorded_at)
    found = [result.last.before(edge) if result.last else None]
    result.first, result.last = result.first or edge, edge
    stream, contract = parts.stream, parts.contract
    link = Link(position, stream.version, _hash(parts.previous), leaf)
    name = stream.kind.value.encode() + stream.id.bytes
    found.append(result.streams.follow(name, link))
    if contract is not None:
        link = Link(position, contract.count, _hash(contract.previous), leaf)
        found.append(result.contracts.follow(contract.number.encode(), link))
    result.findings += [finding for finding in found if finding]


def _hash(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)
