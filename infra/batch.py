"""Deciding a batch: each request by itself, in order, on what the append lock holds still.

Pure: it neither reads nor writes the store. What a request changes is seen by the requests after
it in the same batch; a refused one changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from domain.erasure import SubjectErased
from domain.errors import Erasing, KeyReused, Malformed, Refused, Stale
from domain.log import Accepted, AtVersion, CommandKey, ContractOpen, ContractUnused, Guard
from domain.stream import Stream
from domain.values import Purpose
from infra.codec import Draft, PreparedRequest, SealedFor
from infra.envelope import leaf_hash

PERIOD_BYTES: Final = 4


class StreamHead(Struct, frozen=True):
    """A stream's last event; version 0 without one."""

    version: int
    leaf_hash: bytes | None


class ContractHead(Struct, frozen=True):
    """A contract's last event, and whether the contract is registered and not closed."""

    count: int
    leaf_hash: bytes | None
    is_open: bool


class Known(Struct, frozen=True):
    """A command that was accepted: its newest fingerprint, and its answer."""

    fingerprint: bytes
    answer: Accepted


class Erasure(Struct, frozen=True):
    """What may not be recorded any more: a person's data under a contract (None: under none).

    `subject` None: everybody's addresses. `key` None: all of it, as long as its keys are not
    destroyed; else what was sealed with this key.
    """

    subject: UUID | None
    contract: str | None
    purpose: str
    key: UUID | None

    def covers(self, sealed: SealedFor) -> bool:
        """Say whether what was sealed may not be recorded."""
        return (
            self.purpose == sealed.purpose
            and self.contract == sealed.contract
            and self.subject in {None, sealed.subject}
            and self.key in {None, sealed.key}
        )


@dataclass(slots=True)
class Ground:
    """What a batch is decided on; it moves with every accepted request."""

    ledger: UUID
    epoch: int
    position: int
    leaf_hash: bytes
    recorded_at: datetime
    streams: dict[Stream, StreamHead]
    contracts: dict[str, ContractHead]
    commands: dict[bytes, Known]
    erasures: tuple[Erasure, ...] = ()


class Entry(Struct, frozen=True):
    """One finished event."""

    draft: Draft
    version: int
    contract_count: int | None
    envelope: bytes
    leaf_hash: bytes


