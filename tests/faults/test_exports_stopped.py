"""A ledger whose API is killed, and that is stopped, while it makes an export."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
from support.exports import BODY, SECONDS, held_up, in_the_making, workers
from support.running import Running
from support.serving import wait_until


class Asking:
    """A request for an export of the demonstration contract, in a thread."""

    def __init__(self, ledger: Running, key: str) -> None:
        self.answers: list[httpx.Response] = []
        self._ledger, self._key = ledger, key
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def wait(self) -> list[httpx.Response]:
        """Return the answer, if there was one: the ledger may be gone before it answers."""
        self._thread.join(SECONDS)
        return self.answers

    def _ask(self) -> None:
        with contextlib.suppress(httpx.HTTPError):
            self.answers.append(export(self._ledger, self._key))


def export(ledger: Running, key: str) -> httpx.Response:
    """Ask for an export of the demonstration contract."""
    path = f"{ledger.url}/v1/contracts/{ledger.ready['customer_contract']}/exports"
    headers = {"Authorization": f"Bearer {ledger.token('compliance')}", "Idempotency-Key": key}
    return httpx.post(path, json=BODY, headers=headers, timeout=SECONDS)


def runs(process: psutil.Process) -> bool:
    """Say whether a process lives."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def test_nothing_half_is_left_by_a_killed_api_nor_by_a_stop_nor_from_another_run(
    ledger_factory: Callable[..., Running], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    (data / "exports" / ".old.zip.part").mkdir(parents=True)
    (data / "exports" / f"{uuid4()}.zip").write_bytes(b"of another run")
    ledger, key = ledger_factory(data=data), str(uuid4())
    dsn = ledger.ready["dsn"]["superuser"]
    assert not list((data / "exports").glob("*"))

    with held_up(dsn):
        asking = Asking(ledger, key)
        in_the_making(data)
        (maker,) = workers(ledger.process.pid)
        psutil.Process(ledger.ready["pids"]["api"][0]).kill()
        wait_until(lambda: not runs(maker), SECONDS)
    assert asking.wait() == []
    wait_until(lambda: not list((data / "exports").glob("*")), SECONDS)
    again = export(ledger, key)
    assert again.status_code == 201, again.text
    (kept,) = (data / "exports").glob("*")

    with held_up(dsn):
        asking = Asking(ledger, str(uuid4()))
        in_the_making(data)
        family = [*ledger.family(), *workers(ledger.process.pid)]
        assert ledger.stop() == 0
    assert [one.status_code for one in asking.wait()] in ([], [503])
    assert [one for one in family if runs(one)] == []
    assert list((data / "exports").glob("*")) == [kept]
