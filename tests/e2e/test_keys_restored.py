"""A running ledger gets a new key-encryption key; what was erased stays so after a restore."""

import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx
import orjson
from support.readme import examples
from support.running import Running, ledger
from support.serving import wait_until
from support.source_tree import ROOT
from support.store import rows

from domain.values import Purpose
from infra.erasurelist import ErasureList

PATIENCE = 30.0


def write(running: Running, text: str, token: str) -> str:
    answer = httpx.post(
        f"{running.url}/v1/tickets",
        json={
            "contract": running.ready["customer_contract"],
            "channel": "portal",
            "language": "en",
            "subject": "No network",
            "text": text,
        },
        headers={
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": os.urandom(8).hex(),
        },
        timeout=PATIENCE,
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def somebody_new(running: Running) -> str:
    """Return the token of another person under the contract."""
    who = ("--role", "customer", "--subject", "somebody-new")
    contract = ("--contract", running.ready["customer_contract"])
    done = ledger("token", *who, *contract, "--json", "--data", str(running.data))
    assert done.returncode == 0, done.stderr
    return str(orjson.loads(done.stdout)["token"])


def timeline(running: Running, ticket: str) -> str:
    answer = httpx.get(
        f"{running.url}/v1/tickets/{ticket}/timeline",
        headers={"Authorization": f"Bearer {running.token('compliance')}"},
        timeout=PATIENCE,
    )
    return answer.text if answer.status_code == 200 else ""


def correspondence_of(running: Running, ticket: str) -> tuple[UUID, list[UUID]]:
    """Return whose words the ticket's are, and the keys that seal them."""
    found = rows(
        running.ready["dsn"]["superuser"],
        "SELECT (said.envelope -> 'sealed' -> field ->> 'subject')::uuid, key_id"
        " FROM ledger.sealed_fields JOIN ledger.envelopes AS said USING (event_id)"
        " WHERE said.envelope -> 'stream' ->> 'id' = %s"
        " AND said.envelope -> 'sealed' -> field ->> 'purpose' = 'correspondence'",
        [ticket],
    )
    return found[0][0], [key for _, key in found]


def drill() -> list[str]:
    """Return the commands of the documentation: back up, bring back."""
    page = ROOT / "docs/operations.md"
    heading = page.read_text("utf-8").split("### Restoring")[0].count("\n")
    return [one.commands for one in examples(page) if one.line > heading][:2]


def do(commands: str, data: Path, backup: Path) -> None:
    given = {"LEDGER_DATA": str(data), "BACKUP": str(backup)}
    subprocess.run(["sh", "-euc", commands], env=os.environ | given, check=True, timeout=60)


def nothing_else_is_missing(running: Running) -> None:
    """Only the list tells of this erasure: fsck may miss its keys, for no event recorded it."""
    done = ledger("fsck", "--json", "--data", str(running.data))
    found = orjson.loads(done.stdout)
    assert {one["kind"] for one in found["findings"]} <= {"missing-key"}, found


def test_erased_before_a_restore_and_a_rotation_and_erased_after_them(
    ledger_factory: Callable[..., Running], tmp_path: Path
) -> None:
    running = ledger_factory()
    ticket = write(running, "Since this morning.", running.token("customer"))
    wait_until(lambda: "Since this morning." in timeline(running, ticket), PATIENCE)
    subject, key_ids = correspondence_of(running, ticket)
    back_up, bring_back = drill()
    do(back_up, running.data, tmp_path)
    ErasureList(running.data).add(
        contract=running.ready["customer_contract"],
        subject=subject,
        purposes=[Purpose.CORRESPONDENCE],
        key_ids=key_ids,
        events=[],
        position=1,
        at=datetime.now(UTC),
    )
    running.stop()
    do(bring_back, running.data, tmp_path)
    running = ledger_factory()
    told = timeline(running, ticket)
    assert told
    assert "Since this morning." not in told
    assert '"erased":true' in told.replace(" ", "")
    nothing_else_is_missing(running)

    done = ledger("keys", "rotate-kek", "--destroy-old", "--json", "--data", str(running.data))
    rotated = orjson.loads(done.stdout)
    assert (done.returncode, len(rotated["destroyed"]), rotated["kept"]) == (0, 1, [])
    assert rotated["rewrapped"] > 0
    after = write(running, "After the rotation.", somebody_new(running))
    wait_until(lambda: "After the rotation." in timeline(running, after), PATIENCE)
    nothing_else_is_missing(running)
