"""Bags for tests: a ledger with something of everything in it, exported; changing what was made."""

import asyncio
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from support.databases import Database
from support.log import NAME, integrated
from support.store import key, provenance
from support.views import Ledger, eventually, ledger_on

from domain.chainhead import Chain
from domain.contract.documents import Category
from domain.contract.events import ContractRegistered, PersonNamed, Right
from domain.errors import LedgerError, Unavailable
from domain.exportnote import ExportNote
from domain.log import NewEvent, Request, Write
from domain.stream import Stream, StreamKind
from domain.ticket import events as t
from domain.values import Actor, ActorKind, Origin, OriginKind, Purpose, Role, Sealed
from infra.bundle.alone import program
from infra.bundle.checking import Verdict, check
from infra.bundle.reader import opening
from infra.headchannel import ask_export
from infra.ids import new_id
from infra.keys import KeyScope
from infra.logkeys import LogKeys
from infra.notes import Verifier
from infra.pool import Pool
from infra.reader import Reader
from infra.sealing import CHUNK_BYTES, ChunkPlace
from projections.exporting.make import make_bag
from projections.exporting.wanted import Wanted
from projections.heads import HeadSigner, serving
from projections.integrate import connect
from projections.log_meters import LogMeters

ORIGIN = f"{NAME}/1"
CONTRACT = "CN-1001"
TEXTS = (
    "The mail server answers nothing.",
    "Привет, это ошибка; служба не запускается",
    "服务器没有回应",
    "=HYPERLINK(1) and \u202eturned\u202c, \x07, مرحبا, 🧨, e\u0301\nsecond line",
    "İstanbul'da sunucu çöktü",
)
FILE = bytes(range(256)) * 5000  # two chunks


@dataclass
class Told:
    """Who and what a told ledger has."""

    holder: UUID = field(default_factory=new_id)
    third: UUID = field(default_factory=new_id)
    agent: Actor = field(default_factory=lambda: Actor(ActorKind.STAFF, new_id(), Role.AGENT))
    contract: Stream = field(default_factory=lambda: Stream(StreamKind.CONTRACT, new_id()))
    ticket: Stream = field(default_factory=lambda: Stream(StreamKind.TICKET, new_id()))
    other: Stream = field(default_factory=lambda: Stream(StreamKind.TICKET, new_id()))
    attachment: UUID = field(default_factory=new_id)

    @property
    def customer(self) -> Actor:
        return Actor(ActorKind.CUSTOMER, self.holder, Role.CUSTOMER)


def story(told: Told, messages: int = 6) -> Iterator[Request]:
    """Yield what is recorded: a contract, two tickets, words of several people, a file."""
    said = Saying()
    registered = ContractRegistered(CONTRACT, Category.UNKNOWN, told.holder, "en", None, ())
    name = Sealed("Somebody Else", told.third, Purpose.IDENTITY)
    yield said(told.agent, told.contract, registered)
    yield said(told.customer, told.ticket, _opened(told, TEXTS[0]))
    yield said(told.customer, told.other, _opened(told, TEXTS[1]))
    file = (t.Audience.PUBLIC, t.Side.CUSTOMER, _text(told, "photo.jpg"), _text(told, "image/jpeg"))
    digest = _text(told, sha256(FILE).hexdigest())
    added = t.AttachmentAdded(told.attachment, *file, "unknown", len(FILE), digest)
    yield said(told.customer, told.ticket, added)
    for number in range(messages):
        text = TEXTS[number % len(TEXTS)]
        whose = told.third if number == 2 else told.holder
        sealed = Sealed(text, whose, Purpose.CORRESPONDENCE)
        posted = t.MessagePosted(new_id(), t.Side.CUSTOMER, t.Audience.PUBLIC, sealed, "en", ())
        stream = told.other if number % 3 == 1 else told.ticket
        yield said(told.customer, stream, posted, imported=number == 3)
    yield said(told.agent, told.ticket, t.TagAdded("network"), t.TagAdded("mail"))
    rights = (Right.READ,)
    yield said(told.agent, told.contract, PersonNamed(new_id(), name, None, rights, None))


def _opened(told: Told, text: str) -> t.TicketOpened:
    return t.TicketOpened(
        number="000001",
        contract=CONTRACT,
        requester=told.holder,
        channel=t.Channel.PORTAL,
        language="en",
        priority=t.Priority.NORMAL,
        subject=_text(told, "No network"),
        text=_text(told, text),
    )


def _text(told: Told, text: str) -> Sealed:
    return Sealed(text, told.holder, Purpose.CORRESPONDENCE)


class Saying:
    """Makes requests one after the other, each stream at its version."""

    def __init__(self) -> None:
        self._versions: dict[Stream, int] = {}

    def __call__(
        self,
        by: Actor,
        stream: Stream,
        *events: object,
        imported: bool = False,
        contract: str | None = CONTRACT,
    ) -> Request:
        version = self._versions.get(stream, 0)
        self._versions[stream] = version + len(events)
        address = Sealed('{"address":"192.0.2.7"}', by.id, Purpose.ADDRESS)
        origin = Origin(OriginKind.IMPORTED, "log", 7) if imported else Origin()
        who = replace(provenance(), actor=by, address=address, origin=origin)
        new = tuple(NewEvent(event, contract) for event in events)
        return Request((Write(stream, version, new),), (), key(), who)


def keep_file(ledger: Ledger, told: Told) -> None:
    """Store the bytes of the told attachment, as the API does."""
    keep(
        ledger,
        KeyScope(told.holder, CONTRACT, Purpose.CORRESPONDENCE),
        told.ticket,
        told.attachment,
        FILE,
    )


