"""The names of holders that a recipient may see, out of the documents that they gave."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from infra.envelope import Envelope
from infra.reader import Reader
from infra.reading import commitments
from infra.sealing import Sealer
from projections.exporting.scope import Scope
from projections.telling import data_of

_NAMES: Final = ("passport.name", "entrepreneur.passport.name", "organisation.name")


async def names_of(scope: Scope, reader: Reader, sealer: Sealer) -> dict[UUID, str]:
    """Return the newest name of each holder that is there and told, by the holder's id."""
    found: dict[UUID, str] = {}
    for parts, _ in scope.identities:
        said = {one.field: one for one in commitments(parts)}
        rows = await reader.sealed_rows({parts.id})
        for holder, field in _fields(parts):
            row = rows.get((parts.id, field))
            if row is None or not scope.told.may_see(parts, parts.sealed[field]):
                continue
            (opened,) = await sealer.disclose_all_soon([(row, said[field])])
            if opened is not None:
                found[holder] = opened.text
    return found


def _fields(parts: Envelope) -> Iterable[tuple[UUID, str]]:
    """Yield (holder, field) of each name in the documents of one event."""
    data: dict[str, Any] = data_of(parts)
    holders: list[Any] = data.get("holders", [])
    places = [(UUID(one["id"]), f"holders.{n}.document") for n, one in enumerate(holders)]
    if "holder" in data:
        places.append((UUID(data["holder"]), "document"))
    for holder, place in places:
        for name in _NAMES:
            if f"{place}.{name}" in parts.sealed:
                yield holder, f"{place}.{name}"
