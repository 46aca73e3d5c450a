"""Reports on delivery (RFC 3462, RFC 3464, RFC 6533): what was not delivered, and why."""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from typing import Final

from domain.limits import TEXT
from domain.mail.report import Report
from infra.mail.incoming.bounds import HEADER_BYTES
from infra.mail.incoming.texts import raw_text

_STATUS: Final = re.compile(r"\b([245]\.[0-9]{1,3}\.[0-9]{1,3})\b")
_UNKNOWN: Final = "5.0.0"
"""RFC 3463: a permanent failure of which nothing more is known."""

_MESSAGE_ID: Final = re.compile(r"^message-id:\s*(<[^<>\s]{3,500}>)", re.IGNORECASE | re.MULTILINE)
_RETURNED: Final = frozenset(
    {"message/rfc822", "message/rfc822-headers", "message/global", "message/global-headers"}
)
"""Types that the parser reads as a mail inside the mail."""

_BLANK_LINES: Final = re.compile(rb"(?:\r?\n){2,}")
_VALUE: Final = 2_000
_BLOCKS: Final = 100


def report_of(message: EmailMessage) -> Report | None:
    """Return the report that a mail is, None if it is none."""
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return None
    kind = message.get_param("report-type", "")
    parts = [one for one in message.get_payload() if isinstance(one, EmailMessage)]
    if str(kind).lower().removeprefix("global-") != "delivery-status":
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
    """Return the groups of fields of a delivery status: the mail's, one a recipient."""
    kind = part.get_content_type()
    if not kind.startswith("message/") or not part.is_multipart():
        return []
    blocks = [block for block in part.get_payload() if isinstance(block, EmailMessage)]
    if kind == "message/delivery-status":
        return blocks
    if kind != "message/global-delivery-status" or not blocks:
        return []
    # The parser does not know this one: to it the first group is a mail, the others are its body.
    body = blocks[0].get_payload(decode=True)
    others = _BLANK_LINES.split(body) if isinstance(body, bytes) else []
    parser = BytesHeaderParser(policy=part.policy)
    return blocks + [parser.parsebytes(one) for one in others[:_BLOCKS] if one.strip()]


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
    if part.get_content_type() in _RETURNED and isinstance(payload, list):
        inner = payload[0] if payload else None
        return _value(inner, "message-id") if isinstance(inner, EmailMessage) else ""
    if part.get_content_type() == "text/rfc822-headers":
        data = part.get_payload(decode=True)
        raw = data[:HEADER_BYTES] if isinstance(data, bytes) else b""
        found = _MESSAGE_ID.search(raw.decode("latin-1"))
        return found[1] if found else ""
    return ""
