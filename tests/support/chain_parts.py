"""Parts of the chain that tests kill and cut: broker, processes, and somebody who works."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from support.cable import Cable
from support.checkout import ROOT
from support.mailing import Contract, Office, said
from support.working import Working

from domain.stream import Stream
from domain.ticket import events as t
from infra import processes
from infra.files import Held
from infra.ids import new_id
from infra.kafka import Broker
from infra.settings import Settings


class Tapped(Broker):
    """A broker with more listeners, each of which clients know by the port of a cable."""

    def __init__(self, held: Held, settings: Settings, *cables: Cable) -> None:
        super().__init__(held, settings)
        self._cables = cables

    @property
    def shut_down(self) -> bool:
        """Say whether it ended in order, its logs left clean."""
        return (self.data / ".kafka_cleanshutdown").exists()

    def _configure(self, name: str, port: int, controller: int, data: str = "data") -> None:
        super()._configure(name, port, controller, data)
        tapped = {f"TAPPED{n}": cable for n, cable in enumerate(self._cables)}
        own = {"PLAINTEXT": port, "CONTROLLER": controller}
        listening = own | {name: cable.to for name, cable in tapped.items()}
        told = {"PLAINTEXT": port} | {name: cable.port for name, cable in tapped.items()}
        protocols = ",".join(f"{one}:PLAINTEXT" for one in listening)
        with (self._base / name).open("a", encoding="utf-8") as file:  # what stands last counts
            file.write(f"listeners={_addresses(listening)}\n")
            file.write(f"advertised.listeners={_addresses(told)}\n")
            file.write(f"listener.security.protocol.map={protocols}\n")


def _addresses(ports: Mapping[str, int]) -> str:
    return ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items())


@dataclass
class Child:
    """A process of the chain; it is started again as a supervisor does."""

    module: str
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = processes.start(
                processes.Start(
                    [sys.executable, "-m", self.module],
                    os.environ | self.environment,
                    signal.SIGKILL,
                    output=log,
                    errors=log,
                    directory=ROOT,
                )
            )

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self.process.pid if self.process and self.process.poll() is None else None

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def said(self, words: str) -> bool:
        """Say whether its log has these words."""
        return words in self.log.read_text("utf-8", "replace")


@dataclass
class Work(Working):
    """Tickets of a contract that go on; of most of it the customer is told. No two texts alike."""

    office: Office
    seed: int
    pause: float = 0.2
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    tickets: list[Stream] = field(default_factory=list)

    def work(self, _: int) -> None:
        chance, contract = random.Random(self.seed), self.office.contract()
        while not self.ending.wait(self.pause):
            if len(self.tickets) < 3 or chance.random() < 0.1:
                self._open(contract)
            else:
                self._answer(contract, chance)

    def _open(self, contract: Contract) -> None:
        subject = f"Matter {next(self.numbers)} of {self.seed}"
        ticket, _ = self.office.ticket(contract, subject=subject)
        due = datetime.now(UTC) + timedelta(hours=2)
        promised = [t.TicketAcknowledged(7200, None), t.PromiseMade(t.PromiseKind.REACTION, due)]
        self.office.record((ticket, contract.number, promised))
        self.tickets.append(ticket)

    def _answer(self, contract: Contract, chance: random.Random) -> None:
        words = said(f"Word {next(self.numbers)} of {self.seed}.", contract.holder)
        side = chance.choice([t.Side.STAFF, t.Side.CUSTOMER])
        posted = t.MessagePosted(new_id(), side, t.Audience.PUBLIC, words, "en", ())
        self.office.record((chance.choice(self.tickets), contract.number, [posted]))
