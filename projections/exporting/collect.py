"""Collecting a bag: events with their proofs, what may be told of them, what closes the history.

Everything is written as it is read: a page of events is in memory, never a history.
"""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, BinaryIO, Final
from uuid import UUID

import msgspec
import orjson

from domain.chainhead import Chain, ChainHead, chain_text, parse_chain_head
from domain.errors import Integrity, NotYetIntegrated, Unavailable
from domain.stream import Stream
from infra.bundle import layout
from infra.bundle.alone import program
from infra.bundle.writer import BagWriter
from infra.envelope import Envelope, leaf_hash, parse, time_text
from infra.headchannel import ask_head
from infra.logkeys import LogKeys
from infra.notes import parse_note
from infra.reader import Reader
from infra.reading import commitments
from infra.sealing import ChunkPlace, Commitment, Disclosed, SealedRow, Sealer
from projections.exporting.timeline import header, row
from projections.exporting.wanted import Erasures, Wanted, erasures_of, parties_of
from projections.exporting.words import certificate, readme
from projections.log import Published
from projections.stamps import Stamps

PAGE: Final = 500
_TRIES: Final = 50
_PAUSE: Final = 0.1
_DIGEST: Final = "digest"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a bag comes from: the store, the keys, and the log as it was published."""

    reader: Reader
    sealer: Sealer
    data: Path
    keys: LogKeys
    published: Published


@dataclass(slots=True)
class Collecting:
    """A bag that is being filled."""

    sources: Sources
    wanted: Wanted
    bag: BagWriter
    progress: Callable[[int], None] = lambda _: None
    events: int = 0
    _parties: frozenset[UUID] = frozenset()
    _erasures: Erasures = field(default_factory=lambda: Erasures(()))
    _written: set[int] = field(default_factory=set)
    _later: dict[int, UUID] = field(default_factory=dict)
    _versions: dict[Stream, int] = field(default_factory=dict)
    _lists: dict[str, BinaryIO] = field(default_factory=dict)

    async def fill(self) -> None:
        """Write the payload.

        Raises NotFound for a chain without events, NotYetIntegrated when no checkpoint covers the
        position, Integrity for what was altered, Unavailable when heads cannot be signed now.
        """
        sources, wanted = self.sources, self.wanted
        head = await self._head(wanted.chain)
        pool, size = sources.reader.pool, sources.published.head.size
        if wanted.position > size:
            raise NotYetIntegrated(f"the checkpoint covers {size} events")
        self._erasures = Erasures(await erasures_of(pool, size))
        self._parties = await parties_of(pool, wanted.chain, wanted.position) - wanted.withhold
        lists = (layout.TIMELINE, layout.DISCLOSED, layout.WITHHELD, layout.ERASED)
        with ExitStack() as files:
            for name in lists:
                file = (self.bag.place / name).open("wb")
                self._lists[name] = files.enter_context(file)
            self._lists[layout.TIMELINE].write(header())
            async for page in self._pages():
                await self._page(page)
                self.progress(self.events)
            await self._page([one async for one in self._erasing()])
        await self._close(head)
        for name in lists:
            self.bag.move_in(name, self.bag.place / name)
        self._about(head)

    async def _pages(self) -> AsyncIterator[list[bytes]]:
        chain, upto, reader = self.wanted.chain, self.wanted.position, self.sources.reader
        found = (
            reader.envelopes(chain, upto=upto)
            if isinstance(chain, Stream)
            else reader.contract_envelopes(chain, upto=upto)
        )
        page: list[bytes] = []
        async for envelope in found:
            page.append(envelope)
            if len(page) == PAGE:
                yield page
                page = []
        if page:
            yield page

    async def _erasing(self) -> AsyncIterator[bytes]:
        """Yield the events that erased something here and are not here themselves."""
        for position in sorted(self._later.keys() - self._written):
            envelope = await self.sources.reader.by_event(self._later[position])
            if envelope is None:
                raise Integrity(f"the erasure at position {position} is gone")
            yield envelope

    async def _page(self, page: list[bytes]) -> None:
        events = [parse(envelope) for envelope in page]
        told = await self._open(events)
        for parts, envelope in zip(events, page, strict=True):
            self._event(parts, envelope)
            said = self._tell(parts, told)
            self._lists[layout.TIMELINE].write(row(parts, said, self.wanted.zone))
            kept = told.get((parts.id, _DIGEST))
            if parts.type == "AttachmentAdded" and kept is not None:
                await self._attachment(parts)

    async def _open(self, events: list[Envelope]) -> dict[tuple[UUID, str], Disclosed | None]:
        """Open what may be told; None where row or key is gone."""
        said = [c for one in events for c in commitments(one) if self._may_see(one, c.field)]
        rows = await self.sources.reader.sealed_rows({c.event_id for c in said})
        pairs: list[tuple[SealedRow, Commitment]] = [
            (rows[c.event_id, c.field], c) for c in said if (c.event_id, c.field) in rows
        ]
        found = await self.sources.sealer.disclose_all_soon(pairs)
        opened = {(c.event_id, c.field): one for (_, c), one in zip(pairs, found, strict=True)}
        return {(c.event_id, c.field): opened.get((c.event_id, c.field)) for c in said}

    def _may_see(self, parts: Envelope, name: str) -> bool:
        return parts.sealed[name].subject in self._parties

    def _event(self, parts: Envelope, envelope: bytes) -> None:
        position, leaf = parts.position, leaf_hash(envelope)
        proof = self.sources.published.inclusion(leaf, position - 1)
        self.bag.add(layout.event_name(position), envelope)
        self.bag.add(layout.proof_name(position), proof.encode())
        self._written.add(position)
        self.events += 1
        stream = Stream(parts.stream.kind, parts.stream.id)
        if self._versions.get(stream, 0) == parts.stream.version - 1:
            self._versions[stream] = parts.stream.version

    def _tell(
        self, parts: Envelope, told: dict[tuple[UUID, str], Disclosed | None]
    ) -> dict[str, str]:
        """Write what is said of each sealed field to its list; return it in words."""
        words = {}
        for name, said in parts.sealed.items():
            place: dict[str, Any] = {"position": parts.position, "field": name}
            found = told.get((parts.id, name))
            if found is not None:
                salt = b64encode(found.salt).decode()
                self._note(layout.DISCLOSED, {**place, "salt": salt, "value": found.text})
                words[name] = found.text
            elif not self._may_see(parts, name):
                whose = {"subject": said.subject, "purpose": said.purpose.value}
                self._note(layout.WITHHELD, place | whose)
                words[name] = "[withheld]"
            else:
                by = self._erasures.covering(parts, name)
                if by is None:
                    raise Integrity(
                        f"position {parts.position}: {name} is gone, and no erasure says why"
                    )
                self._later[by.position] = by.id
                self._note(layout.ERASED, {**place, "erased_by": by.position})
                words[name] = f"[erased, see position {by.position}]"
        return words

    def _note(self, name: str, said: dict[str, Any]) -> None:
        self._lists[name].write(orjson.dumps(said) + b"\n")

    async def _attachment(self, parts: Envelope) -> None:
        reader, sealer = self.sources.reader, self.sources.sealer
        data = msgspec.json.decode(bytes(parts.data))
        attachment, stream = UUID(data["attachment"]), Stream(parts.stream.kind, parts.stream.id)
        count = await reader.chunk_count(attachment)
        with self.bag.file(layout.attachment_name(attachment), data["size"]) as write:
            for index in range(count):
                chunk = await reader.chunk(attachment, index)
                place = ChunkPlace(stream, attachment, index, last=index == count - 1)
                piece = None if chunk is None else sealer.open_chunk(place, chunk)
                if piece is None:
                    raise Integrity(f"attachment {attachment} is gone, and no erasure says why")
                write(piece)

    async def _close(self, head: bytes) -> None:
        """Write the signed heads: of what is wanted, and of each stream that is here whole."""
        wanted = self.wanted.chain
        self.bag.add(layout.head_name(chain_text(wanted)), head)
        whole = {} if isinstance(wanted, Stream) else self._versions
        for stream, version in whole.items():
            note = await self._head(stream)
            if _said(note).count == version:
                self.bag.add(layout.head_name(chain_text(stream)), note)

    async def _head(self, chain: Chain) -> bytes:
        """Ask for a signed head; the integrator answers so many a second, and waits for nobody."""
        for _ in range(_TRIES):
            try:
                return await ask_head(self.sources.data, chain, self.wanted.position)
            except Unavailable:
                await asyncio.sleep(_PAUSE)
        return await ask_head(self.sources.data, chain, self.wanted.position)

    def _about(self, head: bytes) -> None:
        """Write what is said of the whole: checkpoint, stamps, keys, custody, words."""
        published, wanted, add = self.sources.published, self.wanted, self.bag.add
        origin = published.head.origin
        add(layout.CHECKPOINT, published.note)
        self._stamps()
        add(layout.KEYS, _json(self._keys()))
        add(layout.CUSTODY, _json(self._custody()))
        about = {
            "format": layout.FORMAT,
            "chain": chain_text(wanted.chain),
            "origin": origin,
            "as_of_position": wanted.position,
            "chain_events": _said(head).count,
            "events": self.events,
            "zone": wanted.zone.key,
        }
        add(layout.ABOUT, _json(about))
        add(layout.README, readme(wanted, origin, self.events))
        add(layout.CERTIFICATE, certificate(wanted, origin, time_text(wanted.at)))
        add(layout.PROGRAM, program())

    def _stamps(self) -> None:
        """Write the earliest time stamp of a checkpoint that covers it, and its renewals."""
        published = self.sources.published
        proof = Stamps(self.sources.data, published.epoch).stamps_for(self.wanted.position)
        if proof is None or proof.stamped.size > published.head.size:
            return
        size, files = proof.stamped.size, dict(proof.stamped.files)
        for renewal in proof.renewals:
            files |= renewal.files
        for name, content in files.items():
            self.bag.add(f"stamps/{name}", content)
        grown = (
            []
            if size == published.head.size
            else published.consistency(size, published.head.size)["proof"]
        )
        lines = (b64encode(bytes.fromhex(step)) + b"\n" for step in grown)
        self.bag.add(layout.CONSISTENCY, b"".join(lines))

    def _keys(self) -> dict[str, Any]:
        origin, keys = self.sources.published.head.origin, self.sources.keys
        history = [
            {
                "vkey": one.verifier(origin).vkey,
                "created_at": one.created_at,
                "retired_at": one.retired_at,
            }
            for one in keys.history()
        ]
        vkey = self.sources.published.about(keys).vkey
        return {"origin": origin, "vkey": vkey, "history": history}

    def _custody(self) -> dict[str, Any]:
        wanted, by = self.wanted, self.wanted.by
        return {
            "bag": wanted.bag,
            "made_at": time_text(wanted.at),
            "made_by": {"kind": by.kind, "id": by.id, "role": by.role},
            "made_with": f"ticket-ledger {metadata.version('ticket-ledger')}",
            "recipient": wanted.recipient,
            "legal_basis": wanted.basis,
            "words": wanted.words,
            "withheld_on_demand": sorted(map(str, wanted.withhold)),
        }


def _said(note: bytes) -> ChainHead:
    return parse_chain_head(parse_note(note).text)


def _json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def info_of(wanted: Wanted) -> dict[str, str]:
    """Return what bag-info.txt says (RFC 8493, section 2.2.2)."""
    return {
        "Bagging-Date": wanted.at.date().isoformat(),
        "External-Identifier": str(wanted.bag),
        "Bag-Software-Agent": f"ticket-ledger {metadata.version('ticket-ledger')}",
    }
