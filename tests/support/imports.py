"""Imports into a test's database, and what is recorded there afterwards."""

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from cli.main import run
from domain.log import Recorded
from domain.stream import StreamKind
from domain.ticket.events import TicketOpened
from infra.keys.opening import open_keys
from infra.settings import Settings
from infra.store import PostgresLog, open_log
from projections.imported import figures


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    errors: str

    @property
    def said(self) -> dict[str, Any]:
        """Return the JSON line it printed."""
        return json.loads(self.out)


def environment(settings: Settings) -> dict[str, str]:
    """Return variables under which commands work on this test's database."""
    assert settings.database_url
    return {
        "LEDGER_DATABASE_URL": settings.database_url.get_secret_value(),
        "LEDGER_DATA": str(settings.data),
    }


@dataclass(frozen=True, slots=True)
class Import:
    """Runs `ledger import` on a test's database, in this process."""

    settings: Settings
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str | Path) -> Ended:
        """Run the command to its end."""
        for name, value in environment(self.settings).items():
            self.monkeypatch.setenv(name, value)
        self.capsys.readouterr()
        code = run(["import", *map(str, arguments)])
        return Ended(code, *self.capsys.readouterr())


def start(settings: Settings, *arguments: str | Path) -> subprocess.Popen[str]:
    """Start the command as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "cli", "import", *map(str, arguments)],
        env={**os.environ, **environment(settings)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def imported(settings: Settings) -> dict[str, Any]:
    """Return the figures that `ledger status` tells."""

    async def ask(log: PostgresLog) -> dict[str, Any]:
        return await figures(log.reader.pool)

    return asyncio.run(_with_log(settings, ask))


def recorded(settings: Settings) -> list[Recorded]:
    """Return every event in the order of positions, sealed fields opened."""

    async def ask(log: PostgresLog) -> list[Recorded]:
        found = []
        head = await log.head()
        async for _, envelope in log.reader.by_positions(0, head.position):
            event = log.codec.decode(envelope)
            rows = await log.reader.sealed_rows([event.id])
            fields = {field: row for (_, field), row in rows.items()}
            found.append(log.codec.open(envelope, fields))
        return found

    return asyncio.run(_with_log(settings, ask))


def content(settings: Settings) -> list[tuple[object, ...]]:
    """Return what the events say, by stream: no positions, no times of recording, no numbers."""
    return sorted(
        (
            str(one.stream.id),
            one.version,
            type(one.event).__name__,
            repr(_plain(one.event)),
            one.contract[0] if one.contract else "",
            one.origin.row,
            str(one.occurred_at),
            str(one.actor.id),
        )
        for one in recorded(settings)
    )


def ticket(events: list[Recorded], reference: str) -> list[Recorded]:
    """Return the events of the ticket that was imported under this reference."""
    stream = next(
        one.stream
        for one in events
        if isinstance(one.event, TicketOpened) and one.event.reference == reference
    )
    return [one for one in events if one.stream == stream]


def contracts(events: list[Recorded]) -> list[Recorded]:
    """Return the events of contracts."""
    return [one for one in events if one.stream.kind is StreamKind.CONTRACT]


def _plain(event: object) -> object:
    return replace(event, number="") if isinstance(event, TicketOpened) else event


async def _with_log(settings: Settings, ask: Any) -> Any:
    assert settings.database_url
    keys = open_keys(settings)
    try:
        url = settings.database_url.get_secret_value()
        async with open_log(url, settings.data, keys) as log:
            return await ask(log)
    finally:
        keys.close()
