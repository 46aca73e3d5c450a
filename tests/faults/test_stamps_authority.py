"""An authority that is down, slow or lying, and kills between stamp and store, do no harm."""

import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import authority
from support.authority import DOWN, LYING, MOODS, Place, Running
from support.databases import Database
from support.histories import History
from support.serving import wait_until
from support.stamping import OFTEN, publish, run_all
from support.store import fresh_seed
from support.views import ledger_on

from infra.settings import StampAuthority
from infra.tilefiles import TileReader, head_of
from infra.timestamps import Trust
from projections import integrate
from projections.stamping import Pace, Stamper
from projections.stamps import Stamps, stamping_state

SAYS = {
    "wrong-imprint": "Mismatch between messages",
    "wrong-nonce": "Nonce mismatch",
    "untrusted": "leads to no root",
    "own-root": "leads to no root",
    "refusing": "with status 2",
    "garbage": "no reply",
    "huge": "more than 65536 bytes",
    "broken": "it answers 500",
    "silent": "no answer within 0.5 s",
    "dripping": "no answer within 0.5 s",
    "elsewhere": "it answers 302",
}
SHORT, LONG = 0.5, 20.0
"""Seconds that an answer may take: where none comes, and where one does."""
RUNS, KILLS, STEPS = 10, 3, 9


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    place = Place(tmp_path_factory.mktemp("authorities") / "ours")
    with authority.running(place) as answering:
        yield answering


@pytest.mark.parametrize("mood", [*LYING, *DOWN])
def test_no_bad_answer_is_kept_and_it_is_told(shared: Running, tmp_path: Path, mood: str) -> None:
    assert set(SAYS) == set(MOODS) - {"good"}
    shared.place.mood(mood)
    publish(tmp_path, 7)
    patience = SHORT if mood in {"silent", "dripping"} else LONG
    begun = time.monotonic()
    assert not Stamper(tmp_path, [shared.authority(patience)], Pace()).turn()
    assert time.monotonic() - begun < 5.0
    assert Stamps(tmp_path, 1).sizes() == []
    state = stamping_state(tmp_path)
    assert state is not None
    assert state["last"] is None
    assert state["failures"] == 1
    assert state["trouble"].startswith("ours: ")
    assert SAYS[mood] in state["trouble"]
    shared.place.mood("good")
    assert Stamper(tmp_path, [shared.authority(LONG)], Pace()).turn()
    assert Stamps(tmp_path, 1).sizes() == [7]
    state = stamping_state(tmp_path)
    assert state is not None
    assert state["trouble"] is None


def test_after_failures_it_asks_less_and_less_often(shared: Running, tmp_path: Path) -> None:
    shared.place.mood("broken")
    publish(tmp_path, 7)
    stop, asked = threading.Event(), shared.place.asked()
    stamper = Stamper(tmp_path, [shared.authority(0.5)], OFTEN)
    thread = threading.Thread(target=stamper.run, args=[stop])
    thread.start()
    wait_until(lambda: shared.place.asked() >= asked + 2)
    shared.place.mood("good")
    wait_until(lambda: Stamps(tmp_path, 1).sizes() == [7])
    publish(tmp_path, 9)
    wait_until(lambda: Stamps(tmp_path, 1).sizes() == [7, 9])
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert shared.place.asked() - asked < 8


def test_checkpoints_go_on_while_the_authority_is_silent(
    shared: Running, database: Database, keys_dir: Path
) -> None:
    shared.place.mood("silent")
    named = StampAuthority(name="ours", url=shared.url, certificates=shared.place.trusted)
    settings = database.settings(
        keys_dir, timestamp_authorities=(named,), checkpoint_milliseconds=50
    )
    stop, asked = threading.Event(), shared.place.asked()
    reader = TileReader(keys_dir / "log" / "1")
    with ledger_on(database, keys_dir) as ledger:
        ledger.tell(History(1).requests(20))
        thread = threading.Thread(target=integrate.serve, args=[settings, stop])
        thread.start()
        try:
            wait_until(lambda: shared.place.asked() > asked)
            for number in range(2, 5):
                size = ledger.tell(History(number).requests(20))
                wait_until(lambda upto=size: covered(reader) >= upto, 8.0)
            assert shared.place.asked() == asked + 1, "the first question still waits"
        finally:
            told = time.monotonic()
            stop.set()
            thread.join(20)
    assert time.monotonic() - told < 5.0, "nor does it keep the integrator from ending"


def covered(reader: TileReader) -> int:
    note = reader.checkpoint()
    return head_of(note).size if note else 0


def test_killed_anywhere_what_is_kept_is_whole_and_everything_is_renewed(
    shared: Running, tmp_path: Path
) -> None:
    seed = fresh_seed()
    chance = random.Random(seed)
    shared.place.mood("good")
    soon = Place(tmp_path / "soon", "Ends soon", days=30)
    with authority.running(soon) as ending:
        named = [
            {"name": one.place.name, "url": one.url, "certificates": str(one.place.trusted)}
            for one in (ending, shared)
        ]
        runs = [
            {
                "data": str(tmp_path / str(number)),
                "kills": [chance.randint(1, STEPS) for _ in range(KILLS)],
            }
            for number in range(RUNS)
        ]
        ended = run_all(named, runs)
    ours, theirs = (Trust.read(one.trusted) for one in (shared.place, soon))
    both = Trust(ours.roots + theirs.roots, ours.others + theirs.others)
    for run, codes in zip(runs, ended, strict=True):
        assert codes[-1] == 0, run
        assert set(codes) <= {0, signal.SIGKILL}, run
        stamps = Stamps(Path(str(run["data"])), 1)
        assert stamps.sizes()[-1] == 3 * (KILLS + 1), run
        assert stamps.unrenewed() == [], run
        for size in stamps.sizes():
            found = stamps.stamps_for(size)
            assert found is not None
            assert found.stamped.size == size
            assert found.renewals, run
            found.check(both)
        assert not left_over(stamps), run
    assert sum(codes.count(signal.SIGKILL) for codes in ended) > RUNS, "the kills come too late"


def left_over(stamps: Stamps) -> list[str]:
    """Return replies that lie there without the data that they stamp."""
    replies = [path for path in stamps.directory.glob("*.tsr") if not path.name.startswith(".")]
    return [
        path.name
        for path in replies
        if not any(path.with_suffix(kind).exists() for kind in (".note", ".list"))
    ]
