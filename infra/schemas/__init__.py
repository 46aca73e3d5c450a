"""What an event looks like to those who read it elsewhere: JSON Schema and AsyncAPI, published.

The files in this folder are the promise: `make schemas` makes them anew from the event classes and
refuses what would break it (`compatible.py`).
"""

from functools import cache
from pathlib import Path
from typing import Final

from domain.errors import NotFound

ASYNCAPI: Final = Path(__file__).parent / "asyncapi.json"
EVENTS: Final = Path(__file__).parent / "events"

__all__ = ["ASYNCAPI", "EVENTS", "asyncapi_file", "schema_file"]


@cache
def asyncapi_file() -> bytes:
    """Return the AsyncAPI document as it is published."""
    return ASYNCAPI.read_bytes()


def schema_file(file: str) -> bytes:
    """Return a published schema, such as `TicketOpened.1.json`; raises NotFound."""
    schema = _schemas().get(file)
    if schema is None:
        raise NotFound("no schema has this name: /asyncapi.json lists every event type")
    return schema


@cache
def _schemas() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in EVENTS.glob("*.json")}
