"""Signs heads of chains, in the integrator's process: the one that has the signing key.

Asked for is a chain, or an export that was recorded, never a text. What is signed is read from the
store and proved from the tiles: the last event lies in the tree of the published checkpoint, and
its envelope says that it is the chain's event of that number.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from socket import socket
from typing import Any, Final

import psycopg

from domain.access import Exported
from domain.chainhead import Chain, ChainHead
from domain.errors import Integrity, LedgerError, Malformed, NotFound, NotYetIntegrated, Unavailable
from domain.exportnote import ExportNote
from domain.stream import Stream
from infra import headchannel, logs
from infra.envelope import Envelope, leaf_hash, parse
from infra.headchannel import ExportAt
from infra.logkeys import LogKeys
from infra.notes import open_note
from infra.reading import recorded_of
from infra.sqlfiles import load_sql
from projections.log import Published, PublishedLog
from projections.log_meters import LogMeters

_SQL: Final = load_sql(__file__, "heads.sql")
_LOG: Final = logs.logger("heads")
_POLL: Final = 0.5
_PAUSE: Final = 2.0
RATE: Final = 500
"""Heads a second that are signed: the rest of the process's time belongs to the tree."""

Connection = psycopg.Connection[tuple[Any, ...]]


class HeadSigner:
    """Reads, proves and signs; for one thread."""

    def __init__(self, data: Path, keys: LogKeys, connect: Callable[[], Connection]) -> None:
        self._log = PublishedLog(data)
        self._keys = keys
        self._connect = connect
        self._connection: Connection | None = None
        self._believed: Published | None = None

    def sign(self, chain: Chain, size: int | None = None) -> bytes:
        """Return the signed head of a chain among the first `size` events.

        None: as many as the published checkpoint covers. Raises NotFound when it has none there,
        NotYetIntegrated when so many are not covered, Integrity when the store contradicts the
        tree, Unavailable when store or key cannot be used.
        """
        try:
            return self._sign(chain, size)
        except OSError as error:
            raise Unavailable(f"the log cannot be read: {type(error).__name__}") from error

    def sign_export(self, position: int) -> bytes:
        """Return the signed note of the export that was recorded at a position.

        What is signed is the digest in that event, which has to be in the tree: nobody can ask for
        any other. Raises NotFound when it records no export, and as `sign` does.
        """
        try:
            published = self._published()
            if position > published.head.size:
                raise NotYetIntegrated(f"the checkpoint covers {published.head.size} events")
            epoch, _, envelope = self._row("event", (position,))
            if epoch != published.epoch:
                raise NotYetIntegrated("the log of this epoch has not begun yet")
            bag, leaf = _exported(position, envelope), leaf_hash(envelope)
            published.path(leaf, position - 1, published.head.size)
            said = ExportNote(published.head.origin, bag, position, leaf)
            return self._signed(said.name, said.text())
        except OSError as error:
            raise Unavailable(f"the log cannot be read: {type(error).__name__}") from error

    def close(self) -> None:
        """Give up the connection."""
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None

    def _sign(self, chain: Chain, size: int | None) -> bytes:
        published = self._published()
        size = published.head.size if size is None else size
        if size > published.head.size:
            raise NotYetIntegrated(f"the checkpoint covers {published.head.size} events")
        epoch, position, envelope = self._last(chain, size)
        if epoch != published.epoch:
            raise NotYetIntegrated("the log of this epoch has not begun yet")
        count, last = _number(chain, position, envelope), leaf_hash(envelope)
        published.path(last, position - 1, size)
        origin, root = published.head.origin, published.root(size)
        head = ChainHead(origin, chain, count, position, last, size, root)
        return self._signed(head.name, head.text())

    def _published(self) -> Published:
        """Return the published checkpoint, which one of this ledger's keys signed."""
        published = self._log.latest()
        if published is not self._believed:
            open_note(published.note, self._keys.verifiers(published.head.origin))
            self._believed = published
        return published

    def _last(self, chain: Chain, size: int) -> tuple[int, int, bytes]:
        """Return the store's epoch, and the chain's last event: its position and envelope."""
        if isinstance(chain, Stream):
            return self._row("stream", (chain.id, chain.kind.value, size))
        return self._row("contract", (chain, size))

    def _row(self, name: str, asked: tuple[object, ...]) -> tuple[int, int, bytes]:
        statement = _SQL[name]
        try:
            if self._connection is None:
                self._connection = self._connect()
                self._connection.execute(_SQL["bound"])
            row = self._connection.execute(statement, asked).fetchone()
        except psycopg.Error as error:
            self.close()
            raise Unavailable(f"the store cannot be read: {type(error).__name__}") from None
        if row is None:
            raise NotFound("no event of it in this tree")
        return int(row[0]), int(row[1]), bytes(row[2])

    def _signed(self, name: str, text: str) -> bytes:
        signer, history = self._keys.signer(name), self._keys.history()
        if not history or history[-1].public != signer.verifier.public.hex():
            raise Unavailable("the key that signs is not in the list of keys yet")
        return signer.sign(text).encode()


