"""A running ledger carries out an erasure by itself, also one that it was killed over."""

import os
import signal
import time
from collections.abc import Callable
from typing import Any

import httpx
import psutil
from support.running import Running
from support.serving import wait_until

PATIENCE = 60.0


def asked(running: Running, role: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = httpx.post(
        f"{running.url}{path}",
        json=body,
        headers={
            "Authorization": f"Bearer {running.token(role)}",
            "Idempotency-Key": os.urandom(8).hex(),
        },
        timeout=PATIENCE,
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def read(running: Running, path: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {running.token('compliance')}"}
    answer = httpx.get(f"{running.url}{path}", headers=headers, timeout=PATIENCE)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def erased(running: Running) -> dict[str, Any]:
    """Let the demonstration customer write, and erase what they wrote."""
    number = running.ready["customer_contract"]
    opening = {"contract": number, "channel": "portal", "language": "en"}
    opening |= {"subject": "No network", "text": "Since this morning."}
    ticket = asked(running, "customer", "/v1/tickets", opening)
    (holder,) = {one["person"] for one in read(running, f"/v1/contracts/{number}")["persons"]}
    body = {"contract": number, "purposes": ["correspondence"], "basis": "data_subject_request"}
    made = asked(running, "compliance", f"/v1/subjects/{holder}/erasures", body)
    return {"ticket": ticket["id"], "history": f"/v1/contracts/{number}/history", **made}


def destroyed(running: Running, history: str) -> int:
    kinds = read(running, history)["engineers"]["searched"]["kinds"]
    return int(kinds.get("KeysDestroyed", 0))


def gone(running: Running, ticket: str) -> bool:
    told = read(running, f"/v1/tickets/{ticket}/timeline")["items"][0]["what"]["text"]
    return bool(told["erased"])


def test_an_erasure_is_carried_out_while_it_runs_and_after_a_kill(
    ledger_factory: Callable[..., Running],
) -> None:
    running = ledger_factory()
    first = erased(running)
    wait_until(lambda: destroyed(running, first["history"]) == 1, PATIENCE)
    told = time.monotonic()
    wait_until(lambda: gone(running, first["ticket"]), PATIENCE)
    assert time.monotonic() - told < 60
    followers = psutil.Process(running.ready["pids"]["followers"][0])
    followers.send_signal(signal.SIGSTOP)
    second = erased(running)
    assert destroyed(running, first["history"]) == 1
    followers.kill()
    wait_until(lambda: destroyed(running, first["history"]) == 2, PATIENCE)
    wait_until(lambda: gone(running, second["ticket"]), PATIENCE)
