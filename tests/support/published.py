"""The published schemas as a reader elsewhere uses them: by name, with what they refer to."""

import json
from functools import cache
from typing import Any, Final

import jsonschema_rs

from infra.schemas import EVENTS

_BASE: Final = "https://ledger.example/schemas/events/"
_ALL: Final = [
    (_BASE + path.name, json.loads(path.read_bytes())) for path in sorted(EVENTS.glob("*.json"))
]
_REGISTRY: Final = jsonschema_rs.Registry(_ALL, draft=jsonschema_rs.Draft202012)


@cache
def validator(name: str) -> jsonschema_rs.Draft202012Validator:
    """Return what checks values against a published schema, such as that of `TicketOpened.1`."""
    reference = {"$ref": f"{_BASE}{name}.json"}
    return jsonschema_rs.Draft202012Validator(reference, registry=_REGISTRY)


def refused(envelope: dict[str, Any], name: str | None = None) -> bool:
    """Say whether an envelope is none of its type and version (or of `name`)."""
    known = name or f"{envelope['type']}.{envelope['type_version']}"
    return not validator(known).is_valid(envelope)