def _exported(position: int, envelope: bytes) -> bytes:
    """Return the digest of the export that an envelope records; raise NotFound, Integrity."""
    try:
        said = parse(envelope)
        event = recorded_of(said, envelope).event
    except Malformed as error:
        raise Integrity(f"position {position} is no envelope: {error}") from None
    if said.position != position:
        raise Integrity(f"position {position} is another event than its columns say")
    if not isinstance(event, Exported):
        raise NotFound("no export is recorded there")
    return bytes.fromhex(event.digest)


def _number(chain: Chain, position: int, envelope: bytes) -> int:
    """Return the event's number in the chain, as its envelope says; raise Integrity."""
    try:
        said = parse(envelope)
    except Malformed as error:
        raise Integrity(f"position {position} is no envelope: {error}") from None
    number = _said_number(chain, said)
    if said.position != position or number is None:
        raise Integrity(f"position {position} is another event than its columns say")
    return number


def _said_number(chain: Chain, said: Envelope) -> int | None:
    if isinstance(chain, Stream):
        here = (said.stream.kind, said.stream.id) == (chain.kind, chain.id)
        return said.stream.version if here else None
    contract = said.contract
    return contract.count if contract is not None and contract.number == chain else None


class Desk:
    """Answers who asks for heads, one after the other, so many a second."""

    def __init__(self, signer: HeadSigner, meters: LogMeters, rate: int = RATE) -> None:
        self._signer = signer
        self._meters = meters
        self._rate = rate
        self._left = float(rate)
        self._since = time.monotonic()

    def serve(self, data: Path, stop: threading.Event) -> None:
        """Listen until `stop` is set; what goes wrong is told, and harms nothing else."""
        while not stop.is_set():
            try:
                listener = headchannel.listen(data)
                try:
                    listener.settimeout(_POLL)
                    while not stop.is_set():
                        self._accept(listener)
                finally:
                    headchannel.close(listener, data)
            except Exception as error:  # noqa: BLE001 - the tree must go on growing beside it
                _LOG.error("heads are not signed", exc_info=error)
                stop.wait(_PAUSE)
        self._signer.close()

    def _accept(self, listener: socket) -> None:
        with suppress(TimeoutError):
            channel, _ = listener.accept()
            outcome = "left"
            with closing(channel), suppress(OSError):
                outcome = self._answer(channel)
            self._meters.heads.labels(outcome).inc()

    def _answer(self, channel: socket) -> str:
        """Answer one question; return the word for how it went. Raises OSError."""
        try:
            asked, size = headchannel.receive(channel)
            self._take()
            if isinstance(asked, ExportAt):
                note = self._signer.sign_export(asked.position)
            else:
                note = self._signer.sign(asked, size)
        except LedgerError as error:
            if isinstance(error, Integrity):
                _LOG.exception("a head is not signed", exc_info=error, detail=str(error))
            return headchannel.refuse(channel, error)
        headchannel.answer(channel, note)
        return headchannel.SIGNED

    def _take(self) -> None:
        """Count a question; raise Unavailable when there were too many."""
        now = time.monotonic()
        self._left = min(float(self._rate), self._left + (now - self._since) * self._rate)
        self._since = now
        if self._left < 1.0:
            raise Unavailable("too many heads are asked for")
        self._left -= 1.0


@contextmanager
def serving(data: Path, signer: HeadSigner, meters: LogMeters) -> Iterator[None]:
    """Answer questions for heads in a thread while the block runs."""
    stop = threading.Event()
    desk = Desk(signer, meters)
    thread = threading.Thread(target=desk.serve, args=[data, stop], name="heads", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_POLL + headchannel.ANSWER_SECONDS)
