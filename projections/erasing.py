"""Follows the erasures: carries out each that is recorded, also those that a crash cut off."""

import asyncio
import threading
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

import psycopg

from domain.errors import LedgerError
from domain.log import Recorded
from infra import logs
from infra.erasure import Eraser, Step
from infra.erasurelist import ErasureList
from infra.keys import Keys
from infra.secrets import Secrets
from infra.settings import Settings
from infra.store import open_log
from projections.exporting.kept import remove_all
from projections.metrics import Meters

NAME: Final = "eraser"
POLL_SECONDS: Final = 0.5
_LONGEST_PAUSE: Final = 5.0
_LOG: Final = logs.logger(NAME)


def follow_erasures(settings: Settings, keys: Keys, meters: Meters, stop: threading.Event) -> None:
    """Carry out erasures until `stop` is set; what fails is logged, measured and tried again.

    Without a database URL of role ledger_eraser nothing is carried out, and that is said.
    """
    if settings.database_eraser_url is None or settings.database_url is None:
        _LOG.warning("erasures wait: LEDGER_DATABASE_ERASER_URL or LEDGER_DATABASE_URL is missing")
        return
    app, eraser = settings.database_url, settings.database_eraser_url
    pause = POLL_SECONDS
    while not stop.is_set():
        try:
            with closing(_connect(eraser.get_secret_value())) as connection:
                listed = ErasureList(settings.data)
                working = Eraser(connection, keys, listed, partial(_exports_go, settings.data))
                position = 0
                while not stop.is_set():
                    waiting = working.open_after(position)
                    if waiting:
                        dsn = app.get_secret_value()
                        asyncio.run(_carry_out(working, waiting, dsn, settings.data, keys))
                        position = waiting[-1].position
                    meters.failed.labels(NAME).set(0)
                    pause = POLL_SECONDS
                    stop.wait(POLL_SECONDS)
        except Exception as error:  # noqa: BLE001 - a thread must not end unnoticed
            meters.failed.labels(NAME).set(1)
            detail = str(error) if isinstance(error, LedgerError) else ""
            _LOG.error("an erasure waits", exc_info=error, detail=detail)
            stop.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


def _exports_go(data: Path, done: Step) -> None:
    """Remove the exports that are kept: before it is recorded that what they may tell is gone."""
    if done is Step.DELETED:
        remove_all(data)


def _connect(dsn: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        dsn, autocommit=True, connect_timeout=3, application_name="ledger eraser"
    )


async def _carry_out(
    eraser: Eraser, waiting: Sequence[Recorded], dsn: str, data: Path, keys: Keys
) -> None:
    """Carry out what waits; what cannot be holds up nothing else, and is raised at the end."""
    failed: LedgerError | None = None
    async with open_log(dsn, data, keys) as log:
        for recorded in waiting:
            try:
                await eraser.carry_out(recorded, log, Secrets(keys))
            except LedgerError as error:
                _LOG.error("an erasure fails", position=recorded.position, exc_info=error)
                failed = error
            else:
                _LOG.info("erasure carried out", position=recorded.position)
    if failed is not None:
        raise failed
