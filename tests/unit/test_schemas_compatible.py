"""Whoever knows the published schemas can read what is recorded later; each break is told."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest

from infra.forms import Form
from infra.schemas.compatible import broken, earlier
from infra.schemas.making import made, shipped

SHIPPED = shipped()
NAME = "MessagePosted.1"


def altered(alter: Callable[[dict[str, Any]], object], name: str = NAME) -> list[str]:
    """Return what is told of a published form that is other than it was."""
    now = {**made(SHIPPED), name: deepcopy(dict(SHIPPED[name]))}
    alter(now[name])
    return list(broken(SHIPPED, now))


def data(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the fields in `data` of a schema."""
    fields: dict[str, Any] = schema["properties"]["data"]["properties"]
    return fields


def sealed(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what a schema says of `sealed`."""
    said: dict[str, Any] = schema["properties"]["sealed"]
    return said


def more_data(schema: dict[str, Any]) -> None:
    data(schema)["more"] = {"type": "boolean"}
    schema["properties"]["data"]["required"].append("more")


def more_sealed(schema: dict[str, Any]) -> None:
    sealed(schema)["properties"]["more"] = {}
    sealed(schema)["required"].append("more")


@pytest.mark.parametrize(
    ("alter", "told"),
    [
        (lambda s: data(s).pop("side"), "data.side: the field is gone"),
        (more_data, "data.more: is needed now, and was never recorded"),
        (lambda s: s["properties"]["data"]["required"].remove("side"), "side: may be absent now"),
        (lambda s: data(s)["side"]["enum"].remove("staff"), "side: the word staff is gone"),
        (
            lambda s: data(s)["side"].pop("enum"),
            "data.side enum: was ['customer', 'staff'], is None",
        ),
        (lambda s: data(s)["language"].update(anyOf=[{"type": "null"}]), "language anyOf: was"),
        (lambda s: data(s)["message"].update(type=["string", "null"]), "message type: was string"),
        (lambda s: data(s)["message"].update(maxLength=8), "message maxLength: was None, is 8"),
        (lambda s: data(s)["attachments"].update(maxItems=8), "attachments maxItems: was None"),
        (lambda s: data(s)["message"].update(pattern="^a$"), "message pattern: was"),
        (lambda s: sealed(s)["properties"].pop("text"), "sealed.text: the field is gone"),
        (lambda s: sealed(s)["required"].remove("text"), "sealed.text: may be absent now"),
        (more_sealed, "sealed.more: is needed now, and was never recorded"),
        (lambda s: sealed(s).pop("additionalProperties"), "additionalProperties: was False"),
        (lambda s: s["allOf"].append({"required": ["x"]}), "allOf: was"),
        (lambda s: s["properties"]["type"].update(const="Other"), "type const: was MessagePosted"),
    ],
)
def test_a_break_of_a_published_form_is_told(
    alter: Callable[[dict[str, Any]], object], told: str
) -> None:
    found = altered(alter)
    assert found
    assert any(told in one for one in found), found
    assert all(one.startswith(NAME) for one in found)


@pytest.mark.parametrize(
    ("name", "alter"),
    [
        ("envelope", lambda s: s["properties"].pop("causation_id")),
        ("envelope", lambda s: s["properties"]["position"].update(maximum=2**31)),
        ("sealed-field", lambda s: s["properties"]["purpose"]["enum"].remove("claim")),
    ],
)
def test_what_all_events_share_is_promised_too(
    name: str, alter: Callable[[dict[str, Any]], object]
) -> None:
    (found,) = altered(alter, name)
    assert found.startswith(name)


@pytest.mark.parametrize(
    "alter",
    [
        lambda s: data(s)["side"]["enum"].append("third_party"),
        lambda s: data(s)["side"].update(description="Who speaks, in other words."),
        lambda s: sealed(s)["properties"].update(more={}),
        lambda s: sealed(s).update(patternProperties={"^more[.]0$": {}}),
        lambda s: s.update(title="Other", description="Other words."),
    ],
)
def test_what_a_reader_has_to_bear_is_no_break(alter: Callable[[dict[str, Any]], object]) -> None:
    assert altered(alter) == []


def test_a_new_event_type_is_no_break() -> None:
    without = {name: schema for name, schema in SHIPPED.items() if name != NAME}
    assert list(broken(without, made(without))) == []


def test_a_type_that_is_gone_is_told() -> None:
    with_one_more = {**SHIPPED, "TicketSold.1": SHIPPED[NAME]}
    (found,) = broken(with_one_more, made(with_one_more))
    assert found == "TicketSold.1: it is gone; what was recorded is read for ever"


@dataclass(frozen=True)
class Weighed:
    """Something was weighed."""

    TYPE_VERSION = 3
    grams: int


WEIGHED = {"Weighed": Form(Weighed)}
FIRST, SECOND = {"title": "of version 1"}, {"title": "of version 2"}
BOTH = {"Weighed.1": FIRST, "Weighed.2": SECOND}


def test_an_earlier_version_stays_as_it_was_published() -> None:
    assert earlier(BOTH, WEIGHED) == BOTH
    assert earlier({**BOTH, "Weighed.3": {}, "envelope": {}}, WEIGHED) == BOTH


def test_a_new_version_comes_with_its_predecessors_and_the_steps_between_them() -> None:
    steps = {("Weighed", version): dict for version in (1, 2)}
    now = {**BOTH, "Weighed.3": {}}
    assert list(broken(BOTH, now, WEIGHED, steps)) == []
    del steps["Weighed", 2]
    (found,) = broken(BOTH, now, WEIGHED, steps)
    assert found == "Weighed.2: no step in infra/upcast.py to the next version"
    steps["Weighed", 2] = dict
    (found,) = broken({"Weighed.2": SECOND}, now, WEIGHED, steps)
    assert found == "Weighed.1: version 3 came without it"
