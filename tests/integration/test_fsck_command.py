"""`ledger fsck` as people and scripts run it."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from support.attacked import EVENTS, KEK, Attacked, attacked
from support.attacks import attacker
from support.databases import Database
from support.log import integrated

from infra.logkeys import LogKeys
from infra.tilefiles import CHECKPOINT, head_of, log_directory


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
    assert list(found) == ["ok", "checked", "size", "root", "findings", "compared"]
    assert (found["ok"], found["checked"], found["size"]) == (True, EVENTS, EVENTS)
    assert found["root"] == ledger.fsck().tree.root().hex()
    assert found["compared"] == []
    assert "no log here" in run(ledger).stdout


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


@contextmanager
def served(note: bytes) -> Iterator[str]:
    """A log elsewhere that has a checkpoint and nothing else."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/log/checkpoint" else 404)
            self.end_headers()
            self.wfile.write(note)

        def log_message(self, *_: object) -> None:  # type: ignore[override]
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/log"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_kept_checkpoint_is_compared_from_a_file_and_from_a_log(
    ledger: Attacked, tmp_path: Path
) -> None:
    integrated(ledger.database, ledger.data)
    note = (log_directory(ledger.data) / "1" / CHECKPOINT).read_bytes()
    kept = tmp_path / "kept.txt"
    kept.write_bytes(note)
    origin = head_of(note).origin
    vkey = LogKeys(ledger.data).signer(origin).verifier.vkey
    good = run(ledger, "--checkpoint", str(kept), "--vkey", vkey, "--json")
    assert (good.returncode, good.stderr) == (0, "")
    assert [(one["origin"], one["size"]) for one in json.loads(good.stdout)["compared"]] == 2 * [
        (origin, EVENTS)
    ]

    with attacker(ledger.database.dsn_superuser) as somebody:
        somebody.run("DELETE FROM ledger.events WHERE position = %s", EVENTS)
    with served(note) as url:
        for given in (str(kept), url, f"{url}/checkpoint"):
            done = run(ledger, "--checkpoint", given, "--json")
            kinds = {(one["position"], one["kind"]) for one in json.loads(done.stdout)["findings"]}
            assert (done.returncode, kinds) == (1, {(EVENTS, "truncated")}), done.stderr
        assert run(ledger, "--checkpoint", f"{url}/nothing").returncode == 3
    assert run(ledger, "--checkpoint", url).returncode == 5


def test_what_is_no_checkpoint_of_this_log_ends_with_three(
    ledger: Attacked, tmp_path: Path
) -> None:
    integrated(ledger.database, ledger.data)
    note = (log_directory(ledger.data) / "1" / CHECKPOINT).read_bytes()
    keys, kept = LogKeys(ledger.data), tmp_path / "kept.txt"
    text = head_of(note).text().replace("log.example.net", "other.example.net")
    for raw, why in (
        (b"not a note", "no checkpoint"),
        (note.replace(b"\n12\n", b"\n11\n"), "not to be believed"),
        (keys.signer("other.example.net/1").sign(text).encode(), "other.example.net/1"),
    ):
        kept.write_bytes(raw)
        done = run(ledger, "--checkpoint", str(kept))
        assert (done.returncode, done.stdout) == (3, "")
        assert why in done.stderr
        assert "Traceback" not in done.stderr
    assert run(ledger, "--checkpoint", str(tmp_path / "nowhere")).returncode == 3
    assert run(ledger, "--vkey", "x+y+z").returncode == 3
