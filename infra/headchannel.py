"""The way to the integrator for heads of chains: a Unix socket in the log's directory.

One question a connection: a line `CHAIN SIZE` (SIZE `-`: that of the last checkpoint), or `export
POSITION` for the note of the export that is recorded there. The answer is a line, `signed LENGTH`
with the note behind it, or one word that says why not. What is signed is made by the integrator
alone: nobody can send it a text.
"""

import asyncio
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.chainhead import Chain, chain_text, parse_chain
from domain.errors import (
    Integrity,
    LedgerError,
    Malformed,
    NotFound,
    NotYetIntegrated,
    Unavailable,
)
from infra.tilefiles import log_directory

SOCKET: Final = "heads"
QUESTION_BYTES: Final = 160
QUESTION_SECONDS: Final = 0.5
ANSWER_SECONDS: Final = 3.0
SIGNED: Final = "signed"
EXPORT: Final = "export"
_NOTE_BYTES: Final = 4096
_BACKLOG: Final = 128
_SIZE: Final = re.compile(r"-|[1-9][0-9]{0,15}")

_WORDS: Final[dict[str, tuple[type[LedgerError], str]]] = {
    "absent": (NotFound, "none of its events is in this tree"),
    "later": (NotYetIntegrated, "no checkpoint covers it yet"),
    "altered": (Integrity, "what is stored contradicts the tree that was signed"),
    "malformed": (Malformed, "not a question for the head of a chain"),
    "away": (Unavailable, "the integrator cannot sign now"),
}
"""What an answer says instead of a note, the narrower errors first."""


async def ask_head(data: Path, chain: Chain, size: int | None = None) -> bytes:
    """Return the signed head of a chain among the first `size` events (None: of the checkpoint).

    Raises NotFound when the chain has no event there, NotYetIntegrated when no checkpoint covers
    so many, Integrity when the store contradicts the tree, Unavailable when nobody answers.
    """
    return await _ask(data, f"{chain_text(chain)} {size or '-'}\n")


async def ask_export(data: Path, position: int) -> bytes:
    """Return the signed note of the export that was recorded at a position.

    Raises NotFound when none was, NotYetIntegrated when no checkpoint covers it, Integrity when
    the store contradicts the tree, Unavailable when nobody answers.
    """
    return await _ask(data, f"{EXPORT} {position}\n")


async def _ask(data: Path, line: str) -> bytes:
    question = line.encode()
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            word, note = await _exchange(log_directory(data), question)
    except (OSError, EOFError, ValueError) as error:
        raise Unavailable("the integrator does not answer") from error
    if word == SIGNED and note:
        return note
    kind, detail = _WORDS.get(word, _WORDS["away"])
    raise kind(detail)


async def _exchange(directory: Path, question: bytes) -> tuple[str, bytes]:
    with _short(directory) as place:
        reader, writer = await asyncio.open_unix_connection(place)
    try:
        writer.write(question)
        word, _, length = (await reader.readline()).decode("ascii").strip().partition(" ")
        wanted = min(int(length), _NOTE_BYTES) if length else 0
        return word, await reader.readexactly(wanted)
    finally:
        writer.close()


def listen(data: Path) -> socket.socket:
    """Return the listening socket, for this user alone; whoever calls is the one integrator."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _short(log_directory(data)) as place:
            Path(place).unlink(missing_ok=True)  # of an integrator that was killed
            listener.bind(place)
            Path(place).chmod(0o600)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def close(listener: socket.socket, data: Path) -> None:
    """Stop listening."""
    listener.close()
    with suppress(OSError):
        (log_directory(data) / SOCKET).unlink()


@dataclass(frozen=True, slots=True)
class ExportAt:
    """The question for the note of the export that was recorded at a position."""

    position: int


def receive(channel: socket.socket) -> tuple[Chain | ExportAt, int | None]:
    """Return what is asked: a chain and a tree size or None, or an export; raise Malformed."""
    raw, ends = b"", time.monotonic() + QUESTION_SECONDS
    while not raw.endswith(b"\n"):
        channel.settimeout(max(0.001, ends - time.monotonic()))
        try:
            more = channel.recv(QUESTION_BYTES + 1 - len(raw))
        except TimeoutError:
            more = b""
        raw += more
        if not more or len(raw) > QUESTION_BYTES:
            raise Malformed("no line, or one that is too long or too late")
    chain, _, size = raw[:-1].decode("ascii", "replace").rpartition(" ")
    if not _SIZE.fullmatch(size):
        raise Malformed("not a tree's size", "size")
    if chain == EXPORT and size != "-":
        return ExportAt(int(size)), None
    return parse_chain(chain), None if size == "-" else int(size)


def answer(channel: socket.socket, note: bytes) -> None:
    """Send a signed head."""
    _send(channel, f"{SIGNED} {len(note)}\n".encode() + note)


def refuse(channel: socket.socket, error: LedgerError) -> str:
    """Send the word for an error, and return it; nothing else of the error leaves the process."""
    word = next((word for word, (kind, _) in _WORDS.items() if isinstance(error, kind)), "away")
    _send(channel, f"{word}\n".encode())
    return word


def _send(channel: socket.socket, raw: bytes) -> None:
    channel.settimeout(QUESTION_SECONDS)
    channel.sendall(raw)


@contextmanager
def _short(directory: Path) -> Iterator[str]:
    """Yield a path of the socket that is short: a socket's may have 107 bytes."""
    opened = os.open(directory, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{opened}/{SOCKET}"
    finally:
        os.close(opened)
