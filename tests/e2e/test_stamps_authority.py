"""A running ledger has its checkpoints stamped, and goes on when its authority does not."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from support import authority
from support.authority import Place
from support.running import Running, ledger
from support.serving import wait_until
from support.stamping import verified_by_openssl

from infra.tilefiles import head_of
from infra.timestamps import Trust
from projections.stamps import Stamps

PATIENCE = 60.0


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[authority.Running]:
    with authority.running(Place(tmp_path / "authority")) as answering:
        yield answering


def status(running: Running) -> dict[str, Any]:
    ended = ledger("status", "--json", "--data", str(running.data))
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(ended.stdout))


def covered(running: Running) -> int:
    return head_of(httpx.get(f"{running.url}/checkpoint", timeout=PATIENCE).content).size


def figures(running: Running) -> dict[str, float]:
    lines = httpx.get(f"{running.url}/metrics", timeout=PATIENCE).text.splitlines()
    return {
        line.split()[0]: float(line.split()[1])
        for line in lines
        if line.startswith("ledger_timestamp")
    }


def test_it_is_stamped_told_and_not_held_up(
    ledger_factory: Callable[..., Running], ours: authority.Running
) -> None:
    running = ledger_factory(
        LEDGER_TIMESTAMP_AUTHORITIES=ours.setting(), LEDGER_TIMESTAMP_SECONDS="1"
    )
    stamps = Stamps(running.data, 1)
    first = int(running.open_ticket()["position"])
    wait_until(lambda: stamps.sizes()[-1:] > [first - 1], PATIENCE)
    found = stamps.stamps_for(first)
    assert found is not None
    found.check(Trust.read(ours.place.trusted))
    name = str(found.stamped.size)
    assert verified_by_openssl(stamps.directory, name, ".note", ours.place.trusted)
    told = httpx.get(
        f"{running.url}/v1/log/timestamps",
        params={"covering": first},
        headers={"Authorization": f"Bearer {running.token('customer')}"},
        timeout=PATIENCE,
    ).json()
    assert told["items"][0]["note"].encode() == found.stamped.note
    wait_until(lambda: status(running)["timestamps"]["last"]["size"] >= first, PATIENCE)
    assert figures(running)["ledger_timestamp_size"] >= first

    ours.place.mood("garbage")
    second = int(running.open_ticket()["position"])
    wait_until(lambda: covered(running) >= second, PATIENCE)
    wait_until(lambda: status(running)["timestamps"]["trouble"] is not None, PATIENCE)
    said = ledger("status", "--data", str(running.data)).stdout
    assert "no stamp   authority: no reply of a time stamp authority" in said
    assert "s ago by CN=Test authority" in said
    assert figures(running)["ledger_timestamp_failures"] >= 1

    ours.place.mood("broken")
    os.kill(running.reread()["pids"]["integrator"], signal.SIGKILL)
    third = int(running.open_ticket()["position"])
    wait_until(lambda: covered(running) >= third, PATIENCE)
    ours.place.mood("good")
    wait_until(lambda: stamps.sizes()[-1] >= third, PATIENCE)
    wait_until(lambda: status(running)["timestamps"]["trouble"] is None, PATIENCE)
