"""A webhook's message: signed as Standard Webhooks says, a CloudEvent, nothing personal."""

import json
import re
import time
from uuid import UUID

import pytest
from standardwebhooks import Webhook, WebhookVerificationError
from support.envelopes import FIXTURES
from support.webhooks import new_secret

from consumers.webhooks.consumer import wants
from consumers.webhooks.message import body_of, headers_of
from domain.catalogue import EVENT_TYPES
from infra.envelope import Envelope, parse
from infra.webhookat import WebhookAt, keys_of

EVENT = UUID("019b7d2e-7c00-7a30-9f5e-3d1f0a6b8c11")
ATTRIBUTE = re.compile(r"[a-z0-9]{1,20}")
MEMBERS = {
    *("specversion", "id", "source", "type", "subject", "time", "position", "epoch"),
    *("streamversion", "typeversion", "contract", "occurred", "datacontenttype", "data"),
}


def envelopes(type_name: str) -> list[Envelope]:
    told = [json.loads(path.read_text("utf-8")) for path in FIXTURES.glob(f"{type_name}.*.json")]
    return [parse(case["envelope"].encode()) for one in told for case in one["cases"]]


@pytest.mark.parametrize("type_name", EVENT_TYPES)
def test_every_event_is_told_as_a_cloud_event_without_what_is_personal(type_name: str) -> None:
    for parts in envelopes(type_name):
        told = json.loads(body_of(parts))
        assert set(told) <= MEMBERS
        assert all(ATTRIBUTE.fullmatch(name) for name in told)
        assert (told["specversion"], told["type"]) == ("1.0", type_name)
        assert (told["id"], told["position"]) == (str(parts.id), str(parts.position))
        assert told["source"] == f"/ledgers/{parts.ledger.id}"
        assert told["subject"] == f"{parts.stream.kind}/{parts.stream.id}"
        assert told.get("contract") == (parts.contract and parts.contract.number)
        assert told["data"] == json.loads(bytes(parts.data))


def test_a_message_is_verified_with_each_secret_of_a_rotation_and_with_no_other() -> None:
    new, old, other = (new_secret() for _ in range(3))
    body = b'{"one":1}'
    headers = headers_of(EVENT, int(time.time()), body, keys_of(f"{new} {old}"))
    for secret in (new, old):
        assert Webhook(secret).verify(body, dict(headers)) == {"one": 1}
    for secret, changed in ((other, body), (new, body + b" ")):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(changed, dict(headers))


def endpoint(**more: object) -> WebhookAt:
    said = {"name": "a", "url": "https://integrator.example/hooks", "secret": new_secret()}
    return WebhookAt.model_validate(said | more)


def test_an_endpoint_is_told_of_tickets_and_of_more_only_by_name() -> None:
    message, identity = envelopes("MessagePosted")[0], envelopes("IdentityRead")[0]
    assert wants(endpoint(), message)
    assert not wants(endpoint(), identity)
    named = endpoint(types=["IdentityRead"])
    assert wants(named, identity)
    assert not wants(named, message)


def test_an_endpoint_of_contracts_is_told_of_what_is_under_them() -> None:
    message = envelopes("MessagePosted")[0]
    assert message.contract is not None
    assert wants(endpoint(contracts=[message.contract.number]), message)
    assert not wants(endpoint(contracts=["C-0"]), message)
    message.contract = None
    assert not wants(endpoint(contracts=["C-0"]), message)
