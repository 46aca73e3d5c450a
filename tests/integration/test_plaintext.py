"""Nothing personal in the clear: a whole running ledger, every command with its free fields."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import httpx
import psutil
import pytest
from support import everything, planting
from support.plaintext import Hit, Markers, dump_tables, leak_into_table, search, search_files
from support.planting import Planting
from support.running import Running, ledger
from support.serving import Served

from projections.exporting.kept import remove_all


@dataclass
class Planted:
    """A running ledger into which markers were put, and what it said of itself."""

    ledger: Running
    state: Path
    markers: Markers
    errors: bytes
    refused_import: bytes
    shown: bytes


PLACES = {"files", "log", "tables", "errors", "metrics", "ready", "commands", "import", "status"}


@pytest.fixture
def planted(ledger_factory: Callable[..., Running], state: Path, tmp_path: Path) -> Planted:
    place = Path(mkdtemp(prefix="plaintext-", dir=state))
    place.chmod(0o755)  # the embedded PostgreSQL's account must reach its programs
    started = ledger_factory(
        LEDGER_STATE=str(place),
        LEDGER_PROXY_HEADER="X-Forwarded-For",
        LEDGER_TRUSTED_PROXIES='["127.0.0.0/8"]',
        LEDGER_LOG_LEVEL="debug",
        LEDGER_IDENTITY_ROLE_SECONDS="0",
        LEDGER_IDENTITY_WAITING_SECONDS="0",
    )
    markers = Markers()
    markers.exact(planting.LIVE)
    markers.exact(everything.PROXIED)
    with everything.beside(started) as served:
        errors, shown = told(served, markers)
    remove_all(started.data)  # exports tell in the clear, for a while: docs/operations.md
    said = imported(started, tmp_path, markers)
    return Planted(started, place, markers, errors, said, shown)


def told(served: Served, markers: Markers) -> tuple[bytes, bytes]:
    """Say everything there is to say; return all refusals, and a timeline as staff see it."""
    planted = Planting(served.get(None, "/openapi.json").json(), markers)
    errors = everything.refused(everything.every_operation(served, planted))
    assert planted.wanted() <= planted.sent, "sent without a marker: see support.planting"
    free = {name: markers.text(f"ticket.{name}") for name in ("subject", "text")}
    ticket = served.open_ticket("supervisor", **free)["id"]
    everything.attach(served, ticket, markers)
    everything.enquiry(served, markers)
    errors += everything.refused(everything.mistakes(served, ticket, markers))
    return errors, served.get("supervisor", f"/v1/tickets/{ticket}/timeline").content


def imported(started: Running, tmp_path: Path, markers: Markers) -> bytes:
    """Import a marked log, then a broken one; return what the commands said."""
    options = ["--case", "case", "--activity", "step", "--time", "at", "--actor", "who"]
    options += ["--timezone", "UTC", "--data", str(started.data)]
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(everything.event_log(markers), "utf-8")
    bad.write_text(everything.event_log(markers).replace("2026-01-02", "not a date"), "utf-8")
    done = ledger("import", "csv", str(good), *options)
    assert done.returncode == 0, done.stderr
    refused = ledger("import", "csv", str(bad), *options)
    assert refused.returncode == 3, refused.stderr
    said = done.stdout + done.stderr + refused.stdout + refused.stderr
    return said.encode()


def said_by(planted: Planted) -> dict[str, bytes]:
    """Return place -> bytes of what does not stand in files."""
    started = planted.ledger
    commands = b"".join(map(command_of, started.family()))
    bearer = {"Authorization": f"Bearer {started.token('operator')}"}
    metrics = httpx.get(f"{started.url}/metrics", headers=bearer).content
    status = ledger("status", "--json", "--data", str(started.data))
    return {
        "errors": planted.errors,
        "import": planted.refused_import,
        "metrics": metrics,
        "ready": (started.data / "ready.json").read_bytes(),
        "commands": commands,
        "status": (status.stdout + status.stderr).encode(),
        "log": started.log.read_bytes(),
    }


def command_of(process: psutil.Process) -> bytes:
    """Return what the process was started as; b'' when it has ended meanwhile."""
    try:
        return Path(f"/proc/{process.pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def leaks(planted: Planted, markers: Markers, said: dict[str, bytes]) -> dict[str, list[Hit]]:
    """Return place -> hits, for every place in which something was found."""
    needles = markers.needles()
    found = {place: list(search(data, place, needles)) for place, data in said.items()}
    dump = dump_tables(planted.ledger.ready["dsn"]["superuser"])
    found["tables"] = list(search(dump, "tables", needles))
    clusters = [path for path in planted.state.iterdir() if not path.name.startswith("postgresql-")]
    found["files"] = search_files([planted.ledger.data, *clusters], needles)
    return {place: hits for place, hits in found.items() if hits}


def test_nothing_personal_is_found_anywhere_in_a_running_ledger(planted: Planted) -> None:
    assert len(planted.markers.planted) > 100
    assert list(search(planted.shown, "timeline", planted.markers.needles())), "it was recorded"
    assert leaks(planted, planted.markers, said_by(planted)) == {}
    control = Markers()
    text = control.exact("a deliberate leak")
    leak_into_table(planted.ledger.ready["dsn"]["superuser"], text)
    (planted.ledger.data / "leak").write_text(text, "utf-8")
    said = {place: data + text.encode() for place, data in said_by(planted).items()}
    found = leaks(planted, control, said)
    assert found.keys() == PLACES
    assert {"leak", "base", "pg_wal"} <= {
        part for hit in found["files"] for part in Path(hit.place).parts
    }
