"""What tests share: a PostgreSQL cluster, a database each, a running ledger.

One cluster and at most one running ledger per pytest process; a database is made for each test
from a template that was migrated once. Everything is thrown away at the end.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support import databases, running
from support.broker import Shared, shared
from support.databases import Database
from support.running import Running

from infra.files import hold
from infra.postgres import Cluster
from infra.settings import Settings, read_settings

# What other people's programs check is left out where they are not; in CI they must be there.
_CHECKED_BY = {
    "openssl": (
        *("*/test_stamps_authority.py", "*/test_evidence_page.py", "*/test_export_stamps.py"),
    ),
    "go": ("*/test_outsiders_*.py",),
}
_MISSING = [name for name in _CHECKED_BY if "CI" not in os.environ and shutil.which(name) is None]
collect_ignore_glob = [files for name in _MISSING for files in _CHECKED_BY[name]]

# A shell that runs the tests in the background has SIGINT ignored, and children would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> list[str]:
    """Say what this machine leaves out."""
    return [f"no {name}: {', '.join(_CHECKED_BY[name])} left out" for name in _MISSING]


@pytest.fixture(scope="session")
def state() -> Iterator[Path]:
    """Root's state directory for the embedded PostgreSQL: other accounts must reach it.

    LEDGER_TESTS_STATE names one that somebody keeps from run to run: programs are copied once.
    """
    if kept := os.environ.get("LEDGER_TESTS_STATE"):
        yield Path(kept)
        return
    place = Path(tempfile.mkdtemp(prefix="ledger-tests-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def cluster(state: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A PostgreSQL with the ledger's roles, for the whole test run."""
    data = tmp_path_factory.mktemp("cluster")
    with hold(data) as held:
        started = Cluster(held, read_settings(data=data, state=state))
        started.start()
        databases.make_template(started)
        yield started
        started.stop()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """One Kafka for the whole test run: make topics of your own, kill nothing."""
    own = tmp_path_factory.getbasetemp()
    with shared((own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "kafka") as found:
        yield found


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    """A migrated database for this test alone."""
    with databases.fresh(cluster) as made:
        yield made


@pytest.fixture
def empty_database(cluster: Cluster) -> Iterator[Database]:
    """A database in which nothing was migrated yet."""
    with databases.fresh(cluster, "template0") as made:
        yield made


@pytest.fixture
def keys_dir(tmp_path: Path) -> Path:
    """A directory for the key store."""
    place = tmp_path / "keys"
    place.mkdir(mode=0o700)
    return place


@pytest.fixture
def settings(database: Database, keys_dir: Path) -> Settings:
    """Settings that name this test's database, with `keys_dir` as data directory."""
    return database.settings(keys_dir)


@pytest.fixture
def ledger_factory(state: Path, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start ledgers: `ledger_factory(data=PATH, *arguments, LEDGER_X="...")`; all are stopped."""
    with ExitStack() as stack:

        def start(*arguments: str, data: Path | None = None, **environment: str) -> Running:
            environment.setdefault("LEDGER_STATE", str(state))
            started = running.start(
                data or tmp_path / "data", tmp_path / "ledger.log", *arguments, **environment
            )
            stack.callback(started.stop)
            return started

        yield start


@pytest.fixture(scope="session")
def running_ledger(state: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The ledger that `running` shares between tests."""
    place = tmp_path_factory.mktemp("running")
    started = running.start(place / "data", place / "ledger.log", LEDGER_STATE=str(state))
    yield started
    started.stop()


@pytest.fixture(name="running")
def _running(running_ledger: Running) -> Running:
    """A running ledger shared by tests: make tickets of your own, kill nothing."""
    return running_ledger
