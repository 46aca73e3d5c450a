"""A running ledger gets a new key-encryption key; what was erased stays so after a restore."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import httpx
import orjson
from support.readme import examples
from support.running import Running, ledger
from support.serving import wait_until
from support.source_tree import ROOT
from support.store import rows

PATIENCE = 30.0


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


def author_of(running: Running, ticket: str) -> UUID:
    """Return whose words the ticket's are."""
    ((author, *_), *_) = rows(
        running.ready["dsn"]["superuser"],
        "SELECT (envelope -> 'sealed' -> field ->> 'subject')::uuid"
        " FROM ledger.sealed_fields JOIN ledger.envelopes USING (event_id)"
        " WHERE envelope -> 'stream' ->> 'id' = %s"
        " AND envelope -> 'sealed' -> field ->> 'purpose' = 'correspondence'",
        [ticket],
    )
    return UUID(str(author))


def drill() -> list[str]:
    """Return the commands of the documentation: back up, bring back."""
    page = ROOT / "docs/operations.md"
    heading = page.read_text("utf-8").split("### Restoring")[0].count("\n")
    return [one.commands for one in examples(page) if one.line > heading][:2]


def do(commands: str, data: Path, backup: Path) -> None:
    given = {"LEDGER_DATA": str(data), "BACKUP": str(backup)}
    subprocess.run(["sh", "-euc", commands], env=os.environ | given, check=True, timeout=60)


def fsck_says_well(running: Running) -> None:
    done = ledger("fsck", "--json", "--data", str(running.data))
    assert done.returncode == 0, done.stdout


def erase(running: Running, subject: UUID) -> None:
    """Erase what a person wrote; return when it is carried out."""
    answer = httpx.post(
        f"{running.url}/v1/subjects/{subject}/erasures",
        json={
            "contract": running.ready["customer_contract"],
            "purposes": ["correspondence"],
            "basis": "data_subject_request",
        },
        headers={
            "Authorization": f"Bearer {running.token('compliance')}",
            "Idempotency-Key": os.urandom(8).hex(),
        },
        timeout=PATIENCE,
    )
    assert answer.status_code in {200, 201}, answer.text
    done = "SELECT 1 FROM ledger.events WHERE type = 'KeysDestroyed'"
    wait_until(lambda: rows(running.ready["dsn"]["superuser"], done) != [], PATIENCE)


def test_erased_before_a_restore_and_a_rotation_and_erased_after_them(
    ledger_factory: Callable[..., Running], tmp_path: Path
) -> None:
    running = ledger_factory()
    ticket = str(running.open_ticket()["id"])
    wait_until(lambda: "Since this morning." in timeline(running, ticket), PATIENCE)
    back_up, bring_back = drill()
    do(back_up, running.data, tmp_path)
    erase(running, author_of(running, ticket))
    running.stop()
    do(bring_back, running.data, tmp_path)
    running = ledger_factory()
    told = timeline(running, ticket)
    assert told
    assert "Since this morning." not in told
    assert '"erased":true' in told.replace(" ", "")
    fsck_says_well(running)

    done = ledger("keys", "rotate-kek", "--destroy-old", "--json", "--data", str(running.data))
    rotated = orjson.loads(done.stdout)
    assert (done.returncode, len(rotated["destroyed"]), rotated["kept"]) == (0, 1, [])
    assert rotated["rewrapped"] > 0
    after = str(running.open_ticket("After the rotation.", somebody_new(running))["id"])
    wait_until(lambda: "After the rotation." in timeline(running, after), PATIENCE)
    fsck_says_well(running)
