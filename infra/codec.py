"""Events to bytes and back: the only code that knows both the domain's classes and the envelope.

Writing has two parts. `prepare` does everything that can be done before the store's lock: it
validates, encodes and seals. `finish` adds what is only known under the lock.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
import orjson
from msgspec import UNSET

from domain.catalogue import EVENT_TYPES, type_version
from domain.errors import Malformed
from domain.log import CommandKey, Guard, NewEvent, Recorded, Request, Write
from domain.stream import Stream
from domain.values import (
    Actor,
    Behalf,
    Origin,
    OriginKind,
    Provenance,
    Purpose,
    Sealed,
    is_code,
)
from infra import upcast
from infra.envelope import (
    ADDRESS,
    FORMAT,
    MAX_BYTES,
    MAX_INT,
    Envelope,
    Pieces,
    leaf_hash,
    malformed,
    parse,
    time_text,
)
from infra.forms import SealedFields, form_of
from infra.ids import new_id
from infra.keys import Keys, KeyScope, SealingKey
from infra.sealing import Commitment, SealedRow, Sealer

_ROOM: Final = 16 * 4 + 2 * 66 + 64
"""What `finish` can add to an envelope at most: numbers, two hashes, a time."""


@dataclass(frozen=True, slots=True)
class Draft:
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


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request whose events are drafts, in the order of its writes."""

    key: CommandKey
    guards: tuple[Guard, ...]
    writes: tuple[Write, ...]
    drafts: tuple[Draft, ...]


@dataclass(frozen=True, slots=True)
class _Outline:
    write: Write
    new: NewEvent
    version: int
    data: bytes
    sealed: SealedFields
    scopes: list[KeyScope]


class Codec:
    """Writes and reads the envelopes of one ledger."""

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
        """Validate, encode and seal; waits for the key store where a key is not in memory."""
        outlines = _outlines(request)
        scopes = {scope for outline in outlines for scope in outline.scopes}
        return self._prepare(request, outlines, self.keys.sealing_keys(scopes))

    async def prepare_soon(self, request: Request) -> PreparedRequest:
        """Do the same without holding up the event loop for the key store."""
        outlines = _outlines(request)
        scopes = {scope for outline in outlines for scope in outline.scopes}
        return self._prepare(request, outlines, await self.keys.sealing_keys_soon(scopes))

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
        return recorded_of(parse(envelope), envelope, opened, self._steps)

    def open(self, envelope: bytes, rows: Mapping[str, SealedRow]) -> Recorded:
        """Return the event with the sealed fields in `rows` opened; Integrity when altered."""
        parts = parse(envelope)
        pairs = [(rows[said.field], said) for said in commitments(parts) if said.field in rows]
        texts = self.sealer.open_all(pairs)
        opened = {said.field: text for (_, said), text in zip(pairs, texts, strict=True)}
        return recorded_of(parts, envelope, opened, self._steps)

    def _prepare(
        self, request: Request, outlines: list[_Outline], keys: Mapping[KeyScope, SealingKey]
    ) -> PreparedRequest:
        shared = _Shared.of(request.provenance)
        command = request.key.id.hex()
        count = len(outlines)
        drafts = tuple(
            self._draft(outline, shared, command, index, count, keys)
            for index, outline in enumerate(outlines, 1)
        )
        return PreparedRequest(request.key, request.guards, request.writes, drafts)

    def _draft(
        self,
        outline: _Outline,
        shared: "_Shared",
        command: str,
        index: int,
        count: int,
        keys: Mapping[KeyScope, SealingKey],
    ) -> Draft:
        event_id = self._make_id()
        stream, cls = outline.write.stream, type(outline.new.event)
        rows, members = [], []
        for (name, value), scope in zip(outline.sealed, outline.scopes, strict=True):
            row, commitment = self.sealer.seal(event_id, stream, name, value, keys[scope])
            rows.append(row)
            members.append(
                f'"{name}":{{"subject":"{value.subject}","purpose":"{value.purpose.value}"'
                f',"commitment":"{commitment}"}}'
            )
        contract = outline.new.contract
        pieces = Pieces(
            self._head,
            f'}},"id":"{event_id}","position":'.encode(),
            f',"stream":{{"kind":"{stream.kind.value}","id":"{stream.id}","version":'.encode(),
            None if contract is None else f',"contract":{{"number":"{contract}","count":'.encode(),
            f',"type":"{cls.__name__}","type_version":{type_version(cls)},"recorded_at":"'.encode(),
            shared.occurred,
            b'%b,"command":{"id":"%b","index":%d,"count":%d}%b,"data":%b,"sealed":{%b}}'
            % (
                shared.who,
                command.encode(),
                index,
                count,
                shared.why,
                outline.data,
                ",".join(members).encode(),
            ),
        )
        size = len(pieces.head) + len(pieces.event) + len(pieces.stream) + len(pieces.type)
        if size + len(pieces.contract or b"") + len(pieces.rest) + _ROOM > MAX_BYTES:
            raise Malformed(f"the event would be longer than {MAX_BYTES} bytes", cls.__name__)
        return Draft(
            event_id,
            stream,
            outline.version,
            contract,
            cls.__name__,
            type_version(cls),
            shared.occurred_at,
            shared.actor_id,
            tuple(rows),
            pieces,
        )


