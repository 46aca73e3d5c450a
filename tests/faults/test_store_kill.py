"""PostgreSQL is killed and started again under load: nothing acknowledged is lost."""

import random
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.own_cluster import kill, own_cluster
from support.proxy import Proxy
from support.store import adding, again, key, positions, rows, seeds, ticket, waiting_log
from support.working import Working

from domain.errors import OutcomeUnknown, Stale, Unavailable
from domain.log import Accepted, Request
from infra.postgres import Role
from infra.store import PostgresLog

WRITERS = 16
KILLS = 3


@dataclass
class Load(Working):
    """Writers that append, each to a stream of its own, until they are stopped."""

    log: PostgresLog
    seed: int
    accepted: list[tuple[Request, Accepted]] = field(default_factory=list)
    unknown: list[Request] = field(default_factory=list)
    refused: list[Request] = field(default_factory=list)
    lost: list[Stale] = field(default_factory=list)
    THREADS = WRITERS

    def wait_for(self, more: int) -> None:
        """Wait until so many more requests were accepted; no acknowledged one may be lost."""
        wanted = len(self.accepted) + more
        ends = time.monotonic() + 60
        while len(self.accepted) < wanted:
            assert not self.lost
            assert time.monotonic() < ends
            time.sleep(0.01)

    def work(self, number: int) -> None:
        chance = random.Random(f"{self.seed}/{number}")
        stream, version = ticket(), 0
        while not self.ending.is_set():
            request = adding(stream, version, command=key(chance))
            try:
                answer = self.log.append_wait(request)
            except OutcomeUnknown:
                self.unknown.append(request)
                stream, version = ticket(), 0
            except Stale as stale:
                self.lost.append(stale)
                return
            except Unavailable:
                self.refused.append(request)
                time.sleep(0.01)
            else:
                self.accepted.append((request, answer))
                version = answer.version


@pytest.mark.parametrize("patience", [0.0, 20.0], ids=["impatient", "patient"])
@seeds(1)
def test_what_was_acknowledged_survives_and_the_rest_is_settled_by_retry(
    tmp_path: Path, state: Path, seed: int, patience: float
) -> None:
    chance = random.Random(seed)
    with own_cluster(tmp_path, state) as cluster, Proxy(cluster.dsn(Role.APP, tcp=True)) as proxy:
        dsn = cluster.dsn(Role.APP)
        with waiting_log(proxy.dsn, tmp_path, patience=patience) as log:
            with Load(log, seed) as load:
                for number in range(KILLS):
                    load.wait_for(50)
                    if number % 2:
                        time.sleep(chance.uniform(0.0, 0.1))
                    else:
                        proxy.hold_commit()
                        assert proxy.swallowed.wait(30)
                    kill(cluster)
                    proxy.heal()
                    cluster.start()
            assert not load.lost
            held = {
                row[0]: row[1] for row in rows(dsn, "SELECT event_id, position FROM ledger.events")
            }
            for _, answer in load.accepted:
                assert [held[event] for event in answer.event_ids] == [answer.position]
            known = {row[0] for row in rows(dsn, "SELECT id FROM ledger.commands")}
            assert not known & {request.key.id for request in load.refused}
            settled = [_settle(log, request) for request in load.unknown]
        assert bool(load.unknown) == (not patience)
        count = len(load.accepted) + len(settled)
        assert positions(dsn) == list(range(1, count + 1))
        print(f"{len(load.accepted)} accepted, {len(settled)} unknown, {len(load.refused)} refused")


def _settle(log: PostgresLog, request: Request) -> Accepted:
    try:
        first = log.append_wait(again(request))
    except Stale as stale:
        # It was not recorded, and its stream had been given up before.
        raise AssertionError(f"the command of an unknown outcome is stale: {stale}") from stale
    assert log.append_wait(again(request)).event_ids == first.event_ids
    return first


def test_a_server_that_stays_away_is_unavailable_and_then_used_again(
    tmp_path: Path, state: Path
) -> None:
    with own_cluster(tmp_path, state) as cluster:
        dsn = cluster.dsn(Role.APP)
        with waiting_log(dsn, tmp_path, patience=0.2) as log:
            log.append_wait(adding(ticket(), 0))
            kill(cluster)
            for _ in range(3):
                with pytest.raises(Unavailable):
                    log.append_wait(adding(ticket(), 0))
            cluster.start()
            assert log.append_wait(adding(ticket(), 0)).position == 2
