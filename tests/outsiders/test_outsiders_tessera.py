"""Tessera's fsck reads a whole running ledger over HTTP, and finds what was changed in it."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support import running, tessera
from support.attacks import attacker
from support.bulk import append_all
from support.histories import History
from support.readme import ROOT, checkout, fences
from support.running import Running
from support.serving import answering, wait_until
from support.store import rows

from infra.codec import Codec
from infra.keys.opening import open_keys
from infra.notes import Signer
from infra.settings import read_settings
from infra.tilefiles import head_of, log_directory

EVENTS = 3_000
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Log:
    """A running ledger with some thousand events, and the program that checks it."""

    running: Running
    program: Path
    size: int
    root: str

    def check(self, url: str | None = None, vkey: str | None = None) -> tessera.Verdict:
        known = vkey or self.running.ready["log"]["vkey"]
        token = self.running.token("compliance")
        return tessera.check(self.program, url or self.running.url, known, token)

    def served_anew(self) -> tessera.Verdict:
        """Check it through an API that has read no tile yet."""
        dsn = self.running.ready["dsn"]["app"]
        with answering(read_settings(data=self.running.data, database_url=dsn)) as (url, _, _):
            return self.check(url)


@pytest.fixture(scope="module")
def log(state: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    place = tmp_path_factory.mktemp("outsiders")
    program = tessera.build(place)
    started = running.start(place / "data", place / "ledger.log", LEDGER_STATE=str(state))
    try:
        last = filled(started)
        wait_until(lambda: head_of(checkpoint(started)).size >= last, PATIENCE)
        head = head_of(checkpoint(started))
        yield Log(started, program, head.size, head.root.hex())
    finally:
        started.stop()


def filled(started: Running) -> int:
    """Record many events beside the running API; return the last position."""
    dsn = started.ready["dsn"]["app"]
    ledger = UUID(str(rows(dsn, "SELECT ledger FROM ledger.identity")[0][0]))
    with closing(open_keys(read_settings(data=started.data))) as keys:
        return append_all(dsn, Codec(ledger, keys), History(1).requests(EVENTS))


def checkpoint(started: Running) -> bytes:
    return httpx.get(f"{started.url}/checkpoint").raise_for_status().content


def test_tessera_computes_the_same_tree_from_what_is_served(log: Log) -> None:
    verdict = log.check()
    assert verdict.found == (log.size, log.root), verdict.words
    assert log.size > EVENTS


@pytest.mark.parametrize("which", ["full", "partial", "upper"])
def test_tessera_rejects_one_flipped_bit_of_a_tile(log: Log, which: str) -> None:
    whole, rest = divmod(log.size, 256)
    tile = {"full": "0/003", "partial": f"0/{whole:03}.p/{rest}", "upper": f"1/000.p/{whole}"}
    with flipped(log_directory(log.running.data) / "1" / "tile" / tile[which]):
        verdict = log.served_anew()
    assert verdict.found is None
    assert f"tile/{tile[which]}: log has" in verdict.words
    assert log.served_anew().found == (log.size, log.root)


def test_tessera_rejects_one_changed_event(log: Log) -> None:
    position = 2 * 256 + 7
    envelope = changed(log, position, lambda known: known.replace(b'"index":1', b'"index":2'))
    verdict = log.check()
    changed(log, position, lambda _: envelope)
    assert verdict.found is None
    assert "tile/0/002: log has" in verdict.words
    assert log.check().found == (log.size, log.root)


def test_the_command_of_the_evidence_page_works(log: Log, tmp_path: Path) -> None:
    (command,) = fences(ROOT / "docs/evidence.md", "bash")
    place = checkout(tmp_path)
    (place / "vkey").write_text(log.running.ready["log"]["vkey"], "utf-8")
    given = {"LEDGER": log.running.url, "COMPLIANCE": log.running.token("compliance")}
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=place,
        env=os.environ | given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert f"Successfully fsck'd log with size {log.size}" in done.stderr


def test_tessera_rejects_a_checkpoint_of_another_key(log: Log) -> None:
    other = Signer(log.running.ready["log"]["origin"], Ed25519PrivateKey.generate()).verifier.vkey
    verdict = log.check(vkey=other)
    assert verdict.found is None
    assert "failed to fetch and verify checkpoint" in verdict.words


def test_tessera_needs_a_token_for_entries(log: Log) -> None:
    verdict = tessera.check(log.program, log.running.url, log.running.ready["log"]["vkey"], "")
    assert verdict.found is None
    assert "401" in verdict.words


def changed(log: Log, position: int, change: Callable[[bytes], bytes]) -> bytes:
    """Change a stored event with every right, its hash with it; return what it was."""
    with attacker(log.running.ready["dsn"]["superuser"]) as somebody:
        statement = "SELECT envelope FROM ledger.events WHERE position = %s"
        known = somebody.run(statement, position)[0][0]
        assert change(known) != known
        somebody.put(position, change(known))
    return bytes(known)


@contextmanager
def flipped(path: Path) -> Iterator[None]:
    """Change one bit in the middle of a file while the block runs."""
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    try:
        yield
    finally:
        path.write_bytes(content)
