"""The way to the integrator for heads: questions for chains are answered, anything else is not."""

import asyncio
import shutil
import socket
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support import databases
from support.databases import Database
from support.histories import History
from support.log import NAME, integrated
from support.serving import wait_until
from support.views import ledger_on

from domain.chainhead import Chain
from domain.checkpoint import TreeHead
from domain.errors import LedgerError, NotFound, NotYetIntegrated, Unavailable
from infra.chainheads import open_chain_head
from infra.headchannel import QUESTION_SECONDS, SOCKET, ask_head
from infra.logkeys import LogKeys
from infra.postgres import Cluster
from projections.heads import RATE, Desk, HeadSigner
from projections.integrate import connect
from projections.log_meters import LogMeters

SEED = 12
SIGN_THIS = TreeHead(f"{NAME}/1", 1, bytes(32)).text()


@contextmanager
def desk(data: Path, dsn: str, rate: int = RATE) -> Iterator[LogMeters]:
    """Answer questions in a thread while the block runs."""
    meters, stop = LogMeters(), threading.Event()
    signer = HeadSigner(data, LogKeys(data), lambda: connect(dsn))
    thread = threading.Thread(target=Desk(signer, meters, rate).serve, args=[data, stop])
    thread.start()
    try:
        wait_until(lambda: (data / "log" / SOCKET).exists() and b"away" not in raw(data, b"x\n"))
        yield meters
    finally:
        stop.set()
        thread.join()
    assert not (data / "log" / SOCKET).exists()


def raw(data: Path, sent: bytes) -> bytes:
    """Return what is answered to these bytes, after which nothing more is sent."""
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(10)
        try:
            channel.connect(str(data / "log" / SOCKET))
        except OSError:
            return b"away"
        channel.sendall(sent)
        channel.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: channel.recv(4096), b""))


def ask(data: Path, chain: Chain, size: int | None = None) -> bytes:
    return asyncio.run(ask_head(data, chain, size))


@pytest.fixture(scope="module", name="database")
def _database(cluster: Cluster) -> Iterator[Database]:
    with databases.fresh(cluster) as made:
        yield made


@pytest.fixture(scope="module")
def data(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a log."""
    place = tmp_path_factory.mktemp("heads")
    with ledger_on(database, place) as ledger:
        ledger.tell(History(SEED).requests(60))
    integrated(database, place)
    return place


def test_questions_for_chains_are_answered(database: Database, data: Path) -> None:
    keys = LogKeys(data).verifiers(f"{NAME}/1")
    with desk(data, database.dsn_follower) as meters:
        head = open_chain_head(ask(data, "C-0"), keys)
        assert open_chain_head(ask(data, "C-0", 30), keys).size == 30
        with pytest.raises(NotFound):
            ask(data, "C-9")
        with pytest.raises(NotYetIntegrated):
            ask(data, "C-0", head.size + 1)
        counted = {
            sample.labels["outcome"]: sample.value
            for sample in next(iter(meters.heads.collect())).samples
            if sample.name.endswith("_total")
        }
    assert counted["signed"] == 2
    assert counted["absent"] == counted["later"] == 1


NOT_QUESTIONS = [
    b"",
    b"\n",
    b" \n",
    b"contract C-0\n",
    b"contract C-0 -",
    b"contract C-0 0\n",
    b"contract C-0 -1\n",
    b"contract C-0 1e3\n",
    b"contract C-0 99999999999999999\n",
    b"contract C-0 - \n",
    b"contract  -\n",
    b"contract C-0\n-\n",
    b"stream ticket C-0 -\n",
    b"stream ticket 019b7ca9-8f2e-7dca-be71-7b1f64eb1410\n",
    b"stream letter 019b7ca9-8f2e-7dca-be71-7b1f64eb1410 -\n",
    b"sign " + SIGN_THIS.encode(),
    SIGN_THIS.encode(),
    f"contract {SIGN_THIS} -\n".encode(),
    "contract Ж -\n".encode(),
    b"contract C-0\x00 -\n",
    b"\xff" * 64 + b"\n",
    b"contract " + b"A" * 65 + b" -\n",
    b"x" * 100_000,
]


def test_whatever_else_is_sent_nothing_is_signed(database: Database, data: Path) -> None:
    with desk(data, database.dsn_follower):
        for sent in NOT_QUESTIONS:
            try:
                answer = raw(data, sent)
            except OSError:  # it did not want to read all of it
                answer = b"malformed\n"
            assert answer == b"malformed\n", sent
        assert ask(data, "C-0")


def test_who_says_nothing_is_not_waited_for_long(database: Database, data: Path) -> None:
    with desk(data, database.dsn_follower), socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(data / "log" / SOCKET))
        begun = time.monotonic()
        assert ask(data, "C-0")
        assert time.monotonic() - begun < 4 * QUESTION_SECONDS


def test_a_flood_of_questions_is_cut_off(database: Database, data: Path) -> None:
    with desk(data, database.dsn_follower, rate=3):
        outcomes = []
        for _ in range(30):
            try:
                outcomes.append(bool(ask(data, "C-0")))
            except Unavailable:
                outcomes.append(False)
        assert False in outcomes
        wait_until(lambda: answered(data))


def answered(data: Path) -> bool:
    try:
        return bool(ask(data, "C-0"))
    except LedgerError:
        return False


def test_the_socket_is_for_its_user_alone(database: Database, data: Path) -> None:
    with desk(data, database.dsn_follower):
        mode = (data / "log" / SOCKET).stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_a_data_directory_with_a_long_name_has_a_socket_too(
    database: Database, data: Path, tmp_path: Path
) -> None:
    place = tmp_path / ("a" * 120) / ("b" * 120)
    place.parent.mkdir()
    shutil.copytree(data, place)
    stop, signer = threading.Event(), HeadSigner(place, LogKeys(place), lambda: connect(dsn))
    dsn = database.dsn_follower
    thread = threading.Thread(target=Desk(signer, LogMeters()).serve, args=[place, stop])
    thread.start()
    try:
        wait_until(lambda: answered(place))
    finally:
        stop.set()
        thread.join()


def test_nobody_there_is_told_and_what_was_left_there_is_replaced(
    database: Database, data: Path
) -> None:
    (data / "log" / SOCKET).unlink(missing_ok=True)
    with pytest.raises(Unavailable):
        ask(data, "C-0")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(data / "log" / SOCKET))  # of an integrator that was killed
    with pytest.raises(Unavailable):
        ask(data, "C-0")
    with desk(data, database.dsn_follower):
        assert ask(data, "C-0")
