"""Events to bytes and back: the only code that knows both the domain's classes and the envelope.

Writing has two parts. `prepare` does everything that can be done before the store's lock: it
validates, encodes and seals. `finish` adds what is only known under the lock.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct

from domain.errors import Malformed
from domain.log import CommandKey, Guard, Recorded, Request, Write
from domain.stream import Stream
from domain.values import Purpose
from infra import upcast
from infra.envelope import MAX_BYTES, parse
from infra.exact import require_exact
from infra.forms import FORMS, Forms
from infra.ids import new_id
from infra.keys import Keys, KeyScope, SealingKey
from infra.outline import Outline, outlines_of
from infra.pieces import Pieces, head_of, pieces_of
from infra.provenance import Shared, shared_by
from infra.reading import commitments, recorded_of
from infra.sealing import SealedRow, Sealer

__all__ = ["Codec", "Draft", "PreparedRequest", "SealedFor", "commitments", "recorded_of"]


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


class SealedFor(NamedTuple):
    """Whose data was sealed, why it is kept, and with which key."""

    subject: UUID
    contract: str | None
    purpose: Purpose
    key: UUID


class PreparedRequest(Struct, frozen=True):
    """A request whose events are drafts, in the order of its writes; `seals` whose data."""

    key: CommandKey
    guards: tuple[Guard, ...]
    writes: tuple[Write, ...]
    drafts: tuple[Draft, ...]
    seals: frozenset[SealedFor]


class Codec:
    """Writes and reads the envelopes of one ledger; any thread may use it."""

    def __init__(
        self,
        ledger: UUID,
        keys: Keys,
        *,
        sealer: Sealer | None = None,
        make_id: Callable[[], UUID] = new_id,
        forms: Forms = FORMS,
        steps: upcast.Steps = upcast.STEPS,
    ) -> None:
        self.ledger = ledger
        self.keys = keys
        self.sealer = sealer or Sealer(ledger, keys)
        self._make_id = make_id
        self._forms = forms
        self._steps = steps
        self._head = head_of(ledger)

    def prepare(self, request: Request) -> PreparedRequest:
        """Validate, encode and seal; waits for the key store where a key is not in memory.

        Raises Malformed for what no envelope may hold, Unavailable when keys cannot be had.
        """
        outlines = outlines_of(request, self._forms)
        scopes = {scope for outline in outlines for scope in outline.scopes}
        return self._prepare(request, outlines, self.keys.sealing_keys(scopes))

    async def prepare_soon(self, request: Request) -> PreparedRequest:
        """Do the same without holding up the event loop for the key store."""
        outlines = outlines_of(request, self._forms)
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
        return recorded_of(parse(envelope), envelope, opened, self._forms, self._steps)

    def check(self, envelope: bytes) -> Recorded:
        """Return the event if these are exactly the bytes that its members have; else Malformed."""
        recorded = self.decode(envelope)
        require_exact(parse(envelope), recorded, envelope, self._forms)
        return recorded

    def open(self, envelope: bytes, rows: Mapping[str, SealedRow]) -> Recorded:
        """Return the event with those sealed fields opened whose rows (by field) are given.

        A text is None when its key is gone; raises Integrity when a row was altered.
        """
        parts = parse(envelope)
        pairs = [(rows[said.field], said) for said in commitments(parts) if said.field in rows]
        texts = self.sealer.open_all(pairs)
        opened = {said.field: text for (_, said), text in zip(pairs, texts, strict=True)}
        return recorded_of(parts, envelope, opened, self._forms, self._steps)

    def _prepare(
        self, request: Request, outlines: list[Outline], keys: Mapping[KeyScope, SealingKey]
    ) -> PreparedRequest:
        shared = shared_by(request.provenance)
        command = request.key.id.hex()
        total = len(outlines)
        drafts = []
        for index, outline in enumerate(outlines, 1):
            part = {"id": command, "index": index, "count": total}
            drafts.append(self._draft(outline, shared, part, keys))
        seals = frozenset(
            [
                SealedFor(value.subject, outline.contract, value.purpose, keys[scope].id)
                for outline in outlines
                for (_, value), scope in zip(outline.sealed, outline.scopes, strict=True)
            ]
        )
        return PreparedRequest(request.key, request.guards, request.writes, tuple(drafts), seals)

    def _draft(
        self,
        outline: Outline,
        shared: Shared,
        command: dict[str, Any],
        keys: Mapping[KeyScope, SealingKey],
    ) -> Draft:
        event, stream, contract = self._make_id(), outline.stream, outline.contract
        rows, members = self._seal(event, outline, keys)
        said = {"data": outline.data, "sealed": members}
        form = outline.form
        pieces = pieces_of(self._head, event, stream, contract, form.head, shared, command, said)
        if pieces.longest > MAX_BYTES:
            raise Malformed(f"the event would be longer than {MAX_BYTES} bytes", form.name)
        return Draft(
            event,
            stream,
            outline.version,
            contract,
            form.name,
            form.version,
            shared.occurred_at,
            shared.actor_id,
            rows,
            pieces,
        )

    def _seal(
        self, event: UUID, outline: Outline, keys: Mapping[KeyScope, SealingKey]
    ) -> tuple[tuple[SealedRow, ...], dict[str, Any]]:
        if not outline.sealed:
            return (), {}
        items = [
            (name, value, keys[scope])
            for (name, value), scope in zip(outline.sealed, outline.scopes, strict=True)
        ]
        rows, members = [], {}
        for (name, value, _), (row, made) in zip(
            items, self.sealer.seal(event, outline.stream, items), strict=True
        ):
            rows.append(row)
            members[name] = {
                "subject": value.subject,
                "purpose": value.purpose.value,
                "commitment": made,
            }
        return tuple(rows), members
