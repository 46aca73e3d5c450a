"""Nothing personal in the clear: a whole running ledger, every command with its free fields."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import everything
from support.everything import Caller
from support.plaintext import Hit, Markers, dump_tables, leak_into_table, search, search_files
from support.running import Running, ledger


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
    place = state / "plaintext"
    place.mkdir(mode=0o755)
    started = ledger_factory(
        LEDGER_STATE=str(place),
        LEDGER_PROXY_HEADER="X-Forwarded-For",
        LEDGER_TRUSTED_PROXIES='["127.0.0.0/8"]',
        LEDGER_LOG_LEVEL="debug",
    )
    markers = Markers()
    markers.exact(everything.LIVE)
    markers.exact(everything.PROXIED)
    with ExitStack() as stack:
        callers = {
            role: stack.enter_context(Caller(started.url, started.token(role)))
            for role in ("customer", "supervisor", "service", "operator", "compliance")
        }
        errors, shown = acted(callers, markers)
    said = imported(started, tmp_path, markers)
    return Planted(started, place, markers, errors, said, shown)


def acted(callers: dict[str, Caller], markers: Markers) -> tuple[bytes, bytes]:
    """Do everything there is to do; return all refusals, and a timeline as staff see it."""
    customer, supervisor = callers["customer"], callers["supervisor"]
    other = everything.staff_member(callers["operator"], markers)
    numbers = everything.contracts(supervisor, markers)
    one = everything.ticket(customer, supervisor, numbers[0], other, markers)
    everything.ownership(supervisor, numbers[0], one, markers)
    everything.enquiry(callers["service"], markers)
    everything.hold(callers["compliance"], numbers[-1], markers)
    contract = f"/v1/contracts/{numbers[0]}"
    supervisor.etag = supervisor.get(contract).headers["ETag"]
    close = {"ending": "by_customer", "reason": markers.text("close.reason")}
    supervisor.post(f"{contract}/close", close)
    errors = everything.mistakes(supervisor, one, markers)
    return errors, supervisor.get(f"/v1/tickets/{one}/timeline").content


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
    commands = b"".join(Path(f"/proc/{p.pid}/cmdline").read_bytes() for p in started.family())
    with Caller(started.url, started.token("operator")) as caller:
        metrics = caller.get("/metrics").content
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
    assert len(planted.markers.planted) > 50
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
