"""The parts of a mail: what of it is the text, what are files (RFC 2046, RFC 2183)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final, NamedTuple

from domain.errors import Malformed
from domain.limits import TEXT
from domain.mail.letter import File
from infra.mail.incoming.bounds import FILES
from infra.mail.incoming.texts import clean, decoded, text_of_html

_TEXT_BYTES: Final = 4 * TEXT
"""Bytes of a part that are read as text: a character has at most four."""

_NAME: Final = 300
_TYPE: Final = 200
_SUFFIX: Final = {"text/plain": ".txt", "text/html": ".html", "message/rfc822": ".eml"}


class Said(NamedTuple):
    """A piece of text, and whether it was HTML."""

    text: str
    html: bool


@dataclass(frozen=True, slots=True)
class Contents:
    """What a mail says, as plain text, and the files that came with it."""

    text: str
    files: tuple[File, ...]


class _Files:
    """Gathers files within the bounds."""

    def __init__(self, file_bytes: int) -> None:
        self.found: list[File] = []
        self._file_bytes = file_bytes

    def add(self, part: EmailMessage, data: bytes) -> None:
        """Keep a part as a file; raise Malformed for one too many or too large."""
        if len(self.found) >= FILES:
            raise Malformed(f"has more than {FILES} attachments")
        if len(data) > self._file_bytes:
            raise Malformed(f"has an attachment of more than {self._file_bytes} bytes")
        claimed = part.get_content_type()
        name = _file_name(part) or f"part-{len(self.found) + 1}{_SUFFIX.get(claimed, '')}"
        claimed = claimed if claimed.isprintable() else "application/octet-stream"
        self.found.append(File(name, claimed[:_TYPE], data))


def contents(message: EmailMessage, file_bytes: int) -> Contents:
    """Return text and files; what is too long for a text is there as a file too."""
    files = _Files(file_bytes)
    pieces = [
        text_of_html(piece.text) if piece.html else piece.text
        for piece in _collected(message, files)
    ]
    text = "\n\n".join(piece.strip() for piece in pieces if piece.strip())
    return Contents(text[:TEXT].strip(), tuple(files.found))


def _collected(part: EmailMessage, files: _Files) -> list[Said]:
    """Return the pieces of text in a part, and put its files where they belong."""
    kind = part.get_content_type()
    if kind == "message/rfc822" and part.is_multipart():
        files.add(part, _inner(part))
        return []
    if not part.is_multipart():
        return list(_leaf(part, kind, files))
    said = [piece for inner in _parts_of(part) for piece in _collected(inner, files)]
    if kind != "multipart/alternative":
        return said
    plain = [piece for piece in said if not piece.html]
    return plain if any(piece.text.strip() for piece in plain) else said


def _parts_of(part: EmailMessage) -> Iterable[EmailMessage]:
    return (inner for inner in part.get_payload() if isinstance(inner, EmailMessage))


def _leaf(part: EmailMessage, kind: str, files: _Files) -> Iterator[Said]:
    data = part.get_payload(decode=True)
    raw = data if isinstance(data, bytes) else b""
    written = kind in {"text/plain", "text/html"}
    if not written or part.get_content_disposition() == "attachment" or _file_name(part):
        files.add(part, raw)
        return
    text = decoded(raw[:_TEXT_BYTES], part.get_content_charset())
    if len(raw) > _TEXT_BYTES or len(text) > TEXT:
        files.add(part, raw)
    yield Said(text, kind == "text/html")


def _inner(part: EmailMessage) -> bytes:
    """Return the mail that is inside a part."""
    payload = part.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else None
    return inner.as_bytes() if isinstance(inner, EmailMessage) else b""


def _file_name(part: EmailMessage) -> str:
    """Return what the sender called a file, without what could lead out of a directory."""
    name = clean(part.get_filename() or "")
    shown = "".join(char if char.isprintable() else " " for char in name)
    return shown.replace("\\", "/").rpartition("/")[2].strip()[:_NAME].strip()
