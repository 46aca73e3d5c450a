"""An event of an earlier version of its type is read as today's; its bytes stay as they are."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from support.envelopes import BARE, LEDGER, DerivedStore, fixed_codec, request, sample

from domain.errors import Malformed
from domain.ticket.events import Priority
from domain.values import Sealed
from infra.codec import Codec
from infra.forms import forms_of
from infra.upcast import Step


@dataclass(frozen=True, slots=True)
class ThingSaid:
    """As it was shipped first."""

    level: int
    text: Sealed


FIRST = forms_of([ThingSaid])
SAID = ThingSaid(2, sample(Sealed, "text", full=True))


@dataclass(frozen=True, slots=True)
class _Later:
    """Two versions later: a word instead of a number, and where."""

    priority: Priority
    place: str
    text: Sealed
    TYPE_VERSION: ClassVar[int] = 3


_Later.__name__ = "ThingSaid"
NOW = forms_of([_Later])


def _word(data: dict[str, Any]) -> dict[str, Any]:
    return {"priority": ("critical", "high", "normal", "low")[data["level"]]}


def _place(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "place": "unknown"}


STEPS: dict[tuple[str, int], Step] = {("ThingSaid", 1): _word, ("ThingSaid", 2): _place}


def codec(store: DerivedStore, steps: dict[tuple[str, int], Step]) -> Codec:
    with fixed_codec("upcast", store) as fixed:
        return Codec(LEDGER, fixed.keys, forms=NOW, steps=steps)


@pytest.fixture(name="store")
def _store() -> DerivedStore:
    return DerivedStore()


@pytest.fixture(name="stored")
def _stored(store: DerivedStore) -> tuple[bytes, Any]:
    with fixed_codec("upcast", store) as fixed:
        first = Codec(LEDGER, fixed.keys, forms=FIRST)
        (draft,) = first.prepare(request(SAID, BARE, None)).drafts
        return first.finish(draft, 1, 1, 7, None, None, None, BARE.at), draft.sealed


def test_an_old_version_is_read_through_every_step(
    store: DerivedStore, stored: tuple[bytes, Any]
) -> None:
    envelope, rows = stored
    recorded = codec(store, STEPS).open(envelope, {row.field: row for row in rows})
    assert recorded.event == _Later(Priority.NORMAL, "unknown", SAID.text)


def test_the_bytes_of_an_old_version_are_still_exact(
    store: DerivedStore, stored: tuple[bytes, Any]
) -> None:
    envelope, _ = stored
    reader = codec(store, STEPS)
    assert reader.check(envelope).leaf_hash
    for changed in (
        envelope.replace(b'"level":2', b'"level":2.0'),
        envelope.replace(b'"level":2', b'"level":1,"level":2'),
        envelope.replace(b'"level":2', b'"level":"a:b"'),
        envelope.replace(b'"level":2', b'"level":9007199254740992'),
    ):
        with pytest.raises(Malformed):
            reader.check(changed)


def test_a_missing_step_is_said(store: DerivedStore, stored: tuple[bytes, Any]) -> None:
    with pytest.raises(Malformed, match="ThingSaid version 2: no step to the next"):
        codec(store, {("ThingSaid", 1): _word}).decode(stored[0])


def test_a_later_version_than_this_ledger_knows_is_said(
    store: DerivedStore, stored: tuple[bytes, Any]
) -> None:
    later = stored[0].replace(b'"type_version":1', b'"type_version":4')
    with pytest.raises(Malformed, match="version 4: this ledger knows up to 3"):
        codec(store, STEPS).decode(later)


def test_a_step_that_gives_the_wrong_form_is_said(
    store: DerivedStore, stored: tuple[bytes, Any]
) -> None:
    wrong: dict[tuple[str, int], Step] = {**STEPS, ("ThingSaid", 2): lambda data: data}
    with pytest.raises(Malformed, match="place"):
        codec(store, wrong).decode(stored[0])


@dataclass(frozen=True, slots=True)
class Taken:
    """A class with the connection's name for a field."""

    address: Sealed


@dataclass(frozen=True, slots=True)
class Floating:
    """A class with a number that JSON libraries write differently."""

    share: float


@dataclass(frozen=True, slots=True)
class Nameless:
    """A class with sealed values that have no names."""

    texts: tuple[Sealed, ...]


@pytest.mark.parametrize("cls", [Taken, Floating, Nameless])
def test_a_class_that_no_envelope_can_hold_is_refused_at_start(cls: type) -> None:
    with pytest.raises(TypeError):
        forms_of([cls])
