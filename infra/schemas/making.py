"""The published schemas, made anew from today's classes."""

import json
from pathlib import Path
from typing import Any

from infra.forms import FORMS
from infra.schemas import EVENTS
from infra.schemas.asyncapi import document
from infra.schemas.compatible import Schemas, earlier
from infra.schemas.event import (
    ENVELOPE,
    SEALED_FIELD,
    envelope_schema,
    event_schema,
    sealed_field_schema,
)


def shipped(events: Path = EVENTS) -> Schemas:
    """Return the schemas that are published, by name."""
    return {path.stem: json.loads(path.read_bytes()) for path in sorted(events.glob("*.json"))}


def made(kept: Schemas) -> Schemas:
    """Return the schemas of today's classes, and of earlier versions as they were published."""
    schemas = {f"{form.name}.{form.version}": event_schema(form) for form in FORMS.values()}
    named = sorted({**earlier(kept), **schemas}.items())
    return {ENVELOPE: envelope_schema(), SEALED_FIELD: sealed_field_schema(), **dict(named)}


def files(schemas: Schemas) -> dict[str, str]:
    """Return the text of every published file, by its path in this folder."""
    texts = {f"{EVENTS.name}/{name}.json": _written(one) for name, one in schemas.items()}
    return {"asyncapi.json": _written(document(schemas)), **texts}


def _written(schema: Any) -> str:
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
