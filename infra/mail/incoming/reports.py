"""Reports on delivery (RFC 3462, RFC 3464): what was not delivered, and why."""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Final

from domain.limits import TEXT
from domain.mail.report import Report
from infra.mail.incoming.bounds import HEADER_BYTES
from infra.mail.incoming.texts import raw_text

_STATUS: Final = re.compile(r"\b([245]\.[0-9]{1,3}\.[0-9]{1,3})\b")
_UNKNOWN: Final = "5.0.0"
"""RFC 3463: a permanent failure of which nothing more is known."""

_MESSAGE_ID: Final = re.compile(r"^message-id:\s*(<[^<>\s]{3,500}>)", re.IGNORECASE | re.MULTILINE)
_VALUE: Final = 2_000
_BLOCKS: Final = 100


def report_of(message: EmailMessage) -> Report | None:
    """Return the report that a mail is, None if it is none."""
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return None
    kind = message.get_param("report-type", "")
    parts = [one for one in message.get_payload() if isinstance(one, EmailMessage)]
    if str(kind).lower() != "delivery-status":
        return Report(delivery=False, failed=False, status="", about="", text="")
    blocks = [block for part in parts for block in _blocks(part)][:_BLOCKS]
    failed = [block for block in blocks if _value(block, "action").lower() == "failed"]
    return Report(
        delivery=True,
        failed=bool(failed),
        status=_status(failed),
        about=next((found for part in parts if (found := _about(part))), ""),
        text="\n\n".join(_written(block) for block in blocks)[:TEXT],
    )


def _blocks(part: EmailMessage) -> list[EmailMessage]:
    """Return the groups of fields of a message/delivery-status: the mail's, one a recipient."""
    if part.get_content_type() != "message/delivery-status" or not part.is_multipart():
        return []
    return [block for block in part.get_payload() if isinstance(block, EmailMessage)]


def _fields(block: EmailMessage) -> Iterator[tuple[str, str]]:
    for name, value in block.raw_items():
        yield name, " ".join(raw_text(str(value)[:_VALUE]).split())


def _value(block: EmailMessage, wanted: str) -> str:
    return next((value for name, value in _fields(block) if name.lower() == wanted), "")


def _written(block: EmailMessage) -> str:
    return "\n".join(f"{name}: {value}" for name, value in _fields(block))


def _status(failed: list[EmailMessage]) -> str:
    found = (_STATUS.search(_value(block, "status")) for block in failed)
    return next((one[1] for one in found if one), _UNKNOWN)


def _about(part: EmailMessage) -> str:
    """Return the Message-ID of the mail, or of the headers, that a report returns."""
    payload = part.get_payload()
    if part.get_content_type() == "message/rfc822" and isinstance(payload, list):
        inner = payload[0] if payload else None
        return _value(inner, "message-id") if isinstance(inner, EmailMessage) else ""
    if part.get_content_type() in {"text/rfc822-headers", "message/rfc822-headers"}:
        data = part.get_payload(decode=True)
        raw = data[:HEADER_BYTES] if isinstance(data, bytes) else b""
        found = _MESSAGE_ID.search(raw.decode("latin-1"))
        return found[1] if found else ""
    return ""
