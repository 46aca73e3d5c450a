"""JSON Schema (draft 2020-12) of envelopes, made from the classes that read and write them."""

import inspect
import types
import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, Final

import msgspec

from domain.catalogue import BY_KIND
from domain.values import Sealed
from infra.envelope import ADDRESS, ActorPart, BehalfPart, Envelope, OriginPart, SealedPart
from infra.forms import Form

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ENVELOPE: Final = "envelope"
SEALED_FIELD: Final = "sealed-field"
_PLACE: Final = "#"  # any place in an array, in the path of a sealed field
_LIVE: Final = "live"
_REF: Final = "#/"
_FORMATS: Final = {
    "uuid": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    "date-time": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}Z$",
}
"""How an id and a time are written, of what may be read as one."""


def envelope_schema() -> Schema:
    """Return what every envelope has; `data` and the names in `sealed` are the type's matter."""
    whole = _plain(Envelope)
    whole["description"] = "An event without personal data: the bytes that are recorded and hashed."
    members = whole["properties"]
    members["origin"] = _origin()
    members["actor"] = _plain(ActorPart)
    members["on_behalf_of"] = _plain(BehalfPart | None)
    members["data"] = {"type": "object"}
    members["sealed"]["additionalProperties"] = {"$ref": f"{SEALED_FIELD}.json"}
    return {"$schema": DIALECT, **whole}


def sealed_field_schema() -> Schema:
    """Return what an envelope says of a sealed field."""
    return {"$schema": DIALECT, **_plain(SealedPart)}


def event_schema(form: Form) -> Schema:
    """Return the schema of an event type in its present version."""
    said = inspect.cleandoc(form.cls.__doc__)
    kinds = " or ".join(kind.value for kind, classes in BY_KIND.items() if form.cls in classes)
    data = _plain(form.json)
    return {
        "$schema": DIALECT,
        "title": form.name,
        "description": f"{said}\n\nIn streams of kind {kinds}.",
        "type": "object",
        "allOf": [{"$ref": f"{ENVELOPE}.json"}],
        "properties": {
            "type": {"const": form.name},
            "type_version": {"const": form.version},
            "data": {name: data[name] for name in data if name not in {"title", "description"}},
            "sealed": _sealed(form.cls),
        },
    }


def _sealed(cls: type) -> Schema:
    """Return which sealed fields a type has; what each of them says is in the envelope's schema."""
    found = [*_sealed_fields(cls, "", needed=True), (ADDRESS, False)]
    schema: Schema = {"type": "object"}
    schema["properties"] = {path: {} for path, _ in found if _PLACE not in path}
    if places := [path for path, _ in found if _PLACE in path]:
        schema["patternProperties"] = {_pattern(path): {} for path in places}
    schema["required"] = [path for path, needed in found if needed]
    schema["additionalProperties"] = False
    return schema


def _pattern(path: str) -> str:
    steps = ["(0|[1-9][0-9]*)" if step == _PLACE else step for step in path.split(".")]
    return f"^{'[.]'.join(steps)}$"


def _sealed_fields(hint: Any, path: str, *, needed: bool) -> Iterator[tuple[str, bool]]:
    """Yield the path of each sealed field of a type, and whether it is always there."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Sealed:
        yield path, needed
    elif origin in {types.UnionType, typing.Union}:
        yield from _sealed_fields(arguments[0], path, needed=False)
    elif origin is tuple:
        yield from _sealed_fields(arguments[0], f"{path}.{_PLACE}", needed=False)
    elif is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        for field in fields(hint):
            below = f"{path}.{field.name}" if path else field.name
            yield from _sealed_fields(hints[field.name], below, needed=needed)


def _origin() -> Schema:
    """Return both forms of an origin: live has neither source nor row, imported has both."""
    imported = _plain(OriginPart)
    members = imported["properties"]
    live = {**imported, "properties": {"kind": {"const": _LIVE}}, "required": ["kind"]}
    others = [one for one in members["kind"]["enum"] if one != _LIVE]
    members["kind"] = {**members["kind"], "enum": others}
    imported["required"] = list(members)
    return {"anyOf": [live, imported]}


def _plain(kind: Any) -> Schema:
    """Return the schema of a type in one piece."""
    (schema,), parts = msgspec.json.schema_components([kind], ref_template=_REF + "{name}")
    whole: Schema = _in_one_piece(schema, parts)
    return whole


def _in_one_piece(value: Any, parts: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_in_one_piece(one, parts) for one in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return _in_one_piece(parts[value["$ref"].removeprefix(_REF)], parts)
    whole = {name: _in_one_piece(one, parts) for name, one in value.items()}
    if isinstance(said := whole.get("description"), str):
        whole["description"] = inspect.cleandoc(said)
    if isinstance(written := whole.get("pattern"), str):
        whole["pattern"] = written.replace(r"\A", "^").replace(r"\Z", "$")
    if isinstance(form := whole.get("format"), str):
        whole["pattern"] = _FORMATS[form]
    return whole
