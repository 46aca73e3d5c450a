"""AsyncAPI 3.0: what the ledger writes to Kafka, with every event type and version."""

from collections.abc import Mapping
from typing import Any, Final

from infra.kafka import names as topics
from infra.schemas.compatible import Schemas
from infra.schemas.event import ENVELOPE, SEALED_FIELD, Schema
from infra.settings import Settings

_ID: Final = {"type": "string", "format": "uuid"}
_TOPIC: Final[str] = Settings.model_fields["kafka_topic"].default
_KAFKA: Final = "0.5.0"  # version of the binding
_JSON: Final = "application/json"
_EVENT: Final = "event"

_DESCRIPTION: Final = """\
Every event of a ledger, exactly once and in order within its stream, in CloudEvents binary mode:
the value is the envelope, byte for byte as it was recorded and hashed; texts and personal data are
not in it, only commitments to them.

Read with `isolation.level=read_committed`, and keep (`ce_epoch`, `ce_position`) of what was
handled: an epoch and a position name an event for ever. The topics have the names that follow
unless the operator chose another beginning (LEDGER_KAFKA_TOPIC).

Bear what you do not know: a type or a version that is new to you, a new word in a vocabulary, a
sealed field that may be absent. Nothing else of a type's form changes without a new version of it.
"""


def document(events: Schemas) -> Schema:
    """Return the AsyncAPI document of these schemas, which are by name and may refer to others."""
    names = [name for name in events if name not in {ENVELOPE, SEALED_FIELD}]
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "The ticket ledger: events", "version": "1", "description": _DESCRIPTION},
        "defaultContentType": _JSON,
        "channels": _channels(names),
        "operations": _operations(),
        "components": {
            "messages": _messages(names, events),
            "messageTraits": {_EVENT: _trait()},
            "schemas": {name: _within(events[name]) for name in events},
        },
    }


def _channels(names: list[str]) -> Schema:
    events = {name: {"$ref": f"#/components/messages/{name}"} for name in names}
    kept = {"cleanup.policy": ["delete"], "retention.ms": -1, "retention.bytes": -1}
    again = {"description": "2 after the first loss, then 3, and so on.", "examples": ["2"]}
    group = {"description": "The consumer that could not handle it.", "examples": ["webhooks"]}
    return {
        "events": {
            "address": topics.events(_TOPIC, 1),
            "title": "Events",
            "description": "Kept for ever. A stream is in one partition: the key is its id.",
            "messages": events,
            "bindings": _kafka(topicConfiguration=kept),
        },
        "eventsAgain": {
            "address": f"{_TOPIC}.{{number}}",
            "title": "Events, published again",
            "description": "Everything from the first event again, after the brokers lost it.",
            "parameters": {"number": again},
            "messages": events,
            "bindings": _kafka(topicConfiguration=kept),
        },
        "published": {
            "address": topics.tracking(_TOPIC),
            "title": "How far the publisher is",
            "description": "Written in the transaction of the events that it tells of.",
            "messages": {"published": {"$ref": "#/components/messages/published"}},
            "bindings": _kafka(partitions=1, topicConfiguration={"cleanup.policy": ["compact"]}),
        },
        "parked": {
            "address": topics.dead_letters(_TOPIC, "{group}"),
            "title": "What a consumer group could not handle",
            "description": "The message as it came, and what followed it in its stream.",
            "parameters": {"group": group},
            "messages": {"parked": {"$ref": "#/components/messages/parked"}},
            "bindings": _kafka(topicConfiguration=kept),
        },
    }


def _operations() -> Schema:
    said = {
        "events": "The publisher writes every event that was recorded.",
        "eventsAgain": "The publisher writes every event again after the brokers lost them.",
        "published": "The publisher notes how far it is.",
        "parked": "A consumer parks what it could not handle.",
    }
    return {
        f"write-{name}": {
            "action": "send",
            "channel": {"$ref": f"#/channels/{name}"},
            "summary": summary,
        }
        for name, summary in said.items()
    }


def _messages(names: list[str], events: Schemas) -> Schema:
    trait = [{"$ref": f"#/components/messageTraits/{_EVENT}"}]
    said = {
        "ledger_origin": {"type": "string", "description": "TOPIC/PARTITION/OFFSET."},
        "ledger_reason": {"type": "string", "description": "Why it could not be handled."},
        "ledger_attempts": {"type": "string", "pattern": "^[0-9]+$"},
    }
    messages: Schema = {
        name: {
            "name": name,
            "title": events[name]["title"],
            "summary": events[name]["description"].split("\n\n")[0].replace("\n", " "),
            "traits": trait,
            "payload": {"$ref": f"#/components/schemas/{name}"},
        }
        for name in names
    }
    messages["published"] = {
        "title": "How far the publisher is",
        "summary": "The event published last, and in which topic; the key is that topic's name.",
        "contentType": _JSON,
        "payload": _tracking(),
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": _KAFKA}},
    }
    messages["parked"] = {
        "title": "A message that could not be handled",
        "summary": "Key, value and headers are those of the message, and these.",
        "headers": {"type": "object", "properties": said, "required": list(said)},
        "payload": {"description": "The value as it came, whatever it is."},
    }
    return messages


def _trait() -> Schema:
    """Return what all events have in common: CloudEvents headers, and the stream's id as key."""
    number = {"type": "string", "pattern": "^[1-9][0-9]{0,15}$"}
    headers = {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {**_ID, "description": "The event's id."},
        "ce_type": {"type": "string", "description": "The type, such as TicketOpened."},
        "ce_source": {"type": "string", "pattern": "^/ledgers/[0-9a-f-]{36}$"},
        "ce_time": {"type": "string", "format": "date-time", "description": "recorded_at."},
        "ce_epoch": {**number, "description": "Which life of the ledger."},
        "ce_position": {**number, "description": "The event's number in the ledger."},
        "content-type": {"const": _JSON},
    }
    return {
        "contentType": _JSON,
        "headers": {"type": "object", "properties": headers, "required": list(headers)},
        "bindings": {"kafka": {"key": _ID, "bindingVersion": _KAFKA}},
    }


def _tracking() -> Schema:
    number = {"type": "integer", "minimum": 1}
    members = {
        "ledger": _ID,
        "generation": {**number, "description": "Which topic of events: 1 is the first."},
        "topic_id": {"type": "string", "description": "The id that the cluster gave that topic."},
        "epoch": number,
        "position": number,
        "leaf_hash": {"type": "string", "contentEncoding": "base64"},
    }
    return {"type": "object", "properties": members, "required": list(members)}


def _kafka(**said: Any) -> Schema:
    return {"kafka": {**said, "bindingVersion": _KAFKA}}


def _within(schema: Any) -> Any:
    """Return a schema as it stands within the document: without a dialect, refs point inside."""
    if isinstance(schema, list):
        return [_within(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    if isinstance(ref := schema.get("$ref"), str):
        return {"$ref": f"#/components/schemas/{ref.removesuffix('.json')}"}
    return {name: _within(one) for name, one in schema.items() if name != "$schema"}