@dataclass(slots=True)
class Entries:
    """What a batch will insert, its events at positions from `first_position` without gaps."""

    first_position: int
    events: list[Entry] = field(default_factory=list)
    commands: list[tuple[bytes, bytes, bytes]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What has to be read before a batch can be decided."""

    streams: tuple[Stream, ...]
    contracts: tuple[str, ...]
    commands: tuple[bytes, ...]
    subjects: tuple[UUID, ...]


def wanted_by(requests: Iterable[PreparedRequest]) -> Wanted:
    """Return what a batch of requests depends on, each thing once."""
    streams: dict[Stream, None] = {}
    contracts: dict[str, None] = {}
    commands: dict[bytes, None] = {}
    subjects: dict[UUID, None] = {}
    for request in requests:
        commands[request.key.id] = None
        for write in request.writes:
            streams[write.stream] = None
        for draft in request.drafts:
            if draft.contract is not None:
                contracts[draft.contract] = None
        for guard in request.guards:
            match guard:
                case AtVersion(stream, _):
                    streams[stream] = None
                case ContractOpen(number) | ContractUnused(number):
                    contracts[number] = None
        for sealed in request.seals:
            subjects[sealed.subject] = None
    return Wanted(tuple(streams), tuple(contracts), tuple(commands), tuple(subjects))


def replay(known: Known, key: CommandKey) -> Accepted:
    """Return the answer of a known command; raise KeyReused if its payload was another.

    A command whose fingerprint key was destroyed is replayed without comparison.
    """
    period = known.fingerprint[:PERIOD_BYTES]
    for fingerprint in key.fingerprints:
        if fingerprint[:PERIOD_BYTES] == period and fingerprint != known.fingerprint:
            raise KeyReused("this Idempotency-Key came with another payload before")
    return replace(known.answer, replayed=True)


def decide(request: PreparedRequest, ground: Ground, into: Entries) -> Accepted:
    """Accept the request: append its events to `into` and move the ground; return the answer.

    Raises Stale, Refused, Erasing or Malformed, and then nothing has changed.
    """
    _require_guards(request.guards, ground)
    _require_not_erased(request, ground)
    made = _Made(ground)
    drafts = iter(request.drafts)
    for write in request.writes:
        made.require_version(write.stream, write.expected)
        for draft in islice(drafts, len(write.events)):
            made.add(write.stream, draft)
    answer = made.answer(request)
    ground.position += len(made.entries)
    if made.entries:
        ground.leaf_hash = made.entries[-1].leaf_hash
    ground.streams.update(made.streams)
    ground.contracts.update(made.contracts)
    fingerprint = request.key.fingerprints[0]
    ground.commands[request.key.id] = Known(fingerprint, answer)
    ground.erasures += _erasures_of(request)
    into.events.extend(made.entries)
    into.commands.append((request.key.id, fingerprint, msgspec.json.encode(answer)))
    return answer


def _require_guards(guards: Iterable[Guard], ground: Ground) -> None:
    for guard in guards:
        match guard:
            case AtVersion(stream, version):
                actual = ground.streams[stream].version
                if actual != version:
                    raise Stale(version, actual)
            case ContractOpen(number):
                if not ground.contracts[number].is_open:
                    raise Refused("contract-open", "the contract is not registered, or closed")
            case ContractUnused(number):
                if ground.contracts[number].count:
                    raise Refused("contract-number-free", "the contract number is taken")


def _require_not_erased(request: PreparedRequest, ground: Ground) -> None:
    for erased in ground.erasures:
        for sealed in request.seals:
            if not erased.covers(sealed):
                continue
            if sealed.purpose is Purpose.ADDRESS:  # whose data the request is about, nobody erased
                raise Erasing("the addresses under this contract are being erased: try again")
            raise Refused("subject-erased", "the data of this person was erased meanwhile")


def _erasures_of(request: PreparedRequest) -> tuple[Erasure, ...]:
    """Return what may not be recorded any more after this request, until its keys are gone."""
    return tuple(
        Erasure(None if purpose is Purpose.ADDRESS else said.subject, said.contract, purpose, None)
        for write in request.writes
        for new in write.events
        if isinstance(said := new.event, SubjectErased)
        for purpose in said.purposes
    )


class _Made:
    """What one request would add to the ground."""

    __slots__ = ("contracts", "entries", "ground", "streams")

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.entries: list[Entry] = []
        self.streams: dict[Stream, StreamHead] = {}
        self.contracts: dict[str, ContractHead] = {}

    def stream(self, stream: Stream) -> StreamHead:
        return self.streams.get(stream) or self.ground.streams[stream]

    def require_version(self, stream: Stream, expected: int) -> None:
        actual = self.stream(stream).version
        if actual != expected:
            raise Stale(expected, actual)

    def add(self, stream: Stream, draft: Draft) -> None:
        ground = self.ground
        head = self.stream(stream)
        contract: ContractHead | None = None
        if draft.contract is not None:
            contract = self.contracts.get(draft.contract) or ground.contracts[draft.contract]
        version = head.version + 1
        count = contract.count + 1 if contract else None
        envelope = draft.pieces.join(
            ground.epoch,
            ground.position + len(self.entries) + 1,
            version,
            head.leaf_hash,
            count,
            contract.leaf_hash if contract else None,
            ground.recorded_at,
        )
        leaf = leaf_hash(envelope)
        if contract is not None and count is not None and draft.contract is not None:
            is_open = _is_open_after(draft.type, contract)
            self.contracts[draft.contract] = ContractHead(count, leaf, is_open)
        self.streams[stream] = StreamHead(version, leaf)
        self.entries.append(Entry(draft, version, count, envelope, leaf))

    def answer(self, request: PreparedRequest) -> Accepted:
        if not request.writes:
            raise Malformed("a request writes to at least one stream")
        first = request.writes[0].stream
        return Accepted(
            id=first.id,
            version=self.stream(first).version,
            position=self.ground.position + len(self.entries),
            event_ids=tuple(entry.draft.id for entry in self.entries),
            leaf_hash=self.entries[-1].leaf_hash if self.entries else None,
            recorded_at=self.ground.recorded_at,
        )


def _is_open_after(event_type: str, before: ContractHead) -> bool:
    if event_type == "ContractRegistered":
        return before.count == 0
    return before.is_open and event_type != "ContractClosed"


def decode_answer(result: bytes) -> Accepted:
    """Return the answer that was stored with a command."""
    return msgspec.json.decode(result, type=Accepted)