def keep(ledger: Ledger, scope: KeyScope, ticket: Stream, attachment: UUID, content: bytes) -> None:
    """Store the bytes of an attachment."""

    async def store() -> None:
        pool = Pool(ledger.database.dsn_app)
        await pool.open()
        sealing = ledger.codec.keys.sealing_keys((scope,))[scope]
        pieces = [content[at : at + CHUNK_BYTES] for at in range(0, len(content), CHUNK_BYTES)]
        for index, piece in enumerate(pieces):
            place = ChunkPlace(ticket, attachment, index, last=index == len(pieces) - 1)
            chunk = ledger.codec.sealer.seal_chunk(place, piece, sealing)
            await Reader(pool).store_chunk(attachment, index, chunk)
        await pool.close()

    asyncio.run(store())


@dataclass
class Exporting:
    """Exports from a ledger whose log lies in `data`."""

    ledger: Ledger
    data: Path

    @property
    def vkey(self) -> str:
        return LogKeys(self.data).signer(ORIGIN).verifier.vkey

    @contextmanager
    def log(self) -> Iterator[None]:
        """Integrate what is recorded and answer for heads while the block runs."""
        integrated(self.ledger.database, self.data)
        dsn = self.ledger.database.dsn_follower
        signer = HeadSigner(self.data, LogKeys(self.data), lambda: connect(dsn))
        with serving(self.data, signer, LogMeters()):
            assert eventually(self._answers)
            yield

    def _answers(self) -> bool:
        """Say whether the integrator answers: there is its socket before it listens."""
        try:
            asyncio.run(ask_export(self.data, 1))
        except Unavailable:
            return False
        except LedgerError:  # that event is no export
            return True
        return True

    def export(
        self,
        chain: Chain,
        out: Path,
        position: int | None = None,
        withhold: frozenset[UUID] = frozenset(),
        sign: Callable[[bytes], bytes] | None = None,
        at: datetime | None = None,
        bag: UUID | None = None,
        **more: Any,
    ) -> Path:
        """Export a chain to a file, signed by the log's key; return the file."""
        last = self.ledger.rows("SELECT max(position) FROM ledger.events")[0][0]
        wanted = Wanted(
            chain=chain,
            position=position or last,
            bag=bag or new_id(),
            by=Actor(ActorKind.STAFF, new_id(), Role.DISPUTE_HANDLER),
            at=at or datetime.now(UTC),
            recipient="The district court",
            basis="court_order",
            words=None,
            withhold=withhold,
            zone=ZoneInfo("Asia/Tashkent"),
            **more,
        )

        async def run() -> None:
            pool = Pool(self.ledger.database.dsn_app)
            await pool.open()
            try:
                await make_bag(
                    out,
                    wanted,
                    Reader(pool),
                    self.ledger.codec.sealer,
                    self.data,
                    LogKeys(self.data),
                    signing,
                )
            finally:
                await pool.close()

        async def signing(digest: bytes) -> bytes:
            return (sign or self.sign)(digest)

        asyncio.run(run())
        return out

    def sign(self, digest: bytes) -> bytes:
        """Sign a bag's digest as the integrator does."""
        said = ExportNote(ORIGIN, digest, 1, bytes(32))
        return LogKeys(self.data).signer(said.name).sign(said.text()).encode()


@contextmanager
def exporting_on(database: Database, data: Path, told: Told) -> Iterator[Exporting]:
    """Tell the story and keep its file; yield the exports, whose `log` begins when all is told."""
    with ledger_on(database, data) as ledger:
        ledger.tell(story(told))
        keep_file(ledger, told)
        yield Exporting(ledger, data)


def verify(bag: Path, vkey: str, **more: Any) -> Verdict:
    """Check a bag with the ledger's own code."""
    with opening(bag) as opened:
        return check(opened, Verifier.parse(vkey), **more)


def verify_alone(bag: Path, vkey: str) -> subprocess.CompletedProcess[str]:
    """Check a bag with its program on a bare Python, started from elsewhere."""
    place = bag.parent / "alone"
    place.mkdir(exist_ok=True)
    (place / "verify.py").write_bytes(program())
    command = [sys.executable, "-I", "-S", str(place / "verify.py"), str(bag), "--json"]
    return subprocess.run(
        [*command, "--vkey", vkey],
        cwd=place,
        env={},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def files_of(bag: Path) -> dict[str, bytes]:
    """Return the files of a bag by name, its top folder with the name."""
    with zipfile.ZipFile(bag) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_bag(out: Path, files: dict[str, bytes]) -> Path:
    """Write files as a zip of stored members, with right CRCs, but unlisted."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return out


def relisted(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files with manifests that fit them, as a forger without the key makes them."""
    top = next(iter(files)).partition("/")[0]
    payload = {n: c for n, c in files.items() if n.startswith(f"{top}/data/")}
    tags = {n: c for n, c in files.items() if n not in payload}
    manifest = "".join(
        f"{sha256(c).hexdigest()}  {n[len(top) + 1 :]}\n" for n, c in payload.items()
    )
    tags[f"{top}/manifest-sha256.txt"] = manifest.encode()
    listed = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt")
    found = [(name, tags[f"{top}/{name}"]) for name in listed if f"{top}/{name}" in tags]
    tags[f"{top}/tagmanifest-sha256.txt"] = "".join(
        f"{sha256(content).hexdigest()}  {name}\n" for name, content in found
    ).encode()
    return {**payload, **tags}
