"""Checking a bag with the key of the log alone: every event, every file, nothing left out."""

from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from domain.chainhead import Chain, ChainHead, ChainLink, chain_text, check_chain
from domain.checkpoint import TreeHead, parse_tree_head
from domain.errors import Integrity, LedgerError
from domain.merkle import check_inclusion
from domain.stream import Stream
from infra.bundle import layout
from infra.bundle.about import about_of, named_in
from infra.bundle.alone import program
from infra.bundle.reader import BagReader
from infra.bundle.stamps import Stamping, check_stamps
from infra.bundle.told import Field, Told, check_disclosed, check_erased, told_of
from infra.chainheads import open_chain_head
from infra.envelope import MAX_BYTES, Envelope, leaf_hash, parse
from infra.exportnotes import open_export_note
from infra.notes import MAX_BYTES as NOTE_BYTES
from infra.notes import Verifier, open_note, parse_note
from infra.timestamps import Trust

_EVENTS: Final = layout.PAYLOAD + "events/"
_HEADS: Final = layout.PAYLOAD + "heads/"
_FILES: Final = layout.PAYLOAD + "attachments/"
_PROOF: Final = b"c2sp.org/tlog-proof@v1"


class Result(StrEnum):
    """What an event is found to be."""

    INTACT = "INTACT"
    WITHHELD = "INTACT-WITHHELD"
    ERASED = "INTACT-ERASED"
    ALTERED = "ALTERED"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, at which position, None for the whole."""

    position: int | None
    detail: str


@dataclass(slots=True)
class Verdict:
    """What was found; `complete`: nothing was left out."""

    results: dict[int, Result] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    complete: bool = True
    head: TreeHead | None = None
    signers: tuple[str, ...] = ()
    stamps: list[Stamping] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Say whether everything holds."""
        return not self.findings

    def find(self, detail: str, position: int | None = None, *, missing: bool = False) -> None:
        """Keep what was found; `missing`: something was left out."""
        self.findings.append(Finding(position, detail))
        self.complete = self.complete and not missing

    def counts(self) -> dict[str, int]:
        """Return how many events are what."""
        found = Counter(self.results.values())
        return {one.name.lower(): found[one] for one in Result}


def check(
    bag: BagReader,
    key: Verifier,
    trust: Sequence[Trust] = (),
    progress: Callable[[int], None] = lambda _: None,
) -> Verdict:
    """Look at everything in a bag; `key` is the one that signs the log's checkpoints."""
    checking = _Checking(bag, key, trust, progress)
    checking.run()
    return checking.verdict


