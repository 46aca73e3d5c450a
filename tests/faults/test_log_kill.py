"""Integrators are killed before and after every tile, note and publication: one tree is signed."""

import json
import random
import signal
from pathlib import Path

from support.databases import Database
from support.histories import History
from support.integrating import run_all
from support.log import defined_root, integrated, stored_leaves, tree_files
from support.store import fresh_seed
from support.views import ledger_on

from infra.tilefiles import TileReader, head_of

SEEDS = 50
KILLS = 4
STEPS = 40


def test_killed_anywhere_it_goes_on_and_never_signs_two_trees(
    database: Database, keys_dir: Path, tmp_path: Path
) -> None:
    seed = fresh_seed()
    chance = random.Random(seed)
    with ledger_on(database, keys_dir) as ledger:
        size = ledger.tell(History(seed).requests(350))
    leaves = stored_leaves(database.dsn_superuser)
    integrated(database, tmp_path / "undisturbed")
    expected = tree_files(tmp_path / "undisturbed" / "log" / "1")
    runs = [
        {
            "data": str(tmp_path / str(number)),
            "batch": chance.randint(40, 130),
            "kills": [chance.randint(1, STEPS) for _ in range(KILLS)],
        }
        for number in range(SEEDS)
    ]
    killed = 0
    for run, seen in zip(runs, run_all(database.dsn_follower, runs), strict=True):
        data = Path(run["data"])
        for signed, published, status in seen:
            assert published <= signed, f"{run}: published what nobody remembers to have signed"
            assert status in {0, signal.SIGKILL}, run
            killed += status == signal.SIGKILL
        assert seen[-1] == [size, size, 0], run
        for line in (data / "signed").read_text("utf-8").splitlines():
            head = head_of(json.loads(line).encode())
            assert head.root == defined_root(leaves[: head.size]), run
        found = tree_files(data / "log" / "1")
        assert {path: found[path] for path in expected} == expected, run
        assert TileReader(data / "log" / "1").last_signed() is not None
    assert killed > SEEDS, "the kills come too late to do anything"
