"""From a mail's bytes to what it says (RFC 5322, RFC 2045 to 2047, RFC 2231)."""

import hashlib
import re
from collections.abc import Mapping
from email.headerregistry import AddressHeader, HeaderRegistry
from email.message import EmailMessage
from email.parser import BytesFeedParser
from typing import Final, cast

from domain.errors import LedgerError, Malformed
from domain.limits import SHORT, SUBJECT
from domain.mail.letter import Letter
from infra.lengths import lp
from infra.mail.addresses import valid_address
from infra.mail.incoming.bounds import HEADER_BYTES, INTERPRETED, LINES, bounded_policy
from infra.mail.incoming.parts import contents
from infra.mail.incoming.reports import report_of
from infra.mail.incoming.texts import clean, raw_text

_PIECE: Final = 65_536
"""Bytes that the parser gets at once: of the whole it would make copies, one four times as wide."""

_REGISTRY: Final = HeaderRegistry()
_HEADERS_END: Final = re.compile(rb"\r?\n\r?\n|\r\r")
_ESSENTIAL: Final = ("message-id", "from", "date", "subject")
_NOBODY: Final = "mailer-daemon"
"""What a mail server may write for nobody, with no domain, when it hands a mail to a program."""

_UNFOLD: Final = re.compile(r"[\r\n]+")
_ANGLE: Final = re.compile(r"<([^<>\s]{3,320})>")


def read_letter(raw: bytes, file_bytes: int) -> Letter:
    """Return what a mail says; files of more than `file_bytes` are refused.

    Raises Malformed for what is no mail, or more of one than is read.
    """
    head, body = _halves(raw)
    try:
        message = _parsed(raw)
        fields = _fields(message)
        said = contents(message, file_bytes)
        sender, name = _sender(fields)
        return Letter(
            size=len(raw),
            digest=hashlib.sha256(raw).hexdigest(),
            headers=raw_text(head.decode("ascii", "surrogateescape")),
            fields=fields,
            sender=sender,
            name=name,
            returned_to=_returned_to(fields),
            subject=_interpreted("subject", fields)[:SUBJECT].strip(),
            text=said.text,
            files=said.files,
            report=report_of(message),
            essence=_essence(fields, body),
        )
    except LedgerError:
        raise
    except Exception as error:  # noqa: BLE001 - the parser raises what it likes for broken mail
        raise Malformed(f"cannot be read as a mail ({type(error).__name__})") from None


def _halves(raw: bytes) -> tuple[bytes, bytes]:
    """Return headers and body; raise Malformed before anything is parsed that is too much."""
    if raw.count(b"\n") + raw.count(b"\r") > 2 * LINES:
        raise Malformed(f"has more than {LINES} lines")
    end = _HEADERS_END.search(raw, 0, HEADER_BYTES + 4)
    if end is None:
        if len(raw) > HEADER_BYTES:
            raise Malformed(f"has headers of more than {HEADER_BYTES} bytes")
        return raw, b""
    return raw[: end.start()], raw[end.end() :]


def _parsed(raw: bytes) -> EmailMessage:
    parser = BytesFeedParser(policy=bounded_policy())
    for at in range(0, len(raw), _PIECE):
        parser.feed(raw[at : at + _PIECE])
    message = cast("EmailMessage", parser.close())  # what the policy makes
    if not message.keys():
        raise Malformed("has no headers: send the message as it came, from its first header on")
    return message


def _fields(message: EmailMessage) -> Mapping[str, tuple[str, ...]]:
    fields: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        text = raw_text(_UNFOLD.sub("", str(value))[: 10 * INTERPRETED]).strip()
        fields.setdefault(name.lower(), []).append(text)
    return {name: tuple(values) for name, values in fields.items()}


def _interpreted(name: str, fields: Mapping[str, tuple[str, ...]]) -> str:
    """Return an unstructured header with its encoded words read (RFC 2047)."""
    value = next(iter(fields.get(name, ())), "")[:INTERPRETED]
    text = str(_REGISTRY(name, value))
    return " ".join(clean(text).split())


def _sender(fields: Mapping[str, tuple[str, ...]]) -> tuple[str | None, str | None]:
    """Return address and name of the first in From who has a valid one."""
    value = next(iter(fields.get("from", ())), "")
    if len(value) > INTERPRETED:
        return None, None
    try:
        header = _REGISTRY("from", value)
        assert isinstance(header, AddressHeader)
        found = [(str(one.addr_spec), str(one.display_name)) for one in header.addresses]
    except Exception:  # noqa: BLE001 - the parser raises what it likes for broken addresses
        found = [(one[1], "") for one in _ANGLE.finditer(value)] or [(value, "")]
    for address, name in found:
        if (valid := valid_address(address)) is not None:
            said = " ".join(clean(name).split())[:SHORT]
            return valid, said or None
    return None, None


def _returned_to(fields: Mapping[str, tuple[str, ...]]) -> str | None:
    """Return where the envelope came from, empty for nobody (RFC 5321, section 4.5.5)."""
    value = next(iter(fields.get("return-path", ())), None)
    if value is None:
        return None
    inner = value.strip().removeprefix("<").removesuffix(">").strip()
    if inner.lower() == _NOBODY:
        return ""
    return valid_address(inner) if inner else ""


def _essence(fields: Mapping[str, tuple[str, ...]], body: bytes) -> bytes:
    said = (next(iter(fields.get(name, ())), "") for name in _ESSENTIAL)
    return lp(*said, hashlib.sha256(body).digest())
