"""OpenAPI 3.1 from operations: parameters, bodies with examples, every status that can come."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.examples import answer_example
from api.operations import BYTES, Operation
from api.problems import MEDIA_TYPE, PROBLEMS
from api.schemas.common import ID_EXAMPLE, ProblemDocument, Written

_REF: Final = "#/components/schemas/{model}"
_ERROR_SCHEMA: Final = {"$ref": "#/components/schemas/ProblemDocument"}
_TITLES: Final = {problem.status: problem.title for problem in reversed(list(PROBLEMS.values()))}


def _text(pattern: str) -> dict[str, str]:
    return {"type": "string", "pattern": pattern}


_UUID: Final = {"type": "string", "format": "uuid"}
_NUMBER: Final = _text("^[A-Za-z0-9._-]{1,64}$")

_NAMED: Final[Mapping[str, tuple[Mapping[str, str], str]]] = {
    "number": (_NUMBER, "DEMO-1"),
    "name": (_NUMBER, "not-found"),
    "file": (_NUMBER, "TicketOpened.1.json"),
    "epoch": (_text("^[1-9][0-9]{0,8}$"), "1"),
    "level": (_text("^([0-9]|[1-5][0-9]|6[0-3])$"), "0"),
    "index": (_text(r"^(x[0-9]{3}/)*[0-9]{3}(\.p/[1-9][0-9]{0,2})?$"), "000"),
}


def _header(name: str, schema: Mapping[str, str], description: str, **more: Any) -> dict[str, Any]:
    said = {"name": name, "in": "header", "required": False, "description": description}
    return {**said, "schema": schema, **more}


_KEY: Final = _header(
    "Idempotency-Key",
    _text("^[!-~]{1,200}$"),
    "Made by the client; sending the same request again records it once.",
    required=True,
    example="2f0c9a4e-open",
)
_IF_MATCH: Final = _header(
    "If-Match",
    _text('^"[0-9]{1,15}"$'),
    "The ETag of what was read, on which the decision rests.",
    required=True,
    example='"1"',
)
_POSITION: Final = _header(
    "Ledger-Position",
    _text("^[0-9]{1,15}$"),
    "Of an earlier answer: the read waits (bounded) until it is in the view.",
)
_LAST_EVENT: Final = _header(
    "Last-Event-ID",
    _text("^[0-9]{1,15}$"),
    "The id of the last event received: the stream goes on after it, without gaps.",
)
_BEHALF: Final = (
    _header("Ledger-On-Behalf-Token", _text("^[!-~]+$"), "For services: the customer's own token."),
    _header("Ledger-On-Behalf-Of", _UUID, "For services: the person, only asserted."),
    _header(
        "Ledger-On-Behalf-Address",
        _text("^[0-9A-Fa-f.:]{2,45}$"),
        "For services: the customer's IP address, only asserted.",
    ),
)
_WRITE_HEADERS: Final = {
    "ETag": {"schema": {"type": "string"}, "description": "The version."},
    "Ledger-Position": {"schema": {"type": "string"}, "description": "The position."},
}


def models_of(operations: Iterable[Operation]) -> list[type[BaseModel]]:
    """Return every form that the operations name."""
    found: dict[str, type[BaseModel]] = {"ProblemDocument": ProblemDocument, "Written": Written}
    for operation in operations:
        for model in (operation.body, operation.answer):
            if model is not None:
                found[model.__name__] = model
    return list(found.values())


def component_schemas(operations: Iterable[Operation]) -> dict[str, Any]:
    """Return the JSON schemas of all forms, by name."""
    models = [(model, "validation") for model in models_of(operations)]
    _, schemas = models_json_schema(models, ref_template=_REF)  # type: ignore[arg-type]
    return dict(schemas["$defs"])


def statuses_of(operation: Operation) -> list[int]:
    """Return every error status that the operation can answer."""
    statuses = {405, 500, 503}
    if not operation.public:
        statuses |= {401, 403, 404, 422, 429}
    if operation.writes:
        statuses |= {400, 409, 412, 413, 415}
    if operation.decided:
        statuses.add(428)
    if operation.query is not None or operation.positioned:
        statuses.add(422)
    if "{" in operation.path:
        statuses.add(404)
    if operation.covered:
        statuses.add(409)
    if operation.tail:
        statuses.add(422)
    if operation.kept:
        statuses.add(410)
    return sorted(statuses)


def responses_of(operation: Operation) -> dict[int | str, dict[str, Any]]:
    """Return the documented answers of an operation."""
    content: dict[str, Any] = {"example": answer_example(operation)}
    if operation.answer is not None:
        content["schema"] = {"$ref": _REF.format(model=operation.answer.__name__)}
    good: dict[str, Any] = {"description": "Good.", "content": {operation.media: content}}
    if operation.writes:
        good["headers"] = _WRITE_HEADERS
    errors: dict[int | str, dict[str, Any]] = {
        status: {
            "description": _TITLES.get(status, "Problem"),
            "content": {MEDIA_TYPE: {"schema": _ERROR_SCHEMA}},
        }
        for status in statuses_of(operation)
    }
    return {operation.status: good, **errors}


def route_document(operation: Operation) -> dict[str, Any]:
    """Return what FastAPI cannot know of a route: parameters, body, security."""
    document: dict[str, Any] = {"parameters": list(_parameters(operation))}
    if not operation.public:
        document["security"] = [{"bearer": []}]
    if operation.raw:
        schema = {"type": "string", "format": "binary"}
        content = {"schema": schema, "example": operation.raw_example}
        document["requestBody"] = {
            "required": True,
            "description": "The bytes as they are.",
            "content": dict.fromkeys((operation.raw_media, BYTES), content),
        }
    elif operation.body is not None:
        schema = {"$ref": _REF.format(model=operation.body.__name__)}
        content = {"schema": schema, "example": dict(operation.example)}
        document["requestBody"] = {
            "required": any(field.is_required() for field in operation.body.model_fields.values()),
            "content": {"application/json": content},
        }
    return document


def _parameters(operation: Operation) -> Iterable[Mapping[str, Any]]:
    for name in re.findall(r"{(\w+)}", operation.path):
        schema, example = _NAMED.get(name, (_UUID, ID_EXAMPLE))
        yield {"name": name, "in": "path", "required": True, "schema": schema, "example": example}
    if operation.query is not None:
        yield from _query_parameters(operation.query)
    if operation.writes:
        yield _KEY
    if operation.decided:
        yield _IF_MATCH
    if operation.positioned:
        yield _POSITION
    if operation.media == "text/event-stream":
        yield _LAST_EVENT
    if not operation.public:
        yield from _BEHALF


def _query_parameters(query: type[BaseModel]) -> Iterable[Mapping[str, Any]]:
    schema = query.model_json_schema(ref_template=_REF)
    definitions = schema.get("$defs", {})
    for name, said in schema["properties"].items():
        options = said.get("anyOf", [said])
        form = next(option for option in options if option.get("type") != "null")
        if "$ref" in form:
            form = definitions[form["$ref"].rsplit("/", 1)[1]]
        form = {key: value for key, value in form.items() if key not in {"title", "default"}}
        required = name in schema.get("required", ())
        parameter = {"name": name, "in": "query", "required": required, "schema": form}
        if "description" in said:
            parameter["description"] = said["description"]
        yield parameter
