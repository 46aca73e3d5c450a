"""A running ledger signs what it records, whatever happens to its integrator and its key."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import httpx
from support.log import defined_root, stored_leaves
from support.running import Running, ledger
from support.serving import wait_until

from infra.notes import Verifier, open_note, parse_note
from infra.tilefiles import head_of

PATIENCE = 60.0


def checkpoint(running: Running) -> bytes:
    answer = httpx.get(f"{running.url}/checkpoint", timeout=PATIENCE)
    return answer.content if answer.status_code == 200 else b""


def until_covered(running: Running, position: int) -> bytes:
    wait_until(
        lambda: (note := checkpoint(running)) != b"" and head_of(note).size >= position, PATIENCE
    )
    return checkpoint(running)


def test_it_signs_on_after_a_kill_and_with_a_new_key(
    ledger_factory: Callable[..., Running],
) -> None:
    running = ledger_factory(LEDGER_LOG_NAME="log.example.net")
    first = Verifier.parse(running.ready["log"]["vkey"])
    assert running.ready["log"]["origin"] == first.name == "log.example.net/1"
    until_covered(running, running.open_ticket()["position"])
    os.kill(running.ready["pids"]["integrator"], signal.SIGKILL)
    position = running.open_ticket()["position"]
    note = until_covered(running, position)
    assert open_note(note, [first])
    leaves = stored_leaves(running.ready["dsn"]["superuser"])
    head = head_of(note)
    assert head.root == defined_root(leaves[: head.size])
    rotated = json.loads(ledger("keys", "rotate", "--data", str(running.data), "--json").stdout)
    second = Verifier.parse(rotated["keys"][-1]["vkey"])
    wait_until(lambda: second.id.hex() in signers(checkpoint(running)), PATIENCE)
    assert open_note(checkpoint(running), [second])
    wait_until(lambda: running.reread()["log"]["vkey"] == second.vkey, PATIENCE)


def signers(note: bytes) -> set[str]:
    return {one.key_id.hex() for one in parse_note(note).signatures}


def test_the_signing_key_reaches_the_integrator_alone(
    ledger_factory: Callable[..., Running],
) -> None:
    key = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU="
    running = ledger_factory(LEDGER_LOG_KEY=key)
    until_covered(running, 1)
    pids = running.reread()["pids"]
    assert key in environment(pids["integrator"])
    for name in ("api", "followers"):
        assert key not in environment(pids[name][0])
    assert not (running.data / "log" / "signing-key").exists()


def environment(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_text("utf-8")
