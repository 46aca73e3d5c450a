"""One range of positions, verified by itself: rows, envelopes, columns, chains, sealed fields.

Events are looked at in batches. What is obviously right is passed quickly; everything else is read
strictly, one by one, and only there is anything found.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from psycopg.sql import SQL, Literal

from domain.errors import Malformed
from infra.envelope import Envelope, leaf_hash, parse
from infra.erasurelist import ErasureList
from infra.fsck.batch import Batch, Texts, read_batch
from infra.fsck.columns import columns_of, differing, microseconds, position_of, split_row
from infra.fsck.findings import MOST_FINDINGS, Finding, Kind
from infra.fsck.opening import Opening, Sealing
from infra.fsck.sealed import SealedFields
from infra.fsck.shapes import Shapes
from infra.fsck.verified import Edge, Span, Verified
from infra.keys import Keys
from infra.pieces import head_of
from infra.sealing import Sealer
from infra.sqlfiles import load_sql

BATCH: Final = 2_048
"""Events read at once."""

_SQL: Final = load_sql(__file__, "fsck.sql")
_HASH: Final = re.compile(rb"[0-9a-f]{64}").fullmatch
_CODE: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}").fullmatch
_HEX: Final = 64
_ID: Final = 36
_BEFORE_ID: Final = b'"id":"'
_NO_HASH: Final = b"?"
"""Where a chain is broken: no envelope has it there."""


class RangeCheck:
    """Verifies ranges; `ledger` and `epoch` are what the database says it is."""

    def __init__(
        self,
        connection: Connection[Any],
        ledger: UUID,
        epoch: int,
        keys: Keys,
        listed: ErasureList,
    ) -> None:
        sealer = Sealer(ledger, keys)
        self.connection = connection
        self._ledger = ledger
        self._epoch = epoch
        self._sealed = SealedFields(connection, keys, sealer, listed)
        self._opening = Opening(connection, keys, sealer)
        self._head = head_of(ledger)
        self._shapes = Shapes()

    def run(self, span: Span) -> Verified:
        """Return what the range holds."""
        result = Verified(span)
        if span.after < 0:
            self._one_by_one(result, span.after, span.upto)
            return result
        for after in range(span.after, span.upto, BATCH):
            upto = min(after + BATCH, span.upto)
            batch = None
            if span.chosen is None:
                batch = read_batch(self.connection, after, upto)
            if batch is None or batch.epochs[-1] > self._epoch:
                self._one_by_one(result, after, upto)
            else:
                self._together(result, batch)
        result.lack(span.upto + 1)
        result.findings = sorted(result.findings)[:MOST_FINDINGS]
        return result

    def _one_by_one(self, result: Verified, after: int, upto: int) -> None:
        events, chosen = [], result.span.chosen
        for envelope, columns in self._rows(after, upto):
            position, leaf = position_of(columns), leaf_hash(envelope)
            result.stand(position, leaf)
            if chosen is not None and position not in chosen:
                continue
            result.checked += 1
            try:
                parts, actor = self._exact(envelope)
            except Malformed as error:
                result.findings.append(Finding(position, Kind.ENVELOPE, str(error)))
                continue
            _compare(result, position, columns, columns_of(parts, actor.bytes, leaf))
            events.append((position, parts))
            if chosen is None:
                at = microseconds(parts.recorded_at)
                result.pass_by(Edge(position, parts.ledger.epoch, at))
                _follow(result, position, parts, leaf.hex().encode())
        result.findings += self._sealed.check(events)

    def _together(self, result: Verified, batch: Batch) -> None:
        """Take a batch that is obviously whole: its times and epochs are in order."""
        result.lack(batch.after + 1)
        result.leaves += batch.leaves
        result.checked += len(batch.envelopes)
        ends = {bisect_left(batch.epochs, epoch) for epoch in set(batch.epochs)}
        for at in sorted({*ends, len(batch.envelopes) - 1}):
            result.pass_by(Edge(batch.after + 1 + at, batch.epochs[at], batch.times[at]))
        said = self._quickly(result, batch)
        upto = batch.after + len(batch.envelopes)
        doubtful = self._opening.doubtful(batch.after, upto, said)
        if doubtful is None:
            doubtful = set(range(batch.after + 1, upto + 1))
            doubtful -= {one.position for one in result.findings if one.kind is Kind.ENVELOPE}
        read = [(at, parse(batch.envelopes[at - batch.after - 1])) for at in sorted(doubtful)]
        result.findings += self._sealed.check(read) if read else []

    def _quickly(  # noqa: C901, PLR0912 - one loop: a call an event would cost more than it does
        self, result: Verified, batch: Batch
    ) -> list[Sealing]:
        """Pass events that are what columns, chains and a known shape make of them.

        All others are read strictly. Return what the events say of their sealed fields.
        """
        head, shapes, who = self._head, self._shapes, self._shapes.who
        streams, contracts = result.streams, result.contracts
        said: list[Sealing] = []
        for position, envelope, leaf, version, count, texts in batch.events():
            start, stream, middle, contract, end, actor, kind = texts
            last, before, counted = streams.heads.get(stream), b"", None
            if last is None:
                previous = b"" if version == 1 else _hash_at(envelope, len(head) + len(start))
            else:
                previous = last[2] if last[1] + 1 == version else _NO_HASH
            if contract:
                counted = contracts.heads.get(contract)
                if counted is not None:
                    before = counted[2] if counted[1] + 1 == count else _NO_HASH
                elif not _CODE(contract):
                    before = _NO_HASH
                elif count != 1:
                    at = len(head) + len(start) + len(previous) + len(middle)
                    before = _hash_at(envelope, at)
            acted = who.get(actor, b"")
            text = b"".join((head, start, previous, middle, before, end, acted))
            at = len(text)
            if not acted or not envelope.startswith(text):
                at = shapes.after_who(envelope, text[: at - len(acted)], actor)
            for shape in shapes.known.get(kind, ()):
                if match := shape.match(envelope, at):
                    break
            else:
                said += self._closely(result, position, envelope, leaf, texts)
                continue
            if last is None:
                streams.firsts[stream] = (position, version, previous, leaf)
            streams.heads[stream] = (position, version, leaf)
            if contract:
                if counted is None:
                    contracts.firsts[contract] = (position, count, before, leaf)
                contracts.heads[contract] = (position, count, leaf)
            if shape.names:
                at = start.index(_BEFORE_ID) + len(_BEFORE_ID)
                event = start[at : at + _ID]
                said.append((position, event, stream, shape.names, match.groups()))
        return said

    def _closely(
        self, result: Verified, position: int, envelope: bytes, leaf: bytes, texts: Texts
    ) -> list[Sealing]:
        """Read an event strictly, and its row where columns are not obviously right."""
        try:
            parts, actor = self._exact(envelope)
        except Malformed as error:
            result.findings.append(Finding(position, Kind.ENVELOPE, str(error)))
            return []
        start, _, middle, _, end, acted, _ = texts
        before = parts.contract.previous if parts.contract else None
        text = b"".join((self._head, start, _text(parts.previous), middle, _text(before), end))
        if not envelope.startswith(text) or acted != str(actor).encode():
            expected = columns_of(parts, actor.bytes, bytes.fromhex(leaf.decode()))
            for _, columns in self._rows(position - 1, position):
                _compare(result, position, columns, expected)
        _follow(result, position, parts, leaf)
        if not parts.sealed:
            return []
        names = tuple(name.encode() for name in parts.sealed)
        commitments = tuple(said.commitment.encode() for said in parts.sealed.values())
        event = str(parts.id).encode()
        return [(position, event, _stream(parts), names, commitments)]

    def _exact(self, envelope: bytes) -> tuple[Envelope, UUID]:
        """Return the members and who acted; raise Malformed unless it is this ledger's own."""
        parts = parse(envelope)
        if parts.ledger.id != self._ledger:
            raise Malformed("another ledger", "ledger.id")
        if parts.ledger.epoch > self._epoch:
            raise Malformed(f"the ledger is in epoch {self._epoch}", "ledger.epoch")
        return parts, self._shapes.learn(parts, envelope)

    def _rows(self, after: int, upto: int) -> Iterator[tuple[bytes, bytes]]:
        """Yield (envelope, other columns) in the order of positions."""
        statement = SQL(_SQL["rows"]).format(after=Literal(after), upto=Literal(upto))
        with self.connection.cursor() as cursor, cursor.copy(statement) as copy:
            for block in copy:
                if row := split_row(bytes(block)):
                    yield row


def _compare(result: Verified, position: int, found: bytes, expected: bytes) -> None:
    if found != expected:
        names = ", ".join(differing(found, expected))
        detail = f"not what the envelope says: {names}"
        result.findings.append(Finding(position, Kind.COLUMN, detail))


def _follow(result: Verified, position: int, parts: Envelope, leaf: bytes) -> None:
    stream, contract = parts.stream, parts.contract
    link = (position, stream.version, _text(parts.previous), leaf)
    found = [result.streams.follow(_stream(parts), link)]
    if contract is not None:
        link = (position, contract.count, _text(contract.previous), leaf)
        found.append(result.contracts.follow(contract.number.encode(), link))
    result.findings += [finding for finding in found if finding]


def _stream(parts: Envelope) -> bytes:
    return f"{parts.stream.kind.value}{parts.stream.id}".encode()


def _text(digest: str | None) -> bytes:
    return b"" if digest is None else digest.encode()


def _hash_at(envelope: bytes, at: int) -> bytes:
    found = envelope[at : at + _HEX]
    return found if _HASH(found) else _NO_HASH
