"""A full disk under a whole ledger: writes answer 503 until there is room, then record once."""

import os
import shutil
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from support.own_cluster import own_cluster
from support.requests_of import contract_body, new_number
from support.room import Room, little_room
from support.running import Running, start
from support.serving import wait_until
from support.store import positions, rows

from infra.fsck.run import fsck
from infra.postgres import Cluster, Role
from infra.settings import read_settings
from infra.tilefiles import head_of

PATIENCE = 60.0
LARGE = "x" * 50_000
TICKET = {"channel": "portal", "language": "en", "subject": "s", "text": LARGE}
BACKEND = "SELECT pid FROM pg_stat_activity WHERE application_name = 'ledger append'"
COMMANDS = "SELECT count(*) FROM ledger.commands"


@dataclass
class Client:
    """Somebody who writes, and remembers what each Idempotency-Key was for."""

    running: Running
    sent: dict[str, tuple[str, Any]] = field(default_factory=dict)
    accepted: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        bearer = {"Authorization": f"Bearer {self.running.token('agent')}"}
        self.http = httpx.Client(base_url=self.running.url, headers=bearer, timeout=PATIENCE)

    def ask(self, path: str, body: Any) -> int:
        """Send a new write; return the status of its answer."""
        key = os.urandom(8).hex()
        self.sent[key] = (path, body)
        return self.send(key).status_code

    def send(self, key: str) -> httpx.Response:
        """Send a write, perhaps again; refused is only what says so as it should."""
        path, body = self.sent[key]
        headers = {"Idempotency-Key": key}
        if isinstance(body, bytes):
            answer = self.http.post(path, content=body, headers=headers)
        else:
            answer = self.http.post(path, json=body, headers=headers)
        if answer.status_code == 503:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == 503
            assert int(answer.headers["retry-after"]) >= 1
        else:
            assert answer.status_code in {200, 201}, answer.text
            assert self.accepted.setdefault(key, answer.json()) == answer.json()
        return answer

    def until_refused(self) -> None:
        """Open tickets until one finds no room."""
        ends = time.monotonic() + PATIENCE
        while self.ask("/v1/tickets", TICKET) != 503:
            assert time.monotonic() < ends, "the disk never filled"

    def close(self) -> None:
        self.http.close()

    @property
    def first(self) -> Any:
        """Return the first answer."""
        return next(iter(self.accepted.values()))

    @property
    def refused(self) -> list[str]:
        return [key for key in self.sent if key not in self.accepted]


def test_on_a_full_disk_writes_answer_503_and_each_key_records_once_afterwards(
    tmp_path: Path, state: Path
) -> None:
    with own_cluster(tmp_path, state) as cluster, little_room(cluster, tmp_path) as room:
        running = up(cluster, room.beside, tmp_path)
        try:
            with closing(Client(running)) as client:
                before = commands(cluster)
                fill_and_free(cluster, room, client)
                settle(client)
                assert commands(cluster) == before + len(client.sent)
                last = caught_up(cluster, client)
            pids = running.ready["pids"]
            assert running.reread()["pids"] == pids, "a process ended"
            found = fsck(read_settings(data=room.beside, database_url=cluster.dsn(Role.APP)))
            assert (found.checked, found.findings) == (last, [])
        finally:
            running.stop()


def fill_and_free(cluster: Cluster, room: Room, client: Client) -> None:
    """Write while there is room and while there is none, then give the room back."""
    assert client.ask("/v1/tickets", TICKET) == 201
    ticket = f"/v1/tickets/{client.first['id']}"
    backend = rows(cluster.dsn(Role.SUPERUSER), BACKEND)[0][0]
    room.fill(backend)
    client.until_refused()
    client.ask(f"{ticket}/attachments?name=log.txt", os.urandom(3 << 20))
    client.ask("/v1/contracts", contract_body(new_number()))
    assert client.ask(f"{ticket}/messages", {"text": LARGE}) == 503
    assert client.http.get("/healthz").status_code == 200
    if not shutil.disk_usage(room.beside).free:
        told = client.running.log.read_text
        wait_until(lambda: "metrics cannot be written" in told("utf-8"), PATIENCE)
    room.free(backend)
    if not cluster.alive():
        cluster.start()


def settle(client: Client) -> None:
    """Send what was refused until it is accepted, then everything once more."""
    for key in client.refused:
        wait_until(lambda key=key: client.send(key).status_code != 503, PATIENCE)
    for key in client.sent:
        client.send(key)
    assert client.refused == []


def caught_up(cluster: Cluster, client: Client) -> int:
    """Wait until every event is signed and in the queue; return the last position."""
    known = positions(cluster.dsn(Role.SUPERUSER))
    assert known == list(range(1, len(known) + 1))
    wait_until(lambda: covered(client) >= known[-1], PATIENCE)
    seen = client.http.get("/v1/queue", headers={"Ledger-Position": str(known[-1])})
    assert seen.status_code == 200, seen.text
    return known[-1]


def up(cluster: Cluster, data: Path, place: Path) -> Running:
    """Start a whole ledger whose files lie in `data` and whose events in the cluster."""
    named = {
        "LEDGER_DATABASE_URL": Role.APP,
        "LEDGER_DATABASE_OWNER_URL": Role.OWNER,
        "LEDGER_DATABASE_FOLLOWER_URL": Role.FOLLOWER,
        "LEDGER_DATABASE_ERASER_URL": Role.ERASER,
    }
    urls = {name: cluster.dsn(role) for name, role in named.items()}
    return start(data, place / "ledger.log", **urls)


def commands(cluster: Cluster) -> int:
    return int(rows(cluster.dsn(Role.SUPERUSER), COMMANDS)[0][0])


def covered(client: Client) -> int:
    """Return how many events the published checkpoint covers, 0 before the first."""
    answer = client.http.get("/checkpoint")
    return head_of(answer.content).size if answer.status_code == 200 else 0
