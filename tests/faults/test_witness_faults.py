"""Witnesses down, slow or lying hold nothing up; another history than theirs is noticed."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from support.attacks import attacker
from support.cosigning import Cosigned, cosigned_ledger
from support.databases import Database
from support.log import NAME, defined_root, stored_leaves
from support.store import fresh_seed
from support.views import eventually

from infra.notes import open_note
from infra.tilefiles import head_of

ROOT = Path(__file__).parents[2]
WITNESS = "witness.example/w1"
HELD_UP = 4.0
"""Seconds for two checkpoints; one witness alone may take five."""


@pytest.fixture
def made(database: Database, keys_dir: Path, tmp_path: Path) -> Iterator[Cosigned]:
    with ExitStack() as stack:
        yield cosigned_ledger(stack, database, keys_dir, tmp_path, [WITNESS])


@pytest.mark.parametrize(
    "mode", ["down", "silent", "dripping", "huge", "slow", "forged", "broken", "ahead"]
)
def test_no_witness_holds_up_a_checkpoint(made: Cosigned, mode: str) -> None:
    with made.integrating():
        made.tell()
        assert eventually(lambda: made.cosigners() == [WITNESS])
        if mode == "down":
            made.watched[0].kill()
        else:
            made.watched[0].act(mode)
        began = time.monotonic()
        for seed in (2, 3):
            size = made.tell(seed=seed)
            assert eventually(lambda size=size: made.published_size() == size)
        taken = time.monotonic() - began
        assert open_note(made.published(), made.verifiers())
        assert mode == "slow" or made.cosigners() == []
    assert taken < HELD_UP


def test_a_quorum_that_is_missing_is_an_alarm_until_it_is_there(made: Cosigned) -> None:
    made.watched[0].act("broken")
    with made.integrating(witness_alarm_seconds=1):
        size = made.tell()
        assert eventually(lambda: made.status()["alarms"] != [], within=20)
        assert made.status()["alarms"] == ["no 1 witnesses have cosigned for 1 s"]
        assert made.status()["witnesses"] == {WITNESS: "invalid"}
        assert made.published_size() == size
        made.watched[0].act("honest")
        assert eventually(lambda: made.cosigners() == [WITNESS], within=20)
        assert eventually(lambda: made.status()["alarms"] == [], within=20)


def contradicted(made: Cosigned) -> bool:
    return any("contradicts" in alarm for alarm in made.status()["alarms"])


def cosigned_once(made: Cosigned) -> int:
    """Have a history cosigned; return its size. The integrator has stopped."""
    with made.integrating():
        size = made.tell()
        assert eventually(lambda: made.published_size() == size and made.cosigners() == [WITNESS])
    return size


@pytest.mark.parametrize("grown", [False, True], ids=["as long", "longer"])
def test_a_history_rewritten_and_signed_with_the_stolen_key_is_noticed(
    made: Cosigned, *, grown: bool
) -> None:
    size = cosigned_once(made)
    shown = made.published()
    with attacker(made.ledger.database.dsn_superuser) as thief:
        envelopes = thief.envelopes()
        envelopes[4]["actor"]["id"] = envelopes[5]["id"]
        thief.rewrite(envelopes)
    shutil.rmtree(made.data / "log" / "1")
    if grown:
        made.tell(seed=2)
    with made.integrating():
        assert eventually(lambda: made.published_size() >= size and contradicted(made))
        forged = made.published()
        assert open_note(forged, made.verifiers()), "by the log's signature alone it is good"
        assert made.cosigners(forged) == []
        leaves = stored_leaves(made.ledger.database.dsn_superuser)
        assert head_of(forged).root == defined_root(leaves[: head_of(forged).size])
        assert head_of(forged).root != head_of(shown).root
        later = made.tell(seed=3)
        assert eventually(lambda: made.published_size() == later), "appends are not the hostage"
        assert contradicted(made)
    refused = made.watched[0].held()["refused"]
    assert refused[0].encode() == forged, "two trees, one key: the witness has the evidence"
    assert made.watched[0].size() == size


def test_an_old_copy_of_log_and_database_is_noticed(made: Cosigned, tmp_path: Path) -> None:
    early = cosigned_once(made)
    shutil.copytree(made.data / "log", tmp_path / "backup")
    with made.integrating():
        late = made.tell(seed=2)
        assert eventually(lambda: made.published_size() == late and made.cosigners() == [WITNESS])
    with psycopg.connect(made.ledger.database.dsn_superuser) as connection:
        connection.execute("ALTER TABLE ledger.events DISABLE TRIGGER ALL")
        connection.execute("DELETE FROM ledger.events WHERE position > %s", [early])
    shutil.rmtree(made.data / "log")
    shutil.copytree(tmp_path / "backup", made.data / "log")
    with made.integrating():
        size = made.tell(requests=3, seed=3)
        assert early < size < late
        assert eventually(lambda: made.published_size() == size)
        assert eventually(lambda: contradicted(made))
        assert str(late) in made.status()["alarms"][0]
        assert made.cosigners() == []
    assert made.watched[0].size() == late


def test_a_contradiction_is_not_forgotten_when_the_witness_falls_silent(made: Cosigned) -> None:
    made.watched[0].act("ahead")
    with made.integrating():
        made.tell()
        assert eventually(lambda: contradicted(made))
        made.watched[0].kill()
        made.tell(seed=2)
        assert eventually(lambda: made.status()["witnesses"] == {WITNESS: "silent"})
        assert contradicted(made)


def test_a_note_that_cannot_be_kept_is_shown_to_no_witness(made: Cosigned) -> None:
    made.tell()
    with made.cosigners_for([]) as integrator:
        (made.data / "log" / "1" / "last-signed").mkdir()  # the disk fails just there
        with pytest.raises(OSError, match="last-signed"):
            integrator.publish()
    assert made.watched[0].held()["origins"] == {}


def test_killed_again_and_again_it_never_shows_the_witness_two_trees(made: Cosigned) -> None:
    chance = random.Random(fresh_seed())
    size = 0
    for round_ in range(8):
        size = made.tell(seed=round_)
        with process(made) as running:
            time.sleep(chance.uniform(0.3, 0.8))  # wherever it is by then
            running.send_signal(signal.SIGKILL)
    with made.integrating():
        assert eventually(lambda: made.published_size() == size and made.cosigners() == [WITNESS])
        assert made.status()["alarms"] == []
    assert made.watched[0].held()["refused"] == []


def process(made: Cosigned) -> subprocess.Popen[bytes]:
    """Start the integrator as a process of its own."""
    given = {
        "LEDGER_DATA": str(made.data),
        "LEDGER_DATABASE_FOLLOWER_URL": made.ledger.database.dsn_follower,
        "LEDGER_LOG_NAME": NAME,
        "LEDGER_CHECKPOINT_MILLISECONDS": "10",
        "LEDGER_WITNESSES": json.dumps([one.setting for one in made.watched]),
    }
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "projections.integrate"],
        cwd=ROOT,
        env={**os.environ, **given},
    )
