"""The log's port: what the write path and the readers may ask of the store.

`infra.store` implements it on PostgreSQL; `tests/unit` implements it in memory to test handling.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from domain.stream import Stream
from domain.values import Actor, Behalf, Origin, Provenance

ERASED: Final = "subject-erased"
"""The rule that refuses what was sealed before its subject was erased: it must be asked anew."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as the store holds it, with what the envelope says about it.

    `event` is one of the classes in `domain.catalogue`; its sealed fields are closed unless the
    reader was asked to open them. `contract` is (number, count) or None.
    """

    event: object
    id: UUID
    position: int
    epoch: int
    stream: Stream
    version: int
    contract: tuple[str, int] | None
    recorded_at: datetime
    occurred_at: datetime | None
    origin: Origin
    actor: Actor
    on_behalf_of: Behalf | None
    leaf_hash: bytes


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to record, and the contract it counts under (None: no contract's chain)."""

    event: object
    contract: str | None


@dataclass(frozen=True, slots=True)
class Write:
    """Events for one stream, valid only while the stream is at `expected`."""

    stream: Stream
    expected: int
    events: tuple[NewEvent, ...]


@dataclass(frozen=True, slots=True)
class AtVersion:
    """Guard: this stream still is at this version."""

    stream: Stream
    version: int


@dataclass(frozen=True, slots=True)
class ContractOpen:
    """Guard: this contract is registered and not closed."""

    number: str


@dataclass(frozen=True, slots=True)
class ContractUnused:
    """Guard: no event was ever recorded under this number."""

    number: str


Guard = AtVersion | ContractOpen | ContractUnused


@dataclass(frozen=True, slots=True)
class CommandKey:
    """Idempotency: `id` = HMAC(server key, principal, Idempotency-Key), 32 bytes.

    `fingerprints` are HMACs of the payload, newest first, one for each fingerprint key that still
    exists; each begins with the 4-byte big-endian number of its key's period. A known command
    whose period is not among them (its key was destroyed) is replayed without comparison.
    """

    id: bytes
    fingerprints: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What is appended as one: all writes or none, if all guards hold."""

    writes: tuple[Write, ...]
    guards: tuple[Guard, ...]
    key: CommandKey
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer to a request, also when it is asked for again.

    `id` is the first write's stream, `version` where it now is. A request without events has an
    empty `event_ids`, no `leaf_hash`, and the head's `position` of the time. `recorded_at` is the
    store's clock. `replayed` says that this is the answer of an earlier identical request.
    """

    id: UUID
    version: int
    position: int
    event_ids: tuple[UUID, ...]
    leaf_hash: bytes | None
    recorded_at: datetime
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """Where the ledger is: (0, 32 zero bytes) when empty."""

    epoch: int
    position: int
    leaf_hash: bytes
    recorded_at: datetime | None


class Log(Protocol):
    """The append-only store, as the domain sees it."""

    @property
    def epoch(self) -> int:
        """Return the ledger's life, 0 while it is not known; a later one voids what was read."""

    def read(
        self, stream: Stream, *, after: int = 0, upto: int | None = None
    ) -> AsyncIterator[Recorded]:
        """Yield events with version > `after` and position <= `upto`, sealed fields closed."""

    async def version(self, stream: Stream) -> int:
        """Return the stream's version now, 0 when it has no events."""

    async def contract_stream(self, number: str) -> Stream | None:
        """Return the stream of the contract with this number."""

    async def recall(self, key: CommandKey) -> Accepted | None:
        """Return the answer that this command got; raise KeyReused if its payload was another."""

    async def append(self, request: Request) -> Accepted:
        """Record the request, durably.

        Raises Stale, Refused (rule `contract-open`, `contract-number-free`, `subject-erased`),
        KeyReused, Unavailable and its kinds.
        """

    async def next_ticket_number(self) -> int:
        """Return a number never given before."""

    async def head(self) -> Head:
        """Return the last recorded position."""


Events = Sequence[object]
