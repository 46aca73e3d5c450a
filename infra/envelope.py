"""The envelope: an event as bytes, without personal data. docs/format.md states every member.

The bytes are printable ASCII: nothing in an envelope is free text. They are stored and hashed as
they are, and never made again from anything else.
"""

import hashlib
import re
import string
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from domain.errors import Malformed
from domain.stream import StreamKind
from domain.values import ActorKind, Assurance, OriginKind, Purpose, Role

FORMAT: Final = 1
MAX_BYTES: Final = 65_535
MAX_INT: Final = 2**53 - 1
ADDRESS: Final = "address"
"""The sealed field that holds the connection's address, in every event that has one."""

Code = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9._-]{1,64}\Z")]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Count = Annotated[int, Meta(ge=1, le=MAX_INT)]
Digest = Annotated[
    str, Meta(min_length=64, max_length=64, extra_json_schema={"pattern": "^[0-9a-f]{64}$"})
]
Time = Annotated[datetime, Meta(tz=True)]

_CHARACTERS: Final = (string.ascii_letters + string.digits + '._-"{}[]:,').encode()
_VALUES: Final = re.compile(r"'[^']*'")


class LedgerPart(Struct, forbid_unknown_fields=True, gc=False):
    """Which ledger, in which of its lives."""

    id: UUID
    epoch: Count


class StreamPart(Struct, forbid_unknown_fields=True, gc=False):
    """Which stream, and the event's number in it."""

    kind: StreamKind
    id: UUID
    version: Count


class ContractPart(Struct, forbid_unknown_fields=True, gc=False):
    """The contract's own chain: its number, the event's count in it, the leaf hash before it."""

    number: Code
    count: Count
    previous: Digest | None


class OriginPart(Struct, forbid_unknown_fields=True, gc=False):
    """Live, or imported from `source` at `row`."""

    kind: OriginKind
    source: Code | UnsetType = UNSET
    row: Count | UnsetType | None = UNSET


class ActorPart(Struct, forbid_unknown_fields=True, gc=False):
    """Who acted."""

    kind: ActorKind
    id: UUID
    role: Role | None
    credential_id: UUID | None
    issuer: Code
    assurance: Assurance


class BehalfPart(Struct, forbid_unknown_fields=True):
    """For whom, and what of it only the actor says."""

    id: UUID
    asserted: tuple[Code, ...]


class CommandPart(Struct, forbid_unknown_fields=True, gc=False):
    """The command that caused the event: which of its `count` events this is."""

    id: Digest
    index: Count
    count: Count


class SealedPart(Struct, forbid_unknown_fields=True, gc=False):
    """What the envelope says of a sealed field."""

    subject: UUID
    purpose: Purpose
    commitment: Digest


class Envelope(Struct, forbid_unknown_fields=True, kw_only=True):
    """Every member, in its order. The raw ones repeat from event to event: each is read once."""

    v: Annotated[int, Meta(ge=FORMAT, le=FORMAT)]
    ledger: LedgerPart
    id: UUID
    position: Count
    stream: StreamPart
    previous: Digest | None
    contract: ContractPart | None
    type: Name
    type_version: Count
    recorded_at: Time
    occurred_at: Time | UnsetType = UNSET
    origin: Raw
    actor: Raw
    on_behalf_of: Raw
    command: CommandPart
    correlation_id: UUID
    causation_id: UUID | None
    data: Raw
    sealed: dict[str, SealedPart]


_PARSE: Final = msgspec.json.Decoder(Envelope).decode


def parse(envelope: bytes) -> Envelope:
    """Return the members; raise Malformed for bytes that are no envelope of this format."""
    if len(envelope) > MAX_BYTES:
        raise Malformed(f"longer than {MAX_BYTES} bytes")
    if envelope.translate(None, _CHARACTERS):
        raise Malformed("a character that no envelope has")
    try:
        return _PARSE(envelope)
    except msgspec.MsgspecError as error:
        raise malformed(error) from None


def malformed(error: Exception, within: str = "") -> Malformed:
    """Return the error of the JSON library as ours, without the value it quotes."""
    text, _, path = str(error).partition(" - at `$")
    where = ".".join(part for part in (within, path.rstrip("`").lstrip(".")) if part)
    return Malformed(_VALUES.sub("…", text), where)


def leaf_hash(envelope: bytes) -> bytes:
    """Return the envelope's leaf hash, SHA-256(0x00 || envelope) (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\x00" + envelope).digest()


def time_text(at: datetime, where: str = "") -> str:
    """Return a time as `2026-01-02T03:04:05.000000Z`; raise Malformed for one without a zone."""
    if at.tzinfo is not UTC:
        if at.tzinfo is None:
            raise Malformed("a time without a time zone", where)
        try:
            at = at.astimezone(UTC)
        except OverflowError:
            raise Malformed("a time out of range", where) from None
    return at.isoformat("T", "microseconds")[:26] + "Z"
