"""A ledger whose integrator has witnesses, for tests of what it publishes."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.databases import Database
from support.histories import History
from support.log import NAME
from support.views import Ledger, ledger_on
from support.witnessing import ORIGIN, Watching, cosigners_of, watching

from infra.logkeys import LogKeys
from infra.notes import Verifier, parse_note
from infra.settings import Settings
from infra.tilefiles import TileReader, head_of
from projections import integrate
from projections.cosigning import Cosigners
from projections.integrator import Integrator, Log, Step
from projections.witnessing import Told, cosigned

PATIENCE = 30.0


@dataclass
class Cosigned:
    """A ledger, its data directory, its witnesses."""

    ledger: Ledger
    data: Path
    watched: list[Watching]

    def settings(self, **more: object) -> Settings:
        given: dict[str, object] = {
            "log_name": NAME,
            "checkpoint_milliseconds": 50,
            "witnesses": [one.setting for one in self.watched],
        }
        return self.ledger.database.settings(self.data, **(given | more))

    @contextmanager
    def integrating(self, **more: object) -> Iterator[None]:
        """Run the integrator as its process does, until the block ends."""
        stop = threading.Event()
        thread = threading.Thread(target=integrate.serve, args=[self.settings(**more), stop])
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(PATIENCE)
        assert not thread.is_alive()

    @contextmanager
    def cosigners_for(self, seen: list[bytes]) -> Iterator[Integrator]:
        """Return an integrator that took everything in; what it publishes is added to `seen`."""
        settings = self.settings()

        def step(at: Step) -> None:
            if at is Step.AFTER_PUBLISH:
                seen.append(self.published())

        cosigners = Cosigners.of(settings, Told(self.data))
        log = Log(self.data, LogKeys(self.data), NAME, step, cosigners)
        integrator = Integrator(log)
        try:
            with integrate.connect(self.ledger.database.dsn_follower) as connection:
                integrator.integrate(connection)
            yield integrator
        finally:
            cosigners.close()

    def tell(self, requests: int = 30, seed: int = 1) -> int:
        """Append events; return the last position."""
        return self.ledger.tell(History(seed).requests(requests))

    def reader(self) -> TileReader:
        return TileReader(self.data / "log" / "1")

    def published(self) -> bytes:
        return self.reader().checkpoint() or b""

    def published_size(self) -> int:
        note = self.published()
        return head_of(note).size if note else 0

    def last_signed(self) -> bytes:
        note = self.reader().last_signed()
        assert note is not None
        return note

    def cosigners(self, note: bytes | None = None) -> list[str]:
        """Return who cosigned a checkpoint, or the published one."""
        note = self.published() if note is None else note
        return cosigners_of(note, [one.vkey for one in self.watched]) if note else []

    def signers(self) -> set[bytes]:
        return {one.key_id for one in parse_note(self.published()).signatures}

    def verifiers(self) -> list[Verifier]:
        return LogKeys(self.data).verifiers(ORIGIN)

    def status(self) -> dict[str, Any]:
        """Return what operators are told; empty values while there is nothing."""
        return cosigned(self.data) or {"size": 0, "alarms": [], "witnesses": {}, "quorum": 0}

    def unwatched(self) -> bool:
        return cosigned(self.data) is None


def cosigned_ledger(
    stack: ExitStack, database: Database, keys: Path, place: Path, names: list[str]
) -> Cosigned:
    """Return a ledger with these witnesses, which run until the stack is closed."""
    data = place / "data"
    data.mkdir()
    LogKeys(data).create()
    logs = [LogKeys(data).signer(f"{NAME}/{epoch}").verifier.vkey for epoch in (1, 2)]
    ledger = stack.enter_context(ledger_on(database, keys))
    watched = [stack.enter_context(watching(place / "witnesses", logs, name)) for name in names]
    return Cosigned(ledger, data, watched)
