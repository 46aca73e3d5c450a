"""The AsyncAPI document is one: against AsyncAPI's own schema, and by what it refers to."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from support.envelopes import FIXTURES

from infra import schemas

ASYNCAPI = Path(__file__).parents[1] / "fixtures" / "asyncapi" / "3.0.0-without-$id.json"
DOCUMENT = json.loads(schemas.asyncapi_file())
SCHEMAS = DOCUMENT["components"]["schemas"]


def refs(value: Any) -> Iterator[str]:
    """Yield every reference in a document."""
    if isinstance(value, dict) and isinstance(value.get("$ref"), str):
        yield value["$ref"]
    for one in value.values() if isinstance(value, dict) else value:
        if isinstance(one, dict | list):
            yield from refs(one)


def test_the_document_is_asyncapi() -> None:
    jsonschema_rs.validator_for(json.loads(ASYNCAPI.read_bytes())).validate(DOCUMENT)


def test_another_document_is_refused() -> None:
    official = jsonschema_rs.validator_for(json.loads(ASYNCAPI.read_bytes()))
    for place in (DOCUMENT, DOCUMENT["channels"]["events"], DOCUMENT["components"]):
        place["other"] = 1
        assert not official.is_valid(DOCUMENT)
        del place["other"]
    assert official.is_valid(DOCUMENT)


def test_every_reference_leads_somewhere() -> None:
    for ref in set(refs(DOCUMENT)):
        place = DOCUMENT
        for step in ref.removeprefix("#/").split("/"):
            place = place[step]
        assert place


def test_every_event_type_and_version_is_a_message_of_the_topic() -> None:
    names = sorted(path.stem for path in schemas.EVENTS.glob("*.*.json"))
    assert sorted(DOCUMENT["channels"]["events"]["messages"]) == names
    assert all(DOCUMENT["components"]["messages"][name]["summary"] for name in names)


@pytest.mark.parametrize("name", sorted(path.stem for path in FIXTURES.glob("*.json")))
def test_every_kept_envelope_is_the_payload_of_its_message(name: str) -> None:
    payload = DOCUMENT["components"]["messages"][name]["payload"]
    validator = jsonschema_rs.Draft7Validator({**payload, "components": {"schemas": SCHEMAS}})
    for case in json.loads((FIXTURES / f"{name}.json").read_bytes())["cases"]:
        validator.validate(json.loads(case["envelope"]))
