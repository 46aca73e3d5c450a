"""From envelope bytes to what the domain reads."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec
from msgspec import UNSET

from domain.errors import Malformed
from domain.log import Recorded
from domain.stream import Stream
from domain.values import LIVE, Actor, Behalf, Origin, OriginKind, Sealed
from infra.envelope import (
    ADDRESS,
    ActorPart,
    BehalfPart,
    Envelope,
    OriginPart,
    leaf_hash,
    malformed,
)
from infra.forms import FORMS, Forms
from infra.sealing import Commitment
from infra.upcast import STEPS, Steps, upcast

_ORIGIN: Final = msgspec.json.Decoder(OriginPart).decode
_ACTOR: Final = msgspec.json.Decoder(ActorPart).decode
_BEHALF: Final = msgspec.json.Decoder(BehalfPart | None).decode
_REMEMBERED: Final = 16_384


def commitments(parts: Envelope) -> list[Commitment]:
    """Return what an envelope says of its sealed fields, ready for `Sealer.open`."""
    stream = Stream(parts.stream.kind, parts.stream.id)
    return [
        Commitment(parts.id, stream, name, said.commitment) for name, said in parts.sealed.items()
    ]


def recorded_of(
    parts: Envelope,
    envelope: bytes,
    opened: Mapping[str, str | None] | None = None,
    forms: Forms = FORMS,
    steps: Steps = STEPS,
) -> Recorded:
    """Return a parsed envelope as the domain reads it, with the texts in `opened`."""
    contract, occurred_at = parts.contract, parts.occurred_at
    return Recorded(
        _event(parts, opened or {}, forms, steps),
        parts.id,
        parts.position,
        parts.ledger.epoch,
        Stream(parts.stream.kind, parts.stream.id),
        parts.stream.version,
        None if contract is None else (contract.number, contract.count),
        parts.recorded_at,
        None if occurred_at is UNSET else occurred_at,
        _origin(bytes(parts.origin)),
        _actor(bytes(parts.actor)),
        _behalf(bytes(parts.on_behalf_of)),
        leaf_hash(envelope),
    )


def _event(parts: Envelope, opened: Mapping[str, str | None], forms: Forms, steps: Steps) -> object:
    form = forms.get(parts.type)
    if form is None:
        raise Malformed("no event type of this ledger: update it", "type")
    sealed = {
        name: Sealed(opened.get(name), said.subject, said.purpose)
        for name, said in parts.sealed.items()
        if name != ADDRESS
    }
    try:
        if parts.type_version == form.version:
            event = form.read(parts.data, sealed)
        else:
            data = msgspec.json.decode(parts.data)
            data = upcast(steps, parts.type, data, parts.type_version, form.version)
            event = form.convert(data, sealed)
    except msgspec.MsgspecError as error:
        raise malformed(error, "data") from None
    if sealed:
        raise Malformed(f"{parts.type} has no such field", f"sealed.{next(iter(sealed))}")
    return event


@lru_cache(_REMEMBERED)
def _origin(raw: bytes) -> Origin:
    try:
        part = _ORIGIN(raw)
    except msgspec.MsgspecError as error:
        raise malformed(error, "origin") from None
    if part.kind is OriginKind.LIVE:
        if part.source is UNSET and part.row is UNSET:
            return LIVE
    elif part.source is not UNSET and part.row is not UNSET:
        return Origin(part.kind, part.source, part.row)
    raise Malformed("live has neither source nor row, imported has both", "origin")


@lru_cache(_REMEMBERED)
def _actor(raw: bytes) -> Actor:
    try:
        part = _ACTOR(raw)
    except msgspec.MsgspecError as error:
        raise malformed(error, "actor") from None
    return Actor(part.kind, part.id, part.role, part.credential_id, part.issuer, part.assurance)


@lru_cache(_REMEMBERED)
def _behalf(raw: bytes) -> Behalf | None:
    try:
        part = _BEHALF(raw)
    except msgspec.MsgspecError as error:
        raise malformed(error, "on_behalf_of") from None
    return None if part is None else Behalf(part.id, part.asserted)
