"""Markers get into every free field of a request, whatever its form."""

from typing import Any

import pytest
from support import planting
from support.plaintext import PREFIX, Markers
from support.planting import ANY, LIVE, NOT_FREE, Planting
from support.requests_of import REQUESTS, Asked

import api.app  # noqa: F401 - registers the operations
from api.documents import component_schemas, route_document
from api.routes import OPERATIONS

TEXT = {"type": "string", "maxLength": 300}
SAY = {
    "properties": {
        "said": TEXT,
        "perhaps": {"anyOf": [TEXT, {"type": "null"}]},
        "born": {"type": "string", "format": "date"},
        "whose": {"type": "string", "format": "uuid"},
        "kind": {"type": "string", "enum": ["good", "bad"]},
        "from": {"type": "string", "pattern": "^[0-9A-Fa-f.:]{2,45}$"},
        "country": {"type": "string", "pattern": "^[A-Z]{2}$"},
        "names": {"type": "array", "items": TEXT},
        "people": {"type": "array", "items": {"$ref": "#/components/schemas/Person"}},
    }
}
PERSON = {"properties": {"name": TEXT, "code": {"type": "string", "pattern": "^[A-Z0-9]{1,64}$"}}}


@pytest.fixture
def told() -> Planting:
    body = {"application/json": {"schema": SAY}}
    operation = {"operationId": "say", "requestBody": {"content": body}}
    schemas = {"components": {"schemas": {"Person": PERSON}}}
    return Planting({"paths": {"/say": {"post": operation}}, **schemas}, Markers())


def sent(told: Planting, body: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setitem(REQUESTS, "say", lambda _: Asked("POST", "/say", body))
    ((name, _, form),) = told.operations()
    (asked,) = told.requests(name, form, lambda: None)  # type: ignore[arg-type,return-value]
    return dict(asked.body)


def test_every_free_field_carries_a_marker_of_its_own(
    told: Planting, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"said": "x", "whose": "me", "kind": "bad", "country": "PT", "people": [{"code": "7"}]}
    monkeypatch.setitem(planting.NOT_FREE, ("say", "people.code"), "a code")
    found = sent(told, body, monkeypatch)
    assert found["people"][0].pop("code") == "7"
    texts = [found["said"], found["perhaps"], *found["names"], found["people"][0]["name"]]
    assert len(set(texts)) == 4
    assert all(text.startswith(PREFIX) for text in texts)
    assert (found["from"], found["born"] in told.markers.exacts) == (LIVE, True)
    assert {name: found[name] for name in ("whose", "kind", "country")} == {
        name: body[name] for name in ("whose", "kind", "country")
    }
    assert told.sent == told.wanted()


def test_a_field_that_was_not_sent_is_missed(
    told: Planting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PERSON["properties"], "code", TEXT)
    sent(told, {"said": "x"}, monkeypatch)
    assert told.wanted() - told.sent == {("say", "people.name"), ("say", "people.code")}


def test_a_form_that_no_marker_fits_is_not_passed_over(
    told: Planting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PERSON["properties"], "code", {"type": "string", "pattern": "^[0-9]{4}$"})
    with pytest.raises(AssertionError, match=r"no marker fits say\.people\.code"):
        sent(told, {"people": [{"name": "x"}]}, monkeypatch)


def test_what_is_left_out_is_the_field_of_an_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = {o.name: {"post": route_document(o) | {"operationId": o.name}} for o in OPERATIONS}
    schemas = {"schemas": component_schemas(OPERATIONS)}
    known = dict(NOT_FREE)
    monkeypatch.setattr(planting, "NOT_FREE", {})
    wanted = Planting({"paths": paths, "components": schemas}, Markers()).wanted()
    assert known.keys() <= wanted | {(ANY, way) for _, way in wanted}
    assert len(wanted) > 100
