"""A consumer is killed at every step of a batch: every effect is there once, in order."""

import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.broker import Shared
from support.consuming import Effects, Fed, fed_by
from support.consuming_killed import BATCH, run_killed
from support.databases import Database
from support.histories import History
from support.store import FIXED_SEED, fresh_seed
from support.views import ledger_on

from consumers.inbox import Hop

BEFORE = (Hop.POLLED, Hop.TAKEN, Hop.HANDLED, Hop.FOLDED)


@pytest.fixture(params=["store", "kafka"])
def fed(
    request: pytest.FixtureRequest, database: Database, keys_dir: Path, tmp_path: Path
) -> Iterator[Fed]:
    with ledger_on(database, keys_dir) as ledger:
        bootstrap = None
        if request.param == "kafka":
            broker: Shared = request.getfixturevalue("broker")
            bootstrap = broker.bootstrap
        yield fed_by(ledger, bootstrap, tmp_path, partitions=2)


def test_a_consumer_killed_at_any_step_does_everything_once(fed: Fed, tmp_path: Path) -> None:
    history = History(FIXED_SEED, tickets=20)
    fed.tell(history.requests(60))
    history.random = random.Random(fresh_seed())
    last = fed.tell(history.requests(60))
    killed = {hop: Effects() for hop in Hop}
    asked = {
        "dsn": fed.dsn,
        "ledger": str(fed.ledger.codec.ledger),
        "bootstrap": fed.bootstrap or None,
        "topic": fed.topic,
        "data": str(tmp_path),
        "kills": [[effects.name, hop] for hop, effects in killed.items()],
    }
    assert run_killed(asked) == [signal.SIGKILL] * len(Hop)
    for hop, effects in killed.items():
        done = len(fed.effects(effects.name))
        assert done == fed.handled(effects.name), hop
        if fed.kafka is None:
            assert done == (BATCH if hop in BEFORE else 2 * BATCH), hop
        elif hop is Hop.RECORDED:
            assert done > fed.committed(effects.name) > 0, hop
        else:
            assert done == fed.committed(effects.name) > 0, hop
    with fed.running(*(fed.member(effects) for effects in killed.values())):
        for effects in killed.values():
            fed.reach(effects.name, last)
    for effects in killed.values():
        fed.assert_once_in_order(effects.name, range(1, last + 1))
