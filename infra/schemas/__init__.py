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

__all__ = ["ASYNCAPI", "EVENTS", "asyncapi", "event_schema"]


@cache
def asyncapi() -> bytes:
    """Return the AsyncAPI document as it is published."""
    return ASYNCAPI.read_bytes()


def event_schema(name: str) -> bytes:
    """Return a published schema, such as that of `TicketOpened.1`; raises NotFound."""
    schema = _schemas().get(name)
    if schema is None:
        raise NotFound("no event type and version has this name")
    return schema


@cache
def _schemas() -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in EVENTS.glob("*.json")}
