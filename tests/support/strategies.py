"""Hypothesis strategies made from the annotations of event classes."""

import string
import types
import typing
from dataclasses import fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from hypothesis import strategies as st

from domain.log import CommandKey, NewEvent, Request, Write
from domain.stream import Stream, StreamKind
from domain.values import (
    LIVE,
    Actor,
    ActorKind,
    Assurance,
    Behalf,
    Origin,
    OriginKind,
    Provenance,
    Purpose,
    Role,
    Sealed,
)

MOST: Final = 2**53 - 1
CODES: Final = st.text(string.ascii_letters + string.digits + "._-", min_size=1, max_size=64)
NUMBERS: Final = st.integers(-MOST, MOST)
COUNTS: Final = st.integers(1, MOST)
IDS: Final = st.integers(0, 2**128 - 1).map(lambda number: UUID(int=number))
TIMES: Final = st.datetimes(
    datetime(1, 1, 2),  # noqa: DTZ001 - hypothesis wants bounds without a zone
    datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.just(UTC),
)
TEXTS: Final = st.text(
    st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=40
)
SUBJECTS: Final = st.sampled_from([UUID(int=number) for number in (1, 2, 3)])
SEALED: Final = st.builds(
    Sealed, TEXTS, SUBJECTS, st.sampled_from([p for p in Purpose if p is not Purpose.ADDRESS])
)
PLAIN: Final[dict[Any, st.SearchStrategy[Any]]] = {
    str: CODES,
    int: NUMBERS,
    UUID: IDS,
    datetime: TIMES,
    Sealed: SEALED,
}


def of_type(hint: Any) -> st.SearchStrategy[Any]:
    """Return the strategy of a field's type."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return st.none() | of_type(arguments[0])
    if origin is tuple:
        return st.lists(of_type(arguments[0]), max_size=2).map(tuple)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(hint)
    return PLAIN[hint] if hint in PLAIN else events_of(hint)


def events_of(cls: Any) -> st.SearchStrategy[Any]:
    """Return the strategy of an event class (or of a part of one)."""
    hints = typing.get_type_hints(cls)
    return st.builds(cls, **{field.name: of_type(hints[field.name]) for field in fields(cls)})


ACTORS: Final = st.builds(
    Actor,
    st.sampled_from(ActorKind),
    IDS,
    st.none() | st.sampled_from(Role),
    st.none() | IDS,
    CODES,
    st.sampled_from(Assurance),
)
ORIGINS: Final = st.just(LIVE) | st.builds(
    Origin, st.just(OriginKind.IMPORTED), CODES, st.none() | COUNTS
)
PROVENANCES: Final = st.builds(
    Provenance,
    actor=ACTORS,
    at=TIMES,
    correlation=IDS,
    address=st.none() | st.builds(Sealed, TEXTS, SUBJECTS, st.just(Purpose.ADDRESS)),
    on_behalf_of=st.none() | st.builds(Behalf, IDS, st.lists(CODES, max_size=2).map(tuple)),
    causation=st.none() | IDS,
    origin=ORIGINS,
    occurred_at=st.none() | TIMES,
)
STREAMS: Final = st.builds(Stream, st.sampled_from(StreamKind), IDS)


def requests(event: st.SearchStrategy[object]) -> st.SearchStrategy[Request]:
    """Return the strategy of requests that write one to three events to one stream."""
    new = st.builds(NewEvent, event, st.none() | CODES)
    write = st.builds(
        Write, STREAMS, st.integers(0, 2**40), st.lists(new, min_size=1, max_size=2).map(tuple)
    )
    key = st.builds(CommandKey, st.binary(min_size=32, max_size=32), st.just(()))
    return st.builds(Request, st.tuples(write), st.just(()), key, PROVENANCES)


DIGESTS: Final = st.none() | st.binary(min_size=32, max_size=32)
