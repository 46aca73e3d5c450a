"""The members that all events of a request share: encoded once for each request."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from msgspec import Struct

from domain.errors import Malformed
from domain.values import Actor, Behalf, Origin, OriginKind, Provenance, is_code
from infra.envelope import MAX_INT, time_text


class Shared(Struct, frozen=True):
    """What a request says about each of its events.

    `who` is the bytes of origin, actor and on_behalf_of, with a comma after each; `why` the
    members correlation_id and causation_id; `occurred` the text of occurred_at.
    """

    who: bytes
    why: dict[str, UUID | None]
    occurred: bytes | None
    occurred_at: datetime | None
    actor_id: UUID


def shared_by(said: Provenance) -> Shared:
    """Return the shared members; raise Malformed for what no envelope may hold."""
    members = {
        "origin": _origin(said.origin),
        "actor": _actor(said.actor),
        "on_behalf_of": _behalf(said.on_behalf_of),
    }
    at = said.occurred_at
    return Shared(
        b"," + orjson.dumps(members)[1:-1] + b",",
        {"correlation_id": said.correlation, "causation_id": said.causation},
        None if at is None else time_text(at, "occurred_at").encode(),
        at,
        said.actor.id,
    )


def _origin(origin: Origin) -> dict[str, Any]:
    if origin.kind is OriginKind.LIVE:
        if origin.source is None and origin.row is None:
            return {"kind": "live"}
        raise Malformed("a live event has no source and no row", "origin")
    if origin.source is None or not is_code(origin.source):
        raise Malformed("an import's source must be a code", "origin.source")
    if origin.row is not None and not 1 <= origin.row <= MAX_INT:
        raise Malformed("not a row number from 1", "origin.row")
    return {"kind": "imported", "source": origin.source, "row": origin.row}


def _actor(actor: Actor) -> dict[str, Any]:
    if not is_code(actor.issuer):
        raise Malformed("an issuer must be a code", "actor.issuer")
    return {
        "kind": actor.kind.value,
        "id": actor.id,
        "role": None if actor.role is None else actor.role.value,
        "credential_id": actor.credential,
        "issuer": actor.issuer,
        "assurance": actor.assurance.value,
    }


def _behalf(behalf: Behalf | None) -> dict[str, Any] | None:
    if behalf is None:
        return None
    if not all(map(is_code, behalf.asserted)):
        raise Malformed("what is asserted must be a code", "on_behalf_of.asserted")
    return {"id": behalf.id, "asserted": behalf.asserted}
