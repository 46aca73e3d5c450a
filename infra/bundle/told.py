"""What a bag says of the sealed fields of its events: disclosed, withheld or erased."""

import hmac
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

from domain.errors import Integrity, Malformed
from infra.bundle import layout
from infra.bundle.reader import BagReader
from infra.envelope import Envelope
from infra.lengths import id_bytes, length, lp, lp_id, lp_name
from infra.mac import mac
from infra.sealing import SALT_BYTES

_COMMITMENT: Final = lp("ledger/commitment/v1")


class Told(StrEnum):
    """What became of a field."""

    DISCLOSED = "disclosed"
    WITHHELD = "withheld"
    ERASED = "erased"


class Line(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A line of one of the three lists."""

    position: int
    field: str
    salt: str = ""
    value: str = ""
    subject: str = ""
    purpose: str = ""
    erased_by: int = 0


@dataclass(frozen=True, slots=True)
class Field:
    """What became of one field, and the line that says so."""

    told: Told
    line: Line


_FILES: Final = {
    layout.DISCLOSED: Told.DISCLOSED,
    layout.WITHHELD: Told.WITHHELD,
    layout.ERASED: Told.ERASED,
}
_decode = msgspec.json.Decoder(Line).decode


def told_of(bag: BagReader) -> Iterator[tuple[tuple[int, str], Field]]:
    """Yield (position, field) and what became of it; raise Integrity for what cannot be read."""
    for name, told in _FILES.items():
        for raw in bag.lines(layout.PAYLOAD + name):
            try:
                line = _decode(raw)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                raise Integrity(f"{name}: a line that cannot be read") from None
            yield (line.position, line.field), Field(told, line)


def check_disclosed(parts: Envelope, line: Line) -> None:
    """Raise Integrity unless salt and value lead to the event's commitment (docs/format.md)."""
    try:
        salt, text = b64decode(line.salt, validate=True), line.value.encode()
    except ValueError:
        raise Integrity(f"{line.field} cannot be read") from None
    if len(salt) != SALT_BYTES:  # HMAC takes a longer one with zeroes for the same
        raise Integrity(f"{line.field} has no salt of {SALT_BYTES} bytes")
    named = lp_id(id_bytes(parts.id)) + lp_name(line.field)
    made = mac(salt, _COMMITMENT + named + length(len(text)) + text).hex()
    if not hmac.compare_digest(made, parts.sealed[line.field].commitment):
        raise Integrity(f"{line.field} is not what the event committed to")


def check_erased(parts: Envelope, name: str, by: Envelope | None) -> None:
    """Raise Integrity unless `by` erased the field (docs/format.md, "Erasures")."""
    if by is None or not _covers(parts, name, by):
        raise Integrity(f"no erasure in this bag covers {name}")


def _covers(parts: Envelope, name: str, by: Envelope) -> bool:
    said, data = parts.sealed[name], data_of(by)
    purposes = data.get("purposes")
    if not isinstance(purposes, list) or said.purpose.value not in purposes:
        return False
    if by.type == "MessageErased":
        return data.get("event") == str(parts.id)
    number = parts.contract.number if parts.contract else None
    anybody = said.purpose.value == "address"
    return (
        by.type == "SubjectErased"
        and by.position >= parts.position
        and data.get("contract") == number
        and (anybody or data.get("subject") == str(said.subject))
    )


def data_of(parts: Envelope) -> dict[str, object]:
    """Return an event's data as it was recorded; raise Malformed."""
    try:
        return msgspec.json.decode(parts.data, type=dict[str, object])
    except msgspec.MsgspecError as error:
        raise Malformed("its data cannot be read", "data") from error
