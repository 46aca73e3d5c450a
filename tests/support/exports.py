"""Exports over HTTP for tests: making and fetching them, holding one up while it is made."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
import psycopg
from support.serving import Served, wait_until

BODY = {"recipient": "The district court of Tashkent", "legal_basis": "court_order"}
SECONDS = 90.0
PROGRAM = "projections.exporting.work"
_OPEN = """
    SELECT count(*) FILTER (WHERE type IN ('SubjectErased', 'MessageErased'))
         - count(*) FILTER (WHERE type = 'KeysDestroyed')
    FROM ledger.events
"""
_made: dict[str, str] = {}


def erased(served: Served) -> None:
    """Wait until no erasure is open: each removes every export."""

    def none_open() -> bool:
        with served.database() as connection:
            return connection.execute(_OPEN).fetchone() == (0,)

    wait_until(none_open, SECONDS)


def post(
    served: Served, path: str, role: str = "compliance", key: str | None = None, **more: object
) -> httpx.Response:
    """Ask for an export."""
    headers = {"Idempotency-Key": key or str(uuid4())}
    client = served.client(role)
    return client.post(f"{path}/exports", json=BODY | more, headers=headers, timeout=SECONDS)


def made(served: Served, path: str, role: str = "compliance", **more: object) -> dict[str, Any]:
    """Make an export when no erasure is open; return the answer."""
    erased(served)
    answer = post(served, path, role, **more)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def known_export(served: Served) -> str:
    """Return the id of an export of compliance that is kept, made when it has to be."""
    erased(served)
    known = _made.get(served.url)
    if known is None or served.get("compliance", f"/v1/exports/{known}").status_code != 200:
        _made[served.url] = str(made(served, f"/v1/contracts/{served.contract}")["id"])
    return _made[served.url]


class Asking:
    """A request for an export that somebody waits for in a thread."""

    def __init__(self, served: Served, path: str, key: str) -> None:
        self._answers: list[httpx.Response] = []
        self._thread = threading.Thread(
            target=lambda: self._answers.append(post(served, path, key=key))
        )
        self._thread.start()

    def answer(self) -> httpx.Response:
        """Return the answer when it is there."""
        self._thread.join(SECONDS)
        return self._answers[0]


@contextlib.contextmanager
def held_up(owner_dsn: str) -> Iterator[None]:
    """Let nobody read sealed fields while the block runs: an export goes no further than that."""
    with contextlib.closing(psycopg.connect(owner_dsn)) as connection:
        connection.execute("LOCK TABLE ledger.sealed_fields IN ACCESS EXCLUSIVE MODE")
        yield


def workers(below: int | None = None) -> list[psutil.Process]:
    """Return the processes below one that make a bag: of this one, or of a ledger."""
    found = []
    for one in psutil.Process(below).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if PROGRAM in one.cmdline():
                found.append(one)
    return found


def in_the_making(data: Path, count: int = 1) -> None:
    """Wait until so many bags are being written."""
    wait_until(lambda: len(list((data / "exports").glob(".*.part"))) == count, SECONDS)
