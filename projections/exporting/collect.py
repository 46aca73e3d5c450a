"""Collecting a bag: events with their proofs, what may be told of them, what closes the history.

Everything is written as it is read: a page of events is in memory, never a history.
"""

import asyncio
from base64 import b64encode
from collections.abc import Callable
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
from infra.pdf import Hidden
from infra.reader import Reader
from infra.reading import commitments
from infra.sealing import ChunkPlace, Commitment, Disclosed, SealedRow, Sealer
from projections.exporting.chains import events_of
from projections.exporting.erasures import Erasures
from projections.exporting.names import names_of
from projections.exporting.page_one import cover_of
from projections.exporting.paper import Paper, Said, paper_row
from projections.exporting.scope import Scope, Told, envelope_at, erasures_of, scope_of
from projections.exporting.timeline import header, row
from projections.exporting.wanted import Wanted
from projections.exporting.words import ENGLISH, certificate, language_of, readme
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
    _scope: Scope = field(default_factory=lambda: Scope((), None, Told()))
    _language: str = ENGLISH
    _heads: dict[Chain, bytes] = field(default_factory=dict)
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
        scope = self._scope = await scope_of(pool, wanted)
        self._language = language_of(wanted.language, scope.language)
        lists = (layout.TIMELINE, layout.DISCLOSED, layout.WITHHELD, layout.ERASED)
        with ExitStack() as files:
            for name in lists:
                file = (self.bag.place / name).open("wb")
                self._lists[name] = files.enter_context(file)
            self._lists[layout.TIMELINE].write(header())
            async with await self._paper() as paper:
                await self._events(paper)
                await self._close()
                parts = await paper.done()
        for part in parts:
            self.bag.move_in(part.name, part)
        for name in lists:
            self.bag.move_in(name, self.bag.place / name)
        self._about(head)

    async def _paper(self) -> Paper:
        """Return the PDF in the making, with page one."""
        sources, wanted, scope = self.sources, self.wanted, self._scope
        names = await names_of(scope, sources.reader, sources.sealer)
        last = await envelope_at(sources.reader.pool, wanted.position)
        cover = cover_of(wanted, scope, names, self._language, last.recorded_at)

        def done(steps: int) -> None:
            self.progress(self.events + steps)

        return Paper(self.bag.place / "pdf", cover, wanted.zone.key, self._language, done)

    async def _events(self, paper: Paper) -> None:
        page: list[tuple[Envelope, bytes]] = []
        chains, upto = self._scope.chains, self.wanted.position
        async for one in events_of(self.sources.reader, chains, upto):
            page.append(one)
            if len(page) == PAGE:
                await self._page(page, paper)
                page = []
        await self._page(page, paper)
        await self._page(await self._erasing(), paper)

    async def _erasing(self) -> list[tuple[Envelope, bytes]]:
        """Return the events that erased something here and are not here themselves."""
        found = []
        for position in sorted(self._later.keys() - self._written):
            envelope = await self.sources.reader.by_event(self._later[position])
            if envelope is None:
                raise Integrity(f"the erasure at position {position} is gone")
            found.append((parse(envelope), envelope))
        return found

    async def _page(self, page: list[tuple[Envelope, bytes]], paper: Paper) -> None:
        told = await self._open([parts for parts, _ in page])
        rows = []
        for parts, envelope in page:
            self._event(parts, envelope)
            said, words = self._tell(parts, told)
            rows.append(paper_row(parts, said))
            self._lists[layout.TIMELINE].write(row(parts, words, self.wanted.zone))
            kept = told.get((parts.id, _DIGEST))
            if parts.type == "AttachmentAdded" and kept is not None:
                await self._attachment(parts)
        await paper.add(rows)
        self.progress(self.events)

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
        return self._scope.told.may_see(parts, parts.sealed[name])

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
    ) -> tuple[Said, dict[str, str]]:
        """Write what is said of each sealed field to its list; return it in two forms."""
        texts: Said = {}
        words = {}
        for name, said in parts.sealed.items():
            place: dict[str, Any] = {"position": parts.position, "field": name}
            found = told.get((parts.id, name))
            if found is not None:
                salt = b64encode(found.salt).decode()
                self._note(layout.DISCLOSED, {**place, "salt": salt, "value": found.text})
                texts[name] = words[name] = found.text
            elif not self._may_see(parts, name):
                whose = {"subject": said.subject, "purpose": said.purpose.value}
                self._note(layout.WITHHELD, place | whose)
                texts[name], words[name] = Hidden.WITHHELD, "[withheld]"
            else:
                by = self._erasures.covering(parts, name)
                if by is None:
                    raise Integrity(
                        f"position {parts.position}: {name} is gone, and no erasure says why"
                    )
                self._later[by.position] = by.id
                self._note(layout.ERASED, {**place, "erased_by": by.position})
                texts[name] = Hidden.ERASED
                words[name] = f"[erased, see position {by.position}]"
        return texts, words

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

    async def _close(self) -> None:
        """Write the signed heads: of the bag's chains, and of each stream that is here whole."""
        chains, add = self._scope.chains, self.bag.add
        for chain in chains:
            add(layout.head_name(chain_text(chain)), await self._head(chain))
        if self._scope.contract in chains:
            for stream, version in self._versions.items():
                if stream not in chains:
                    note = await self._head(stream)
                    if _said(note).count == version:
                        add(layout.head_name(chain_text(stream)), note)

    async def _head(self, chain: Chain) -> bytes:
        """Ask for a signed head; the integrator answers so many a second, and waits for nobody."""
        if chain in self._heads:
            return self._heads[chain]
        for _ in range(_TRIES):
            try:
                note = await ask_head(self.sources.data, chain, self.wanted.position)
            except Unavailable:
                await asyncio.sleep(_PAUSE)
            else:
                return self._heads.setdefault(chain, note)
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
            "chains": [chain_text(chain) for chain in self._scope.chains],
            "origin": origin,
            "as_of_position": wanted.position,
            "chain_events": _said(head).count,
            "events": self.events,
            "zone": wanted.zone.key,
            "language": self._language,
        }
        add(layout.ABOUT, _json(about))
        language, chains = self._language, self._scope.chains
        add(layout.README, readme(wanted, ENGLISH, origin, chains, self.events))
        if language != ENGLISH:
            name = layout.readme_name(language)
            add(name, readme(wanted, language, origin, chains, self.events))
        signed_at = time_text(wanted.at)
        add(layout.CERTIFICATE, certificate(wanted, language, origin, chains, signed_at))
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
            "disclosed_on_demand": sorted(map(str, wanted.disclose)),
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
