"""Example answers for the documentation, worked out from the answers' schemas."""

from collections.abc import Mapping
from typing import Any, Final

from api.operations import Operation
from api.schemas.common import ID_EXAMPLE, TIME_EXAMPLE

_BY_FORMAT: Final = {
    "uuid": ID_EXAMPLE,
    "date-time": TIME_EXAMPLE,
    "date": "2026-01-02",
    "binary": "",
}
_BY_PATTERN: Final = {
    "^[0-9a-f]{64}$": "0d6e4079e36703ebd37c00722f5891d28b0e2811dc114b129215123adcce3605",
    "^[A-Z]{2}$": "PT",
}
_BY_TYPE: Final[Mapping[str, Any]] = {"integer": 1, "number": 1, "boolean": True, "string": "en"}
_BY_MEDIA: Final[Mapping[str, Any]] = {
    "application/json": {},
    "application/octet-stream": "a file's bytes",
    "application/zip": "a zip's bytes",
    "text/event-stream": "id: 7\nevent: ticket\ndata: {}\n\n",
    "text/plain": "ledger_position 7\n",
    "text/html": "<!doctype html>",
}


def answer_example(operation: Operation) -> Any:
    """Return what a good answer of the operation looks like."""
    if operation.answer_example is not None:
        known = operation.answer_example
        return known if isinstance(known, str) else dict(known)
    if operation.answer is None:
        return _BY_MEDIA[operation.media]
    schema = operation.answer.model_json_schema()
    return _example(schema, schema.get("$defs", {}))


def _example(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Any:
    """Return a value that fits a JSON schema."""
    if "$ref" in schema:
        return _example(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    for one in (*schema.get("examples", ()), *schema.get("enum", ())):
        return one
    if "anyOf" in schema:
        return _example(schema["anyOf"][0], definitions)
    if schema.get("type") == "array":
        return [_example(schema["items"], definitions)] if "items" in schema else []
    if schema.get("type") == "object":
        members = schema.get("properties", {})
        return {name: _example(said, definitions) for name, said in members.items()}
    known = _BY_FORMAT.get(schema.get("format", "")) or _BY_PATTERN.get(schema.get("pattern", ""))
    return known or schema.get("minimum") or _BY_TYPE.get(schema.get("type", ""))