@dataclass(slots=True)
class _Checking:
    bag: BagReader
    key: Verifier
    trust: Sequence[Trust]
    progress: Callable[[int], None]
    verdict: Verdict = field(default_factory=Verdict)
    _note: bytes = b""
    _told: dict[tuple[int, str], Field] = field(default_factory=dict)
    _heads: dict[Chain, ChainHead] = field(default_factory=dict)
    _links: dict[Chain, list[ChainLink]] = field(default_factory=dict)
    _gone: list[tuple[Envelope, str, int]] = field(default_factory=list)
    _erasing: dict[int, Envelope] = field(default_factory=dict)
    _files: dict[str, str] = field(default_factory=dict)
    _of: Chain = ""
    _upto: int = 0
    _named: set[Chain] = field(default_factory=set)

    def run(self) -> None:
        """Take every step; what is wrong in one keeps no other from being taken."""
        for step in (self._signed, self._listed, self._program, self._checkpoint, self._tell):
            with self._finding():
                step()
        for step in (self._open_heads, self._events, self._erased, self._closed, self._rest):
            with self._finding():
                step()
        with self._finding():
            if self.verdict.head is not None:
                self.verdict.stamps = check_stamps(self.bag, self.verdict.head, self.trust)
        for one in self.verdict.stamps:
            if one.status == "WRONG":
                self.verdict.find(f"{one.file}: {one.detail}")

    @contextmanager
    def _finding(self, position: int | None = None) -> Iterator[None]:
        try:
            yield
        except LedgerError as error:
            self.verdict.find(str(error), position)
            if position is not None:
                self.verdict.results[position] = Result.ALTERED

    def _signed(self) -> None:
        said = open_export_note(self.bag.read(layout.NOTE, NOTE_BYTES), self.key)
        if layout.TAGS not in self.bag.names or said.bag.hex() != self.bag.digest(layout.TAGS):
            raise Integrity(f"{layout.TAGS} is not the one that was signed")

    def _listed(self) -> None:
        known = {layout.NOTE, layout.TAGS}
        for manifest in (layout.TAGS, layout.MANIFEST):
            for line in self.bag.lines(manifest):
                wanted, _, name = line.decode("utf-8", "replace").partition("  ")
                known.add(name)
                if name not in self.bag.names:
                    self.verdict.find(f"{name} is missing", missing=True)
                    continue
                with self._finding():
                    if self.bag.digest(name) != wanted:
                        raise Integrity(f"{name} is not what the manifest says")
        for name in sorted(self.bag.names - known):
            self.verdict.find(f"{name} is in no manifest")

    def _program(self) -> None:
        name = layout.PAYLOAD + layout.PROGRAM
        if self.bag.read(name, len(program()) * 4) != program():
            raise Integrity(f"{name} is not the one of this ledger's version: do not run it")

    def _checkpoint(self) -> None:
        self._note = self.bag.read(layout.PAYLOAD + layout.CHECKPOINT, NOTE_BYTES)
        head = parse_tree_head(open_note(self._note, [self.key]))
        if head.origin != self.key.name:
            raise Integrity("the checkpoint is of another log")
        self.verdict.head = head
        self.verdict.signers = tuple(one.name for one in parse_note(self._note).signatures)

    def _tell(self) -> None:
        for place, said in told_of(self.bag):
            if place in self._told:
                self.verdict.find(f"{place[1]} is told of twice", place[0])
            self._told[place] = said

    def _open_heads(self) -> None:
        for name in self.bag.under(_HEADS):
            with self._finding():
                head = open_chain_head(self.bag.read(name, NOTE_BYTES), [self.key])
                self._heads[head.chain], self._links[head.chain] = head, []
        about = about_of(self.bag)
        self._of, self._upto = about.of, about.as_of_position
        for chain in {about.of, *about.whole}:
            self._require_head(chain, "there is no signed head of what was exported")

    def _require_head(self, chain: Chain, otherwise: str) -> None:
        head = self._heads.get(chain)
        if head is None or head.size != self._upto:
            self.verdict.find(f"{otherwise}: {chain_text(chain)}", missing=True)

    def _events(self) -> None:
        positions = sorted(_position(name) for name in self.bag.under(_EVENTS))
        for number, position in enumerate(positions, 1):
            with self._finding(position):
                self.verdict.results[position] = self._event(position)
            if number % 1_000 == 0:
                self.progress(number)

    def _event(self, position: int) -> Result:
        envelope = self.bag.read(f"{_EVENTS}{position}.json", MAX_BYTES)
        leaf = leaf_hash(envelope)
        self._prove(position, leaf)
        parts = parse(envelope)
        if parts.position != position:
            raise Integrity("it is another event than its name says")
        self._link(parts, leaf)
        self._named.update(named_in(parts, self._of))
        if parts.type in {"SubjectErased", "MessageErased"}:
            self._erasing[position] = parts
        found = Result.INTACT
        for name in parts.sealed:
            found = max(found, self._field(parts, name), key=list(Result).index)
        return found

    def _prove(self, position: int, leaf: bytes) -> None:
        raw = self.bag.read(layout.PAYLOAD + layout.proof_name(position), NOTE_BYTES)
        proof, _, note = raw.partition(b"\n\n")
        version, index, *steps = proof.split(b"\n")
        head = self.verdict.head
        if (version, index) != (_PROOF, b"index %d" % (position - 1)):
            raise Integrity("its proof is of another event")
        if head is None or note != self._note:
            raise Integrity("its proof is of another checkpoint")
        try:
            hashes = [b64decode(step, validate=True) for step in steps]
        except ValueError:
            raise Integrity("its proof cannot be read") from None
        check_inclusion(leaf, position - 1, head.size, hashes, head.root)

    def _link(self, parts: Envelope, leaf: bytes) -> None:
        stream = Stream(parts.stream.kind, parts.stream.id)
        places: list[tuple[Chain, int, str | None]] = [
            (stream, parts.stream.version, parts.previous)
        ]
        if parts.contract is not None:
            places.append((parts.contract.number, parts.contract.count, parts.contract.previous))
        for chain, number, previous in places:
            if chain in self._heads and parts.position <= self._heads[chain].size:
                before = bytes.fromhex(previous) if previous else None
                self._links[chain].append(ChainLink(number, before, leaf))

    def _field(self, parts: Envelope, name: str) -> Result:
        said = self._told.pop((parts.position, name), None)
        if said is None:
            detail = f"{name} is neither here, withheld nor erased"
            self.verdict.find(detail, parts.position, missing=True)
            return Result.INTACT
        if said.told is Told.WITHHELD:
            return Result.WITHHELD
        if said.told is Told.ERASED:
            self._gone.append((parts, name, said.line.erased_by))
            return Result.ERASED
        check_disclosed(parts, said.line)
        if (parts.type, name) == ("AttachmentAdded", "digest"):
            data = msgspec.json.decode(parts.data)
            self._files[layout.attachment_name(UUID(data["attachment"]))] = said.line.value
        return Result.INTACT

    def _erased(self) -> None:
        for parts, name, by in self._gone:
            with self._finding(parts.position):
                check_erased(parts, name, self._erasing.get(by))

    def _closed(self) -> None:
        for chain in self._named:
            self._require_head(chain, "the dispute names a chain that has no signed head here")
        for chain, head in self._heads.items():
            try:
                check_chain(head, sorted(self._links[chain], key=lambda one: one.number))
            except LedgerError as error:
                self.verdict.find(str(error), missing=True)

    def _rest(self) -> None:
        for position, name in self._told:
            self.verdict.find(f"{name} is told of, but not in an event here", position)
        wanted = {layout.PAYLOAD + name: digest for name, digest in self._files.items()}
        for name in sorted({*wanted, *self.bag.under(_FILES)}):
            if name not in self.bag.names:
                self.verdict.find(f"{name} is missing", missing=True)
            elif wanted.get(name) != self.bag.digest(name):
                self.verdict.find(f"{name} is not what was received")


def _position(name: str) -> int:
    number = name.removeprefix(_EVENTS).removesuffix(".json")
    if not number.isascii() or not number.isdecimal() or f"{_EVENTS}{int(number)}.json" != name:
        raise Integrity(f"{name} is no event's name")
    return int(number)
