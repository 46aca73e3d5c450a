"""OpenAPI 3.1 from operations: parameters, bodies with examples, every status that can come."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.examples import answer_example
from api.operations import Operation
from api.problems import MEDIA_TYPE, PROBLEMS
from api.schemas.common import ID_EXAMPLE, ProblemDocument, Written

_REF: Final = "#/components/schemas/{model}"
_ERROR_SCHEMA: Final = {"$ref": "#/components/schemas/ProblemDocument"}
_TITLES: Final = {problem.status: problem.title for problem in reversed(list(PROBLEMS.values()))}

_UUID: Final = {"type": "string", "format": "uuid"}
_NUMBER: Final = {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}

_NAMED: Final[Mapping[str, tuple[Mapping[str, str], str]]] = {
    "number": (_NUMBER, "DEMO-1"),
    "name": (_NUMBER, "not-found"),
    "level": ({"type": "string", "pattern": "^([0-9]|[1-5][0-9]|6[0-3])$"}, "0"),
    "index": (
        {"type": "string", "pattern": r"^(x[0-9]{3}/)*[0-9]{3}(\.p/[1-9][0-9]{0,2})?$"},
        "000",
    ),
}
_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Made by the client; sending the same request again records it once.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
    "example": "2f0c9a4e-open",
}
_IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of what was read, on which the decision rests.",
    "schema": {"type": "string", "pattern": '^"[0-9]{1,15}"$'},
    "example": '"1"',
}
_POSITION: Final = {
    "name": "Ledger-Position",
    "in": "header",
    "required": False,
    "description": "Of an earlier answer: the read waits (bounded) until it is in the view.",
    "schema": {"type": "string", "pattern": "^[0-9]{1,15}$"},
}
_LAST_EVENT: Final = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "description": "The id of the last event received: the stream goes on after it, without gaps.",
    "schema": {"type": "string", "pattern": "^[0-9]{1,15}$"},
}
_WRITE_HEADERS: Final = {
    "ETag": {"schema": {"type": "string"}, "description": "The version."},
    "Ledger-Position": {"schema": {"type": "string"}, "description": "The position."},
}
_BEHALF: Final = tuple(
    {"name": name, "in": "header", "required": False, "description": text, "schema": schema}
    for name, text, schema in (
        (
            "Ledger-On-Behalf-Token",
            "For services: the customer's own token.",
            {"type": "string", "pattern": "^[!-~]+$"},
        ),
        ("Ledger-On-Behalf-Of", "For services: the person, only asserted.", _UUID),
        (
            "Ledger-On-Behalf-Address",
            "For services: the customer's IP address, only asserted.",
            {"type": "string", "pattern": "^[0-9A-Fa-f.:]{2,45}$"},
        ),
    )
)


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
        document["requestBody"] = {
            "required": True,
            "description": "The file's bytes.",
            "content": {"application/octet-stream": {"schema": schema, "example": "a file"}},
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
