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
from support.requests_of import REQUESTS, Asked, World
from support.serving import Served, serving

from infra.postgres import Cluster

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 3
PARTS = 2
ENDLESS = "live_queue"
ALLOWED = {
    "read_identity": "compliance",
    "list_identity_changes": "compliance",
    "read_entries": "compliance",
    "read_epoch_entries": "compliance",
    "erase_subject": "compliance",
    "receive_mail": "service",
    "search_addresses": "compliance",
    "staff_signals": "compliance",
    "search_documents": "compliance",
    "erase_message": "compliance",
    "place_legal_hold": "compliance",
    "request_hold_release": "compliance",
    "confirm_hold_release": "compliance",
    "export_contract": "compliance",
    "export_ticket": "compliance",
    "export_dispute": "compliance",
    "read_export": "compliance",
    "issue_api_key": "operator",
    "revoke_api_key": "operator",
}
SEED = 20260102

Operation = APIOperation[Any, Any, Any, Any]


@pytest.fixture(scope="module")
def ledger(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    keys = tmp_path_factory.mktemp("schemathesis-keys")
    with databases.fresh(cluster) as database:
        settings = database.settings(keys, identity_role_seconds=0, identity_waiting_seconds=0)
        with serving(settings) as running:
            yield running


@pytest.fixture(scope="module")
def operations(ledger: Served) -> list[Operation]:
    schema = schemathesis.openapi.from_url(f"{ledger.url}/openapi.json")
    return [result.ok() for result in schema.get_all_operations()]


def test_every_operation_is_described(operations: list[Operation]) -> None:
    # schemathesis leaves out the description itself: it was read from there a moment ago
    assert sorted([*map(_name, operations), "openapi_json"]) == sorted(REQUESTS)


# psycopg_pool, in the threads of the ledger that serves here, draws from the module `random` while
# hypothesis watches it for strategies that do (hypothesis.control.deprecate_random_in_strategy)
@pytest.mark.filterwarnings(
    "ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning"
)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_operation_does_what_its_description_says(
    ledger: Served, operations: list[Operation], part: int
) -> None:
    print(f"seed {SEED}")
    begun = time.monotonic()
    good: Counter[str] = Counter()
    worlds = Worlds(ledger)
    for operation in operations[part::PARTS]:
        name = _name(operation)
        good[name] += _documented(ledger, operation, worlds.of(operation))
        if name != ENDLESS:
            good[name] += _generated(ledger, operation, worlds.of(operation))
        print(f"{time.monotonic() - begun:6.1f} s {name} {good[name]}")
    print(dict(sorted(good.items())))
    assert [name for name, count in good.items() if not count] == []


class Worlds:
    """Things to ask about: new ones for each write, the same for all that is only read."""

    def __init__(self, ledger: Served) -> None:
        self._ledger = ledger
        self._read = World(ledger)

    def of(self, operation: Operation) -> World:
        return self._read if operation.method.lower() == "get" else World(self._ledger)


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


def _documented(ledger: Served, operation: Operation, world: World) -> int:
    """Send the request that is good; return 1 when it succeeded as documented."""
    name = _name(operation)
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


def _generated(ledger: Served, operation: Operation, world: World) -> int:
    """Send what is generated, good and bad; return how many requests succeeded."""
    asked = REQUESTS[_name(operation)](world)
    return sum(_probed(ledger, operation, mode, asked) for mode in _modes(operation))


def _probed(ledger: Served, operation: Operation, mode: GenerationMode, asked: Asked) -> int:
    name, good = _name(operation), 0
    real_path = _path_of(operation.path, asked.path)

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
            _on_something_real(case, asked, real_path)
        response = case.call(headers=_headers(ledger, name), timeout=20)
        case.validate_response(response, checks=CHECKS)
        good += response.status_code < 300

    probe()
    return good


def _path_of(template: str, path: str) -> dict[str, str]:
    """Return what stands in the path for each of its parameters."""
    named, real = template.split("/"), path.split("/")
    if len(named) != len(real):
        return {}
    return {name[1:-1]: one for name, one in zip(named, real, strict=True) if name[:1] == "{"}


def _on_something_real(case: Case, asked: Asked, names: dict[str, str]) -> None:
    """Let a generated request speak of things that exist, under a key and version that hold."""
    case.path_parameters = {
        name: names.get(name, value) for name, value in (case.path_parameters or {}).items()
    }
    case.headers["Idempotency-Key"] = str(uuid4())
    if asked.version is not None:
        case.headers["If-Match"] = f'"{asked.version}"'
