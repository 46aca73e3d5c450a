"""An embedded Kafka for tests."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from infra.files import hold
from infra.kafka import Broker
from infra.settings import Settings, read_settings


def settings(data: Path, **given: object) -> Settings:
    """Return settings for a broker of `data`; the jars are kept from run to run."""
    kept = os.environ.get("LEDGER_TESTS_JARS", Path.home() / ".cache/ticket-ledger/kafka")
    return read_settings(**{"data": data, "kafka_jars": kept, **given})


@contextmanager
def started(data: Path) -> Iterator[Broker]:
    """A broker of `data`, stopped at the end."""
    with hold(data) as held:
        broker = Broker(held, settings(data))
        broker.start()
        try:
            yield broker
        finally:
            broker.stop()


@dataclass(frozen=True, slots=True)
class Shared:
    """The broker of a whole test run: whichever pytest process needed it first has started it."""

    bootstrap: str
    data: Path


@contextmanager
def shared(place: Path) -> Iterator[Shared]:
    """Use the broker of `place`, started by the first user and stopped after the last one."""
    place.mkdir(exist_ok=True)
    told = place / "bootstrap"
    with (place / "users").open("ab") as users, ExitStack() as stack:
        with _alone(place):
            fcntl.flock(users, fcntl.LOCK_SH)
            if not told.exists():
                own = stack.enter_context(started(place / "data"))
                told.write_text(own.bootstrap, "utf-8")
                stack.callback(_wait_for_the_others, place, users)
        yield Shared(told.read_text("utf-8"), place / "data" / "kafka" / "data")


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    with (place / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _wait_for_the_others(place: Path, users: IO[bytes]) -> None:
    """Return when nobody uses the broker any more and the next one will start another."""
    while True:
        with _alone(place), suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            (place / "bootstrap").unlink()
            return
        time.sleep(0.1)
