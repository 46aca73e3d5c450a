"""One recorded event as an entry: what, by whom, when, and where to check it against the log."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from domain.log import Recorded
from domain.values import Actor, Behalf, Origin, Purpose, Sealed
from projections.opening import Text

T = TypeVar("T")
Json = dict[str, Any]

WITHHELD: Final[Json] = {"withheld": True}
"""Stands for identity data that the asker may not read."""

MOST: Final = 200
"""How many of a list are shown, the newest."""

STEPS: Final = 20
"""How many events of one thing are shown: the first and the newest."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Which event; `occurred_at` where it differs from the recording."""

    event_id: UUID
    position: int
    type: str
    recorded_at: datetime
    occurred_at: datetime | None

    @property
    def at(self) -> datetime:
        """Return when it happened, as far as anybody said."""
        return self.occurred_at or self.recorded_at


@dataclass(frozen=True, slots=True)
class Entry:
    """An event with everything that it says; `what` has a Text for each sealed field."""

    mark: Mark
    actor: Actor
    on_behalf_of: Behalf | None
    origin: Origin
    what: Json


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """The newest of a list and how many there are; a file as of an earlier moment has the rest."""

    total: int
    items: tuple[T, ...]

    @classmethod
    def of(cls, items: Sequence[T], most: int = MOST) -> "Listed[T]":
        """Return the last ones, in order."""
        return cls(len(items), tuple(items[-most:]))


def mark_of(recorded: Recorded) -> Mark:
    """Return where an event is found."""
    return Mark(
        recorded.id,
        recorded.position,
        type(recorded.event).__name__,
        recorded.recorded_at,
        recorded.occurred_at,
    )


def entry_of(recorded: Recorded, *, identity: bool) -> Entry:
    """Return an event as an entry; without `identity` identity data is withheld."""
    told = _told(recorded.event, identity=identity)
    return Entry(mark_of(recorded), recorded.actor, recorded.on_behalf_of, recorded.origin, told)


def _told(value: Any, *, identity: bool) -> Any:
    if isinstance(value, Sealed):
        secret = value.purpose is Purpose.IDENTITY and not identity
        return WITHHELD if secret else Text(value.text)
    if is_dataclass(value):
        return {
            one.name: _told(getattr(value, one.name), identity=identity) for one in fields(value)
        }
    if isinstance(value, tuple):
        return [_told(one, identity=identity) for one in value]
    return value
