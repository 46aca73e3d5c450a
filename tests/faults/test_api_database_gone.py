"""A database that is gone: 503 with Retry-After for everything that needs it, and recovery."""

from pathlib import Path
from uuid import uuid4

import httpx
from support.own_cluster import kill, own_cluster
from support.serving import Served, answering, following, seeded_in, wait_until

from infra.postgres import Role
from infra.settings import read_settings

BODY = {"channel": "portal", "language": "en", "subject": "s", "text": "t"}
ASKED = [
    ("GET", "/v1/queue"),
    ("GET", f"/v1/tickets/{uuid4()}"),
    ("GET", "/v1/staff"),
    ("GET", f"/v1/events/{uuid4()}"),
    ("POST", "/v1/tickets"),
    ("GET", "/readyz"),
]


def test_everything_answers_503_while_the_database_is_gone_and_recovers(
    tmp_path: Path, state: Path
) -> None:
    with own_cluster(tmp_path, state) as cluster:
        keys = tmp_path / "keys"
        keys.mkdir(mode=0o700)
        settings = read_settings(
            data=keys,
            database_url=cluster.dsn(Role.APP),
            database_follower_url=cluster.dsn(Role.FOLLOWER),
        )
        seeded = seeded_in(settings)
        with following(settings), answering(settings) as (url, services, loop):
            served = Served(url, settings, seeded["tokens"], "DEMO-1", services, loop)
            wait_until(lambda: served.get(None, "/readyz").status_code == 200)
            opened = served.open_ticket()
            kill(cluster)
            key = str(uuid4())
            for method, path in ASKED:
                answer = _ask(served, method, path, key)
                assert answer.status_code == 503, f"{method} {path}: {answer.text}"
                assert int(answer.headers["retry-after"]) >= 1
                assert answer.headers["content-type"] == "application/problem+json"
            assert served.get(None, "/healthz").status_code == 200
            cluster.start()
            wait_until(lambda: served.get(None, "/readyz").status_code == 200, 60.0)
            wait_until(lambda: _ask(served, "POST", "/v1/tickets", key).status_code == 201, 60.0)
            settled = _ask(served, "POST", "/v1/tickets", key).json()
            assert _ask(served, "POST", "/v1/tickets", key).json() == settled
            answer = served.get("agent", f"/v1/tickets/{opened['id']}")
            assert (answer.status_code, answer.json()["version"]) == (200, 1)
            for client in served.clients.values():
                client.close()


def _ask(served: Served, method: str, path: str, key: str) -> httpx.Response:
    client = served.client("agent")
    if method == "GET":
        return client.get(path)
    return client.post(path, json=BODY, headers={"Idempotency-Key": key})
