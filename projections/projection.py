"""What a follower runs: a projection applies events, in order, to tables of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg

from domain.log import Recorded
from infra.envelope import parse
from infra.reading import recorded_of

Cursor = psycopg.Cursor[tuple[Any, ...]]


class Projection(Protocol):
    """A read model that needs whole events; sealed fields stay closed."""

    @property
    def name(self) -> str:
        """Its name, under which its tracking position is kept."""

    def apply(self, cursor: Cursor, batch: Sequence[Recorded]) -> None:
        """Write what the events change, in the caller's transaction; never commit."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A projection as the runner sees it: envelopes in, rows out, in the caller's transaction."""

    name: str
    apply: Callable[[Cursor, Sequence[bytes]], None]


def followed(projection: Projection) -> Followed:
    """Return the projection fed with decoded events."""

    def apply(cursor: Cursor, envelopes: Sequence[bytes]) -> None:
        projection.apply(cursor, [recorded_of(parse(one), one) for one in envelopes])

    return Followed(projection.name, apply)
