"""An envelope in the making: the bytes between what is known only when the event is recorded."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from msgspec import Struct

from domain.stream import Stream
from infra.envelope import FORMAT, time_text
from infra.provenance import Shared

_ROOM: Final = 4 * 16 + 2 * 66 + 2 * 27 + 100
"""What `join` adds at most: four numbers, two hashes, two times and their members' names."""


class Pieces(Struct, frozen=True, gc=False):
    """What is known before the lock.

    `head` epoch `event` position `stream` version `}` previous `contract` count and previous
    `type` recorded_at `rest`. `occurred` is dropped when it is not before recorded_at: then the
    event is not late.
    """

    head: bytes
    event: bytes
    stream: bytes
    contract: bytes | None
    type: bytes
    occurred: bytes | None
    rest: bytes

    @property
    def longest(self) -> int:
        """Return how many bytes the envelope has at most."""
        known = (self.head, self.event, self.stream, self.contract or b"", self.type, self.rest)
        return sum(map(len, known)) + _ROOM

    def join(
        self,
        epoch: int,
        position: int,
        version: int,
        previous: bytes | None,
        contract_count: int | None,
        contract_previous: bytes | None,
        recorded_at: datetime,
    ) -> bytes:
        """Return the envelope; hashes are 32 bytes, None at the start of a chain."""
        recorded = time_text(recorded_at).encode()
        occurred, contract = self.occurred, b"null"
        if self.contract is not None:
            assert contract_count is not None, "an event under a contract is counted"
            contract = b'%b%d,"previous":%b}' % (
                self.contract,
                contract_count,
                _hash(contract_previous),
            )
        late = b',"occurred_at":"%b"' % occurred if occurred and occurred < recorded else b""
        return b'%b%d%b%d%b%d},"previous":%b,"contract":%b%b%b"%b%b' % (
            self.head,
            epoch,
            self.event,
            position,
            self.stream,
            version,
            _hash(previous),
            contract,
            self.type,
            recorded,
            late,
            self.rest,
        )


def head_of(ledger: UUID) -> bytes:
    """Return the bytes with which every envelope of a ledger begins."""
    return b'{"v":%d,"ledger":{"id":%b,"epoch":' % (FORMAT, orjson.dumps(ledger))


def pieces_of(
    head: bytes,
    event: UUID,
    stream: Stream,
    contract: str | None,
    kind: bytes,
    shared: Shared,
    command: dict[str, Any],
    said: dict[str, Any],
) -> Pieces:
    """Return the pieces; `kind` is `Form.head`, `said` has the members `data` and `sealed`."""
    return Pieces(
        head,
        b'},"id":%b,"position":' % orjson.dumps(event),
        b',"stream":{"kind":"%b","id":%b,"version":'
        % (stream.kind.value.encode(), orjson.dumps(stream.id)),
        None if contract is None else b'{"number":"%b","count":' % contract.encode(),
        kind + b',"recorded_at":"',
        shared.occurred,
        shared.who + orjson.dumps({"command": command, **shared.why, **said})[1:],
    )


def _hash(value: bytes | None) -> bytes:
    return b"null" if value is None else b'"%b"' % value.hex().encode()
