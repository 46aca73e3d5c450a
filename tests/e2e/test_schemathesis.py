"""schemathesis against the API: what it makes of /openapi.json, over HTTP, as somebody who may.

Each operation is first sent a request that is good, so that every one is seen to succeed; then
what is generated from its description, half of it on things that exist. No answer may have a
status, media type or form that is not documented, and none may be a fault.
"""

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from support import databases
from support.requests_of import REQUESTS, Asked, World, new_world
from support.serving import Served, serving

from infra.postgres import Cluster

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 5
MINUTES = 4
ENDLESS = "live_queue"
ALLOWED = {
    "read_identity": "compliance",
    "read_entries": "compliance",
    "read_epoch_entries": "compliance",
    "erase_subject": "compliance",
    "erase_message": "compliance",
    "place_legal_hold": "compliance",
    "request_hold_release": "compliance",
    "confirm_hold_release": "compliance",
    "issue_api_key": "operator",
    "revoke_api_key": "operator",
}
SEED = 20260102

Operation = APIOperation[Any, Any, Any, Any]


@pytest.fixture(scope="module")
def ledger(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    keys = tmp_path_factory.mktemp("schemathesis-keys")
    with databases.fresh(cluster) as database, serving(database.settings(keys)) as running:
        yield running


def test_every_operation_does_what_its_description_says(ledger: Served) -> None:
    print(f"seed {SEED}")
    begun = time.monotonic()
    schema = schemathesis.openapi.from_url(f"{ledger.url}/openapi.json")
    operations = [result.ok() for result in schema.get_all_operations()]
    # schemathesis leaves out the description itself: it was read from there a moment ago
    good: Counter[str] = Counter({"openapi_json": 1})
    for operation in operations:
        name = _name(operation)
        good[name] += _documented(ledger, operation)
        if name != ENDLESS:
            for mode in _modes(operation):
                good[name] += _generated(ledger, operation, mode)
        print(f"{time.monotonic() - begun:6.1f} s {name} {good[name]}")
    print(dict(sorted(good.items())))
    assert sorted(good) == sorted(REQUESTS)
    assert [name for name, count in good.items() if not count] == []
    assert time.monotonic() - begun < MINUTES * 60


def _name(operation: Operation) -> str:
    return str(operation.definition.raw["operationId"])


def _modes(operation: Operation) -> list[GenerationMode]:
    """Return what can be generated: nothing is wrong about a request without parameters."""
    raw = operation.definition.raw
    if raw.get("parameters") or "requestBody" in raw:
        return list(GenerationMode)
    return [GenerationMode.POSITIVE]


def _headers(ledger: Served, name: str) -> dict[str, str]:
    role = ALLOWED.get(name, "supervisor")
    return {"Authorization": f"Bearer {ledger.tokens[role]}"}


def _documented(ledger: Served, operation: Operation) -> int:
    """Send the request that is good; return 1 when it succeeded as documented."""
    name, world = _name(operation), new_world(ledger)
    asked = REQUESTS[name](world)
    headers = _headers(ledger, name) | {"Idempotency-Key": str(uuid4())}
    if asked.version is not None:
        headers["If-Match"] = f'"{asked.version}"'
    body: dict[str, Any] = {"json": asked.body} if asked.body is not None else {}
    if asked.content is not None:
        body = {"content": asked.content}
    client = ledger.client(None)
    with client.stream(
        asked.method, asked.path, params=asked.params, headers=headers, **body
    ) as answer:
        if name == ENDLESS:
            return int(answer.status_code == 200 and next(answer.iter_lines()) == "retry: 1000")
        answer.read()
    assert str(answer.status_code) in operation.definition.raw["responses"], answer.text
    return int(answer.is_success)


def _generated(ledger: Served, operation: Operation, mode: GenerationMode) -> int:
    """Send what is generated; return how many requests succeeded."""
    name, world, good = _name(operation), new_world(ledger), 0
    asked = REQUESTS[name](world)

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
    def probe(case: Case, *, real: bool) -> None:
        nonlocal good
        if real:
            _on_something_real(case, asked, world)
        response = case.call(headers=_headers(ledger, name), timeout=20)
        case.validate_response(response, checks=CHECKS)
        good += response.status_code < 300

    probe()
    return good


def _on_something_real(case: Case, asked: Asked, world: World) -> None:
    """Let a generated request speak of things that exist, under a key and version that hold."""
    names = {
        "number": world.contract,
        "person": world.person,
        "attachment": world.attachment,
        "key": world.key,
        "hold": asked.path.split("/")[5] if "/legal-holds/" in asked.path else "",
        "id": asked.path.split("/")[3] if asked.path.count("/") > 2 else "",
    }
    case.path_parameters = {
        name: names.get(name, value) for name, value in (case.path_parameters or {}).items()
    }
    case.headers["Idempotency-Key"] = str(uuid4())
    if asked.version is not None:
        case.headers["If-Match"] = f'"{asked.version}"'
