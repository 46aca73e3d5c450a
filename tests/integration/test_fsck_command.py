"""`ledger fsck` as people and scripts run it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.attacked import EVENTS, KEK, Attacked, attacked
from support.attacks import attacker
from support.databases import Database


@pytest.fixture
def ledger(database: Database, keys_dir: Path) -> Attacked:
    return attacked(database, keys_dir)


def run(ledger: Attacked, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    given = {"LEDGER_DATABASE_URL": ledger.database.dsn_app, "LEDGER_KEK": KEK, **more}
    command = [sys.executable, "-m", "cli", "fsck", "--data", str(ledger.data), *arguments]
    return subprocess.run(
        command, env=os.environ | given, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_good_ledger_ends_with_zero(ledger: Attacked) -> None:
    done = run(ledger, "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(found) == ["ok", "checked", "size", "root", "findings"]
    assert (found["ok"], found["checked"], found["size"]) == (True, EVENTS, EVENTS)
    assert found["root"] == ledger.fsck().tree.root().hex()


def test_findings_end_with_one(ledger: Attacked) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        somebody.run("UPDATE ledger.events SET type = 'TagAdded' WHERE position = 5")
    done = run(ledger, "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["ok"]) == (1, False)
    detail = "not what the envelope says: type"
    assert found["findings"] == [{"position": 5, "kind": "column", "detail": detail}]
    assert "WRONG  position 5: column" in run(ledger).stdout


def test_a_sample_says_how_many_it_read(ledger: Attacked) -> None:
    found = json.loads(run(ledger, "--sample", "2", "--json").stdout)
    assert (found["checked"], found["size"]) == (2, EVENTS)
    assert run(ledger, "--sample", "0").returncode == 2


def test_what_cannot_be_read_ends_with_five(ledger: Attacked) -> None:
    nowhere = "postgresql://ledger_app@127.0.0.1:1/nowhere"
    assert run(ledger, LEDGER_DATABASE_URL=nowhere).returncode == 5
    other = "B" * 43 + "="
    wrong_key = run(ledger, LEDGER_KEK=other)
    assert (wrong_key.returncode, wrong_key.stdout) == (5, "")
    assert "key-encryption key" in wrong_key.stderr
