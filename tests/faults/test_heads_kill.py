"""The integrator is killed while heads are asked for: answers are right, or that it is away."""

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
from support.running import Running
from support.serving import wait_until
from support.store import fresh_seed
from support.working import Working

from domain.chainhead import ChainHead
from infra.chainheads import open_chain_head
from infra.notes import Verifier

KILLS = 4
PATIENCE = 60.0


@dataclass
class Askers(Working):
    """Threads that ask for the head of one contract until the block ends."""

    running: Running
    heads: list[ChainHead] = field(default_factory=list)
    away: int = 0
    wrong: list[str] = field(default_factory=list)
    THREADS = 3

    def __post_init__(self) -> None:
        self.keys = [Verifier.parse(self.running.ready["log"]["vkey"])]

    def wait_for_more(self) -> None:
        """Wait for a head in a larger tree than those known by now."""
        known = max(head.size for head in self.heads)
        wait_until(lambda: self.heads[-1].size > known or self.wrong != [], PATIENCE)

    def work(self, _: int) -> None:
        headers = {"Authorization": f"Bearer {self.running.token('compliance')}"}
        path = f"/v1/contracts/{self.running.ready['customer_contract']}/head"
        with httpx.Client(base_url=self.running.url, headers=headers, timeout=PATIENCE) as client:
            while not self.ending.is_set():
                answer = client.get(path)
                if answer.status_code == 200:
                    self.heads.append(open_chain_head(answer.content, self.keys))
                elif answer.status_code == 503 and answer.headers["Retry-After"] == "1":
                    self.away += 1
                    time.sleep(0.01)
                elif answer.status_code == 409 and not self.heads:  # before the first checkpoint
                    time.sleep(0.01)
                else:
                    self.wrong.append(answer.text)
                    return


def test_a_killed_integrator_gives_no_wrong_head_and_comes_back(
    ledger_factory: Callable[..., Running],
) -> None:
    seed = fresh_seed()
    chance = random.Random(seed)
    running = ledger_factory()
    with Askers(running) as askers:
        wait_until(lambda: askers.heads != [], PATIENCE)
        for _ in range(KILLS):
            time.sleep(chance.uniform(0, 0.5))
            os.kill(running.reread()["pids"]["integrator"], signal.SIGKILL)
            running.open_ticket()
            askers.wait_for_more()
    assert askers.wrong == []
    assert askers.away, "no kill was noticed"
    by_size: dict[int, set[ChainHead]] = {}
    for head in askers.heads:
        by_size.setdefault(head.size, set()).add(head)
    assert all(len(same) == 1 for same in by_size.values()), "two heads in one tree"
    counts = [next(iter(by_size[size])).count for size in sorted(by_size)]
    assert counts == sorted(counts)
    assert counts[-1] >= counts[0] + KILLS
