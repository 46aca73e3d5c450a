"""`ledger export` of a running ledger, `ledger verify` and a bare Python: they fit together."""

import json
import subprocess
import sys
import uuid
import zipfile
from pathlib import Path

import httpx
import pytest
from support.bags import files_of
from support.running import Running, ledger

RECIPIENT = "The district court of Tashkent"
WORDS = "Служба не запускается, since this morning"


@pytest.fixture(scope="module")
def ticket(running_ledger: Running) -> str:
    """Open a ticket with words and a file; return its id."""
    contract = str(running_ledger.ready["customer_contract"])
    headers = {"Authorization": f"Bearer {running_ledger.token('customer')}"}
    with httpx.Client(base_url=running_ledger.url, headers=headers, timeout=30) as client:

        def post(path: str, **more: object) -> dict[str, str]:
            key = {"Idempotency-Key": str(uuid.uuid4())}
            answer = client.post(path, headers=key, **more)  # type: ignore[arg-type]
            assert answer.status_code == 201, answer.text
            made: dict[str, str] = answer.json()
            return made

        body = {"contract": contract, "subject": "mail", "text": WORDS, "language": "en"}
        opened = post("/v1/tickets", json={**body, "channel": "portal"})["id"]
        query = {"name": "log.txt", "audience": "public"}
        post(f"/v1/tickets/{opened}/attachments", params=query, content=b"\x00a log\n")
    return opened


def export(running: Running, what: str, named: str, out: Path, *more: str) -> tuple[int, str, str]:
    """Run `ledger export`; return how it ended and what it said."""
    asked = ("--out", str(out), "--recipient", RECIPIENT, "--legal-basis", "court_order")
    done = ledger("export", what, named, *asked, *more, "--data", str(running.data))
    return done.returncode, done.stdout, done.stderr


def test_a_ticket_is_exported_and_checked_with_a_bare_python(
    running: Running, ticket: str, tmp_path: Path
) -> None:
    bag, vkey = tmp_path / "ticket.zip", str(running.reread()["log"]["vkey"])
    code, said, wrong = export(running, "ticket", ticket, bag, "--json")
    assert code == 0, wrong
    assert json.loads(said)["file"] == str(bag)
    checked = ledger("verify", str(bag), "--vkey", vkey, "--json")
    assert checked.returncode == 0, checked.stdout
    report = json.loads(checked.stdout)
    assert (report["ok"], report["complete"], report["events"]["altered"]) == (True, True, 0)
    with zipfile.ZipFile(bag) as archive:
        (program,) = (name for name in archive.namelist() if name.endswith("/verify.py"))
        (tmp_path / "verify.py").write_bytes(archive.read(program))
    alone = [sys.executable, "-I", "-S", str(tmp_path / "verify.py"), str(bag), "--vkey", vkey]
    done = subprocess.run(alone, env={}, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    files = b"".join(files_of(bag).values())
    assert WORDS.encode() in files
    assert b"\x00a log\n" in files


def test_the_export_is_recorded_and_its_recipient_sealed(
    running: Running, ticket: str, tmp_path: Path
) -> None:
    import psycopg  # noqa: PLC0415

    bag = tmp_path / "ticket.zip"
    assert export(running, "ticket", ticket, bag)[0] == 0
    with psycopg.connect(running.ready["dsn"]["superuser"]) as connection:
        rows = connection.execute(
            "SELECT position, stream_kind::text, contract, envelope FROM ledger.events"
            " WHERE type = 'Exported' ORDER BY position DESC LIMIT 1"
        ).fetchall()
    ((position, kind, contract, envelope),) = rows
    assert (kind, contract) == ("access", None)
    data = json.loads(envelope)["data"]
    assert (data["what"], data["id"], data["basis"]) == ("ticket", ticket, "court_order")
    assert RECIPIENT.encode() not in envelope
    note = next(one for name, one in files_of(bag).items() if name.endswith("/manifest.note"))
    assert f"bag {data['digest']}\nposition {position}\n".encode() in note


def test_a_contract_is_exported_as_of_a_position(
    running: Running, ticket: str, tmp_path: Path
) -> None:
    bag, vkey = tmp_path / "contract.zip", str(running.reread()["log"]["vkey"])
    contract = str(running.ready["customer_contract"])
    wishes = ("--timezone", "Asia/Tashkent", "--language", "de", "--custodian", "Anna Schmidt")
    code, _, wrong = export(running, "contract", contract, bag, *wishes)
    assert code == 0, wrong
    files = {name.rpartition("/")[2]: content for name, content in files_of(bag).items()}
    assert "README-de.txt" in files
    assert files["timeline-1.pdf"].startswith(b"%PDF-")
    assert b"Name: Anna Schmidt\n" in files["certificate.txt"]
    assert ledger("verify", str(bag), "--vkey", vkey).returncode == 0
    assert export(running, "contract", contract, bag)[0] == 3, "the file is there"
    late = tmp_path / "late.zip"
    assert export(running, "contract", contract, late, "--at-position", "1000000")[0] == 3
    assert export(running, "contract", "none", late)[0] == 3
    assert not late.exists()


def test_an_export_is_made_elsewhere_and_fetched(
    running: Running, ticket: str, tmp_path: Path
) -> None:
    bag, asked = tmp_path / "there.zip", ("--recipient", RECIPIENT, "--legal-basis", "a treaty")

    def ask(role: str, *more: str) -> subprocess.CompletedProcess[str]:
        where = ("--url", running.url, "--token", running.token(role), "--out", str(bag))
        return ledger("export", "ticket", ticket, *asked, *where, *more)

    assert ask("supervisor").returncode == 4
    assert ask("dispute_handler", "--at-position", "1000000").returncode == 3
    assert not bag.exists()
    done = ask("dispute_handler", "--timezone", "Asia/Tashkent", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["file"], said["bytes"]) == (str(bag), bag.stat().st_size)
    assert list(tmp_path.iterdir()) == [bag]
    files = files_of(bag)
    custody = next(json.loads(files[name]) for name in files if name.endswith("/custody.json"))
    assert (custody["bag"], custody["made_by"]["role"]) == (said["bag"], "dispute_handler")
    assert (custody["legal_basis"], custody["words"]) == ("other", "a treaty")
    vkey = str(running.reread()["log"]["vkey"])
    assert ledger("verify", str(bag), "--vkey", vkey).returncode == 0
    (tmp_path / "verify.py").write_bytes(
        next(v for k, v in files.items() if k.endswith("verify.py"))
    )
    alone = [sys.executable, "-I", "-S", str(tmp_path / "verify.py"), str(bag), "--vkey", vkey]
    checked = subprocess.run(alone, env={}, capture_output=True, text=True, check=False, timeout=60)
    assert (checked.returncode, checked.stderr) == (0, ""), checked.stdout


@pytest.mark.parametrize(("recipient", "basis"), [("", "court_order"), ("R", " "), ("R\n", "x")])
def test_an_export_without_recipient_or_basis_is_refused(
    running: Running, ticket: str, tmp_path: Path, recipient: str, basis: str
) -> None:
    asked = ("--recipient", recipient, "--legal-basis", basis, "--data", str(running.data))
    done = ledger("export", "ticket", ticket, "--out", str(tmp_path / "no.zip"), *asked)
    assert done.returncode == 3
    assert list(tmp_path.iterdir()) == []
