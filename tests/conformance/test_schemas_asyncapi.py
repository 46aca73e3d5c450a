"""The AsyncAPI document is one, by AsyncAPI's own schema, and tells what is written to Kafka."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema_rs
import pytest
from support.envelopes import FIXTURES

from infra import schemas
from projections.publishing.message import event_of, message
from projections.publishing.tracking import Track, written

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


def test_an_event_is_published_with_the_headers_and_the_key_that_are_described() -> None:
    kept = json.loads((FIXTURES / "TicketOpened.1.json").read_bytes())["cases"][0]["envelope"]
    sent = message("ledger.events", kept.encode(), event_of(kept.encode()))
    described = DOCUMENT["components"]["messageTraits"]["event"]
    headers = jsonschema_rs.Draft7Validator(described["headers"])
    said = {name: value.decode() for name, value in sent.headers}
    headers.validate(said)
    assert said.keys() == described["headers"]["properties"].keys()
    assert not headers.is_valid({**said, "ce_position": "0"})
    assert (sent.key or b"").decode() == json.loads(kept)["stream"]["id"]


def test_what_the_publisher_notes_is_described() -> None:
    ledger = UUID("019b7ca9-8f2e-7fe1-810b-4fe83303852f")
    noted = json.loads(written(Track(ledger, 1, "r3iXYPnJQF6k8yDmfWfSjA", 1, 42, bytes(32))))
    described = DOCUMENT["components"]["messages"]["published"]["payload"]
    jsonschema_rs.Draft7Validator(described).validate(noted)
    assert noted.keys() == described["properties"].keys()


@pytest.mark.parametrize("name", sorted(path.stem for path in FIXTURES.glob("*.json")))
def test_every_kept_envelope_is_the_payload_of_its_message(name: str) -> None:
    payload = DOCUMENT["components"]["messages"][name]["payload"]
    validator = jsonschema_rs.Draft7Validator({**payload, "components": {"schemas": SCHEMAS}})
    for case in json.loads((FIXTURES / f"{name}.json").read_bytes())["cases"]:
        validator.validate(json.loads(case["envelope"]))