@dataclass(frozen=True, slots=True)
class _Shared:
    """The members that all events of a request share."""

    who: bytes
    why: bytes
    occurred: str | None
    occurred_at: datetime | None
    actor_id: UUID

    @classmethod
    def of(cls, said: Provenance) -> "_Shared":
        who = (
            f',"origin":{_origin(said.origin)},"actor":{_actor(said.actor)}'
            f',"on_behalf_of":{_behalf(said.on_behalf_of)}'
        )
        causation = "null" if said.causation is None else f'"{said.causation}"'
        why = f',"correlation_id":"{said.correlation}","causation_id":{causation}'
        occurred = said.occurred_at
        text = None if occurred is None else time_text(occurred, "occurred_at")
        return cls(who.encode(), why.encode(), text, occurred, said.actor.id)


def _origin(origin: Origin) -> str:
    if origin.kind is OriginKind.LIVE:
        return '{"kind":"live"}'
    if origin.source is None or not is_code(origin.source):
        raise Malformed("an import's source must be a code", "origin.source")
    if origin.row is not None and not 1 <= origin.row <= MAX_INT:
        raise Malformed("not a row number from 1", "origin.row")
    row = "null" if origin.row is None else str(origin.row)
    return f'{{"kind":"imported","source":"{origin.source}","row":{row}}}'


def _actor(actor: Actor) -> str:
    if not is_code(actor.issuer):
        raise Malformed("an issuer must be a code", "actor.issuer")
    role = "null" if actor.role is None else f'"{actor.role.value}"'
    credential = "null" if actor.credential is None else f'"{actor.credential}"'
    return (
        f'{{"kind":"{actor.kind.value}","id":"{actor.id}","role":{role}'
        f',"credential_id":{credential},"issuer":"{actor.issuer}"'
        f',"assurance":"{actor.assurance.value}"}}'
    )


def _behalf(behalf: Behalf | None) -> str:
    if behalf is None:
        return "null"
    for word in behalf.asserted:
        if not is_code(word):
            raise Malformed("what is asserted must be a code", "on_behalf_of.asserted")
    asserted = orjson.dumps(behalf.asserted).decode()
    return f'{{"id":"{behalf.id}","asserted":{asserted}}}'


def _outlines(request: Request) -> list[_Outline]:
    outlines = []
    address = request.provenance.address
    if address is not None and address.purpose is not Purpose.ADDRESS:
        raise Malformed("a connection's address is kept for the purpose address", ADDRESS)
    for write in request.writes:
        for version, new in enumerate(write.events, write.expected + 1):
            contract = new.contract
            if contract is not None and not is_code(contract):
                raise Malformed("a contract's number must be a code", "contract")
            if EVENT_TYPES.get(type(new.event).__name__) is not type(new.event):
                raise Malformed("no event of the catalogue", type(new.event).__name__)
            data, sealed = form_of(type(new.event)).write(new.event)
            if address is not None:
                sealed.append((ADDRESS, address))
            year = request.provenance.at.year
            scopes = [
                KeyScope(None, contract, value.purpose, year)
                if value.purpose is Purpose.ADDRESS
                else KeyScope(value.subject, contract, value.purpose)
                for _, value in sealed
            ]
            outlines.append(_Outline(write, new, version, data, sealed, scopes))
    return outlines


def commitments(parts: Envelope) -> list[Commitment]:
    """Return what an envelope says of its sealed fields, ready for `Sealer.open`."""
    stream = Stream(parts.stream.kind, parts.stream.id)
    return [
        Commitment(parts.id, stream, name, said.commitment) for name, said in parts.sealed.items()
    ]


def recorded_of(
    parts: Envelope,
    envelope: bytes,
    opened: Mapping[str, str | None] | None = None,
    steps: upcast.Steps = upcast.STEPS,
) -> Recorded:
    """Return a parsed envelope as the domain reads it."""
    texts = opened or {}
    sealed = {
        name: Sealed(texts.get(name), said.subject, said.purpose)
        for name, said in parts.sealed.items()
    }
    actor, behalf, origin = parts.actor, parts.on_behalf_of, parts.origin
    contract = parts.contract
    return Recorded(
        _event(parts, sealed, steps),
        parts.id,
        parts.position,
        parts.ledger.epoch,
        Stream(parts.stream.kind, parts.stream.id),
        parts.stream.version,
        None if contract is None else (contract.number, contract.count),
        parts.recorded_at,
        None if parts.occurred_at is UNSET else parts.occurred_at,
        Origin(
            origin.kind,
            None if origin.source is UNSET else origin.source,
            None if origin.row is UNSET else origin.row,
        ),
        Actor(actor.kind, actor.id, actor.role, actor.credential_id, actor.issuer, actor.assurance),
        None if behalf is None else Behalf(behalf.id, behalf.asserted),
        leaf_hash(envelope),
    )


def _event(parts: Envelope, sealed: Mapping[str, Sealed], steps: upcast.Steps) -> object:
    cls = EVENT_TYPES.get(parts.type)
    if cls is None:
        raise Malformed("no event type of this ledger: update it", "type")
    form, current = form_of(cls), type_version(cls)
    try:
        if parts.type_version == current:
            return form.read(parts.data, sealed)
        data = msgspec.json.decode(parts.data)
        return form.convert(
            upcast.upcast(steps, parts.type, data, parts.type_version, current), sealed
        )
    except msgspec.MsgspecError as error:
        raise malformed(error, "data") from None
