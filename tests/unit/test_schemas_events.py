"""Everything that was ever recorded fits its published schema, and nothing else does."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from support.envelopes import FIXTURES
from support.published import refused, validator

from domain.errors import NotFound
from infra import schemas

Altered = Callable[[dict[str, Any]], object]


def recorded(name: str, case: int = 0) -> dict[str, Any]:
    kept = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
    envelope: dict[str, Any] = json.loads(kept["cases"][case]["envelope"])
    return envelope


@pytest.mark.parametrize("name", sorted(path.stem for path in FIXTURES.glob("*.json")))
@pytest.mark.parametrize("case", [0, 1], ids=["full", "bare"])
def test_every_kept_envelope_fits_its_schema(name: str, case: int) -> None:
    validator(name).validate(recorded(name, case))


def put(*path: str | int, value: Any) -> Altered:
    def alter(envelope: dict[str, Any]) -> None:
        place: Any = envelope
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    return alter


def drop(*path: str) -> Altered:
    def alter(envelope: dict[str, Any]) -> None:
        place = envelope
        for step in path[:-1]:
            place = place[step]
        del place[path[-1]]

    return alter


COMMITTED = {
    "subject": "019b7ca9-8f2e-738a-9e87-e79631e602bf",
    "purpose": "correspondence",
    "commitment": "0" * 64,
}


@pytest.mark.parametrize(
    "alter",
    [
        pytest.param(put("more", value=1), id="an unknown member"),
        pytest.param(put("stream", "more", value=1), id="an unknown member within"),
        pytest.param(drop("actor"), id="a member that is missing"),
        pytest.param(put("v", value=2), id="another format"),
        pytest.param(put("type", value="TicketOpened"), id="another type"),
        pytest.param(put("type_version", value=2), id="another version"),
        pytest.param(put("position", value=0), id="a position before the first"),
        pytest.param(put("position", value=2**53), id="a number above 2^53 - 1"),
        pytest.param(put("position", value=1.5), id="a number with a fraction"),
        pytest.param(put("id", value="019B7CA9-8F2E-738A-9E87-E79631E602BF"), id="a large id"),
        pytest.param(put("recorded_at", value="2026-01-02T03:04:05Z"), id="a time without digits"),
        pytest.param(put("previous", value="F" * 64), id="a hash in capitals"),
        pytest.param(put("contract", "number", value="two words"), id="free text as a number"),
        pytest.param(put("contract", "number", value="CN-1\n"), id="a number with a line end"),
        pytest.param(put("origin", value={"kind": "imported"}), id="an import from nowhere"),
        pytest.param(put("origin", "kind", value="live"), id="live from a row"),
        pytest.param(put("actor", "role", value="king"), id="a role that nobody has"),
        pytest.param(put("on_behalf_of", "asserted", value=["a b"]), id="free text as asserted"),
        pytest.param(put("data", "text", value="hello"), id="a text in data"),
        pytest.param(drop("data", "language"), id="a field that is missing"),
        pytest.param(put("data", "side", value="nobody"), id="a word of no vocabulary"),
        pytest.param(put("data", "attachments", value=[1]), id="a number for an id"),
        pytest.param(drop("sealed", "text"), id="a sealed field that is missing"),
        pytest.param(put("sealed", "name", value=COMMITTED), id="a sealed field of another type"),
        pytest.param(
            put("sealed", "text", "text", value="hello"), id="a text beside its commitment"
        ),
        pytest.param(put("sealed", "text", "purpose", value="sale"), id="a purpose of none"),
    ],
)
def test_an_altered_envelope_is_refused(alter: Altered) -> None:
    envelope = recorded("MessagePosted.1")
    assert not refused(envelope)
    alter(envelope)
    assert refused(envelope, "MessagePosted.1")


def test_a_sealed_field_has_its_place_in_an_array() -> None:
    envelope = recorded("ContractRegistered.1")
    sealed = envelope["sealed"]
    said = sealed.pop("contacts.0.value")
    assert not refused({**envelope, "sealed": {**sealed, "contacts.10.value": said}})
    for other in ("contacts.value", "contacts.00.value", "contacts.-1.value", "contacts.0.value.x"):
        assert refused({**envelope, "sealed": {**sealed, other: said}}), other


def test_an_envelope_of_a_type_fits_the_schema_of_no_other() -> None:
    names = sorted(path.stem for path in FIXTURES.glob("*.json"))
    envelope = recorded("TicketOpened.1")
    assert [name for name in names if not refused(envelope, name)] == ["TicketOpened.1"]


def test_a_schema_is_read_by_its_file() -> None:
    assert json.loads(schemas.schema_file("TicketOpened.1.json"))["title"] == "TicketOpened"
    for other in ("TicketOpened", "__init__.py", "../asyncapi.json", ""):
        with pytest.raises(NotFound):
            schemas.schema_file(other)
