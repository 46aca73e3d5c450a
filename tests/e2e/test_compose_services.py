"""Every service of docker-compose.yml starts as it stands there, gets well, and does its part."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from kafka.admin import KafkaAdminClient
from support import compose
from support.checkout import checkout_files
from support.composed import Stack, started
from support.kafka import committed_everywhere

from infra.development import DevelopmentIssuer, development_issuer

TOPIC = "ledger.events"


def eventually(done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 120
    while not done():
        assert time.monotonic() < deadline, f"not within 120 s: {what}"
        time.sleep(0.1)


@pytest.fixture(name="stack", scope="module")
def _stack(state: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    place = tmp_path_factory.mktemp("compose")
    data = place / "volumes" / "data"
    data.mkdir(parents=True)
    DevelopmentIssuer(data)  # stands for the one that the operator names
    believed = json.dumps([development_issuer(data).model_dump(mode="json")])
    with started(place, state, {"LEDGER_ISSUERS": believed}) as running:
        yield running


@pytest.fixture(name="people", scope="module")
def _people(stack: Stack) -> dict[str, Any]:
    """Tokens of people of whom the ledger knows."""
    environment = stack.environment(compose.services()["api"])
    del environment["LEDGER_ISSUERS"], environment["LEDGER_LISTEN"]
    done = subprocess.run(
        [sys.executable, "-m", "cli.seeding"], env=environment, check=True, capture_output=True
    )
    return dict(json.loads(done.stdout))


def test_every_service_is_started_and_content_with_itself(stack: Stack) -> None:
    assert set(stack.began) | {"postgres", "keys", "mail"} == set(compose.services())
    assert stack.began["migrate"].poll() == 0
    for name in set(compose.services()) - {"migrate"}:
        assert stack.is_healthy(name), name


def test_the_image_has_every_file_of_its_packages(stack: Stack) -> None:
    here = {name for name in checkout_files() if name.split("/")[0] in compose.packages()}
    there = {
        str(path.relative_to(stack.packages))
        for path in stack.packages.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert here - there == set()


def test_the_sealing_keys_lie_where_no_role_of_the_event_database_comes(stack: Stack) -> None:
    keys = stack.url("ledger_keys_url")
    with psycopg.connect(keys) as connection:
        found = connection.execute("SELECT to_regclass('ledger_keys.keys') IS NOT NULL")
        assert found.fetchone() == (True,)
    to_keys = keys.rpartition("/")[2]
    for name in ("url", "owner_url", "follower_url", "eraser_url", "consumer_url"):
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(stack.url(f"ledger_database_{name}").rpartition("/")[0] + f"/{to_keys}")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(keys.rpartition("/")[0] + "/ledger")


def test_a_ticket_comes_to_all_three_brokers_once(stack: Stack, people: dict[str, Any]) -> None:
    api = f"http://{stack.addresses['127.0.0.1:8080']}"
    body = {"channel": "portal", "language": "en", "subject": "No network", "text": "Since noon."}
    headers = {
        "Authorization": f"Bearer {people['tokens']['customer']}",
        "Idempotency-Key": "compose",
    }
    asked = {"contract": people["customer_contract"], **body}

    def opened() -> bool:  # followers have to learn of the people first
        answer = httpx.post(f"{api}/v1/tickets", json=asked, headers=headers, timeout=20)
        if answer.status_code == 201:
            found.append(answer.json()["event_ids"][0])
        return bool(found)

    found: list[str] = []
    eventually(opened, "a ticket is opened")

    def published() -> bool:
        values = committed_everywhere(stack, TOPIC)
        return sum(found[0] in value.decode() for value in values) == 1

    eventually(published, "it is published")
    with closing(KafkaAdminClient(bootstrap_servers=stack.bootstrap)) as admin:
        (topic,) = admin.describe_topics([TOPIC])
        assert {len(one["replica_nodes"]) for one in topic["partitions"]} == {3}


@pytest.mark.parametrize(
    ("name", "command", "told"),
    [
        ("api", ["status"], {"publisher", "consumers"}),
        ("followers", ["fsck"], {"ok", "findings"}),
        ("consumers", ["redrive", "signals"], {"group", "streams"}),
    ],
)
def test_commands_work_in_the_container_that_has_what_they_need(
    stack: Stack, people: dict[str, Any], name: str, command: list[str], told: set[str]
) -> None:
    done = subprocess.run(
        ["ledger", *command, "--json"],
        env=stack.environment(compose.services()[name]),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout).keys() >= told


def test_the_first_operator_is_let_in_and_nobody_of_another_issuer(stack: Stack) -> None:
    environment = stack.environment(compose.services()["api"])
    (believed,) = json.loads(environment["LEDGER_ISSUERS"])

    def let_in(issuer: str) -> subprocess.CompletedProcess[str]:
        who = ["--issuer", issuer, "--subject", "4711", "--name", "Ana Lopes"]
        command = ["ledger", "operator", *who, "--json"]
        return subprocess.run(command, env=environment, check=False, capture_output=True, text=True)

    assert "not believed" in let_in("https://login.invalid/").stderr
    ids = {json.loads(let_in(believed["issuer"]).stdout)["actor_id"] for _ in "12"}
    assert len(ids) == 1
    token = DevelopmentIssuer(Path(environment["LEDGER_DATA"])).mint("4711")
    staff = f"http://{stack.addresses['127.0.0.1:8080']}/v1/staff/{ids.pop()}"

    def knows() -> bool:
        answer = httpx.get(staff, headers={"Authorization": f"Bearer {token}"}, timeout=20)
        return answer.status_code == 200 and answer.json()["roles"] == ["operator"]

    eventually(knows, "the operator asks about themselves")


def test_none_of_them_needs_to_be_killed(stack: Stack) -> None:
    ours = {name: stack.began[name] for name, service in compose.services().items() if service.ours}
    for child in ours.values():
        if child.poll() is None:
            child.terminate()
    assert {name: child.wait(10) for name, child in ours.items()} == dict.fromkeys(ours, 0)
