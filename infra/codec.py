"""Events to bytes and back: the only code that knows both the domain's classes and the envelope.

Writing has two parts. `prepare` does everything that can be done before the store's lock: it
validates, encodes and seals. `finish` adds what is only known under the lock.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from msgspec import Struct

from domain.catalogue import EVENT_TYPES, type_version
from domain.errors import Malformed
from domain.log import CommandKey, Guard, Recorded, Request, Write
from domain.stream import Stream
from domain.values import Purpose, is_code
from infra import upcast
from infra.envelope import ADDRESS, FORMAT, MAX_BYTES, Pieces, parse
from infra.forms import SealedFields, form_of
from infra.ids import new_id
from infra.keys import Keys, KeyScope, SealingKey
from infra.provenance import Shared, shared_by
from infra.reading import commitments, recorded_of
from infra.sealing import SealedRow, Sealer

_ROOM: Final = 4 * 16 + 2 * 66 + 64
"""What `finish` can add to an envelope at most: numbers, two hashes, two times."""


class Draft(Struct, frozen=True):
    """An event that lacks only what is known under the lock."""

    id: UUID
    stream: Stream
    version: int
    contract: str | None
    type: str
    type_version: int
    occurred_at: datetime | None
    actor_id: UUID
    sealed: tuple[SealedRow, ...]
    pieces: Pieces


class PreparedRequest(Struct, frozen=True):
    """A request whose events are drafts, in the order of its writes.

    `subjects` says whose data it seals: (subject, contract, purpose).
    """

    key: CommandKey
    guards: tuple[Guard, ...]
    writes: tuple[Write, ...]
    drafts: tuple[Draft, ...]
    subjects: frozenset[tuple[UUID, str | None, Purpose]]


class _Outline(Struct, frozen=True):
    """An event that is valid, and not sealed yet."""

    stream: Stream
    version: int
    contract: str | None
    cls: type
    data: dict[str, Any]
    sealed: SealedFields
    scopes: list[KeyScope]


class Codec:
    """Writes and reads the envelopes of one ledger; any thread may use it."""

    def __init__(
        self,
        ledger: UUID,
        keys: Keys,
        *,
        sealer: Sealer | None = None,
        make_id: Callable[[], UUID] = new_id,
        steps: upcast.Steps = upcast.STEPS,
    ) -> None:
        self.ledger = ledger
        self.keys = keys
        self.sealer = sealer or Sealer(ledger, keys)
        self._make_id = make_id
        self._steps = steps
        self._head = b'{"v":%d,"ledger":{"id":"%b","epoch":' % (FORMAT, str(ledger).encode())

    def prepare(self, request: Request) -> PreparedRequest:
        """Validate, encode and seal; waits for the key store where a key is not in memory.

        Raises Malformed for what no envelope may hold, Unavailable when keys cannot be had.
        """
        outlines = _outlines(request)
        scopes = {scope for outline in outlines for scope in outline.scopes}
        return self._prepare(request, outlines, self.keys.sealing_keys(scopes))

    async def prepare_soon(self, request: Request) -> PreparedRequest:
        """Do the same without holding up the event loop for the key store."""
        outlines = _outlines(request)
        scopes = {scope for outline in outlines for scope in outline.scopes}
        keys = self.keys.remembered(scopes) or await self.keys.sealing_keys_soon(scopes)
        return self._prepare(request, outlines, keys)

    def finish(
        self,
        draft: Draft,
        epoch: int,
        position: int,
        version: int,
        previous: bytes | None,
        contract_count: int | None,
        contract_previous: bytes | None,
        recorded_at: datetime,
    ) -> bytes:
        """Return the envelope; hashes are 32 bytes, None at the start of a chain."""
        return draft.pieces.join(
            epoch, position, version, previous, contract_count, contract_previous, recorded_at
        )

    def decode(self, envelope: bytes, opened: Mapping[str, str | None] | None = None) -> Recorded:
        """Return the event; sealed fields have the text in `opened`, else they stay closed.

        Raises Malformed for bytes that this ledger cannot have written.
        """
        return recorded_of(parse(envelope), envelope, opened or {}, self._steps)

    def open(self, envelope: bytes, rows: Mapping[str, SealedRow]) -> Recorded:
        """Return the event with those sealed fields opened whose rows (by field) are given.

        A text is None when its key is gone; raises Integrity when a row was altered.
        """
        parts = parse(envelope)
        pairs = [(rows[said.field], said) for said in commitments(parts) if said.field in rows]
        texts = self.sealer.open_all(pairs)
        opened = {said.field: text for (_, said), text in zip(pairs, texts, strict=True)}
        return recorded_of(parts, envelope, opened, self._steps)

    def _prepare(
        self, request: Request, outlines: list[_Outline], keys: Mapping[KeyScope, SealingKey]
    ) -> PreparedRequest:
        shared = shared_by(request.provenance)
        command = request.key.id.hex()
        total = len(outlines)
        drafts = []
        for index, outline in enumerate(outlines, 1):
            part = {"id": command, "index": index, "count": total}
            drafts.append(self._draft(outline, shared, part, keys))
        subjects = frozenset(
            [
                (value.subject, outline.contract, value.purpose)
                for outline in outlines
                for _, value in outline.sealed
            ]
        )
        return PreparedRequest(request.key, request.guards, request.writes, tuple(drafts), subjects)

    def _draft(
        self,
        outline: _Outline,
        shared: Shared,
        command: dict[str, Any],
        keys: Mapping[KeyScope, SealingKey],
    ) -> Draft:
        event, stream, contract = self._make_id(), outline.stream, outline.contract
        name, version = outline.cls.__name__, type_version(outline.cls)
        rows, members = self._seal(event, outline, keys)
        rest = {"command": command, **shared.why, "data": outline.data, "sealed": members}
        pieces = Pieces(
            self._head,
            f'}},"id":"{event}","position":'.encode(),
            f',"stream":{{"kind":"{stream.kind.value}","id":"{stream.id}","version":'.encode(),
            None if contract is None else f'{{"number":"{contract}","count":'.encode(),
            f',"type":"{name}","type_version":{version},"recorded_at":"'.encode(),
            shared.occurred,
            shared.who + orjson.dumps(rest)[1:],
        )
        if sum(map(len, (pieces.rest, pieces.type, pieces.stream))) + _ROOM > MAX_BYTES:
            raise Malformed(f"the event would be longer than {MAX_BYTES} bytes", name)
        return Draft(
            event,
            stream,
            outline.version,
            contract,
            name,
            version,
            shared.occurred_at,
            shared.actor_id,
            rows,
            pieces,
        )

    def _seal(
        self, event: UUID, outline: _Outline, keys: Mapping[KeyScope, SealingKey]
    ) -> tuple[tuple[SealedRow, ...], dict[str, Any]]:
        if not outline.sealed:
            return (), {}
        items = [
            (field, value, keys[scope])
            for (field, value), scope in zip(outline.sealed, outline.scopes, strict=True)
        ]
        sealed = self.sealer.seal(event, outline.stream, items)
        members = {
            field: {"subject": value.subject, "purpose": value.purpose.value, "commitment": made}
            for (field, value, _), (_, made) in zip(items, sealed, strict=True)
        }
        return tuple([row for row, _ in sealed]), members


def _outlines(request: Request) -> list[_Outline]:
    address, year = request.provenance.address, request.provenance.at.year
    if address is not None and address.purpose is not Purpose.ADDRESS:
        raise Malformed("a connection's address is kept for the purpose address", ADDRESS)
    outlines = []
    for write in request.writes:
        for version, new in enumerate(write.events, write.expected + 1):
            contract, cls = new.contract, type(new.event)
            if EVENT_TYPES.get(cls.__name__) is not cls:
                raise Malformed("no event of the catalogue", cls.__name__)
            if contract is not None and not is_code(contract):
                raise Malformed("a contract's number must be a code", "contract")
            data, sealed = form_of(cls).write(new.event)
            if address is not None:
                sealed.append((ADDRESS, address))
            scopes = [
                KeyScope(None, contract, value.purpose, year)
                if value.purpose is Purpose.ADDRESS
                else KeyScope(value.subject, contract, value.purpose)
                for _, value in sealed
            ]
            outlines.append(_Outline(write.stream, version, contract, cls, data, sealed, scopes))
    return outlines
