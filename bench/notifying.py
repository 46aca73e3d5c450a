"""From an append to its mail at the SMTP server, with Kafka between them and without."""

import email
import itertools
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from uuid import UUID

from aiosmtpd.controller import Controller

from bench.broker import broker
from bench.filling import Life, record
from bench.harness import Bar, Result, Scale, quantile
from bench.viewing import Filled, filled
from domain.contract.documents import Category, Contact, ContactKind
from domain.contract.events import ContractRegistered
from domain.log import Request
from domain.stream import Stream, StreamKind
from domain.values import Purpose, Sealed
from infra.ids import new_id
from infra.postgres import Role
from infra.processes import free_port
from infra.sqlfiles import load_sql

SQL: Final = load_sql(__file__, "notifying.sql")
_WHAT: Final = "p99 from an event's recording to its mail at the SMTP server, ten tickets a second"
KAFKA: Final = Bar("notifying-kafka", "s", 2.0, 0.5, f"{_WHAT}, over Kafka", at_most=True)
STORE: Final = Bar("notifying", "s", 1.0, 0.2, f"{_WHAT}, fed by the store", at_most=True)
_TICKETS: Final = itertools.count(1)
_LOOK: Final = 0.01
_PATIENCE: Final = 60.0


class Mails:
    """An SMTP server that notes when it was given the mail of which event, by the wall clock."""

    def __init__(self) -> None:
        self.at: dict[UUID, float] = {}
        self.port = free_port()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a mail; its Message-ID names the event."""
        mail = email.message_from_bytes(envelope.content)
        event = UUID(mail["Message-ID"].strip("<>").partition("@")[0])
        self.at.setdefault(event, time.time())
        return "250 OK"

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Take mail while the block runs."""
        controller = Controller(self, hostname="127.0.0.1", port=self.port)
        controller.start()
        try:
            yield
        finally:
            controller.stop()


@contextmanager
def process(module: str, given: Mapping[str, str]) -> Iterator[None]:
    """Run one of the ledger's processes while the block runs."""
    running = subprocess.Popen([sys.executable, "-m", module], env={**os.environ, **given})
    try:
        yield
    finally:
        running.terminate()
        running.wait(_PATIENCE)


@contextmanager
def office(made: Filled, *, kafka: bool) -> Iterator[Mails]:
    """Run what tells customers by mail while the block runs."""
    mails = Mails()
    given = {
        "LEDGER_DATA": str(made.scratch.data),
        "LEDGER_DATABASE_URL": made.scratch.dsn(Role.APP),
        "LEDGER_DATABASE_FOLLOWER_URL": made.scratch.dsn(Role.FOLLOWER),
        "LEDGER_DATABASE_CONSUMER_URL": made.scratch.dsn(Role.CONSUMER),
        "LEDGER_CONSUMERS": '["notifications"]',
        "LEDGER_SMTP_URL": f"smtp://127.0.0.1:{mails.port}?tls=none",
        "LEDGER_MAIL_FROM": "no-reply@provider.example",
    }
    with ExitStack() as stack:
        stack.enter_context(mails.taken())
        if kafka:
            settings = stack.enter_context(broker(made.scratch))
            given["LEDGER_KAFKA_BOOTSTRAP"] = str(settings.kafka_bootstrap)
            stack.enter_context(process("projections.publish", given))
        stack.enter_context(process("consumers.serve", given))
        yield mails


def await_(condition: Callable[[], bool], otherwise: str) -> None:
    """Return when the condition holds; what does not come in a minute fails."""
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, otherwise
        time.sleep(_LOOK)


def registered(made: Filled) -> Request:
    """Return the registration of a contract with a mail address; tickets below it have a mail."""
    number, holder = f"M-{next(_TICKETS)}", new_id()
    address = Sealed(f"{number.lower()}@customer.example", holder, Purpose.IDENTITY)
    contacts = (Contact(ContactKind.MAIL, address),)
    event = ContractRegistered(number, Category.UNKNOWN, holder, "en", None, contacts)
    return made.filling.request(Stream(StreamKind.CONTRACT, holder), 0, [event], number)


def opened(made: Filled) -> None:
    """Open a ticket of a new contract, so that its customer is told of it."""
    contract = registered(made)
    number, holder = contract.writes[0].events[0].contract, contract.writes[0].stream.id
    life = Life(Stream(StreamKind.TICKET, new_id()), str(number), holder, f"{next(_TICKETS)}")
    record(made.scratch.dsn(Role.APP), made.codec, iter([contract, made.filling.next(life)]))


def delays(made: Filled, mails: Mails, tickets: int, chance: random.Random) -> list[float]:
    """Open tickets at odd times; return the seconds from each one's recording to its mail."""
    mails.at.clear()
    for _ in range(tickets):
        opened(made)
        time.sleep(chance.uniform(0, 0.2))
    await_(lambda: len(mails.at) >= tickets, "a mail does not come")
    with made.scratch.superuser() as connection:
        rows = connection.execute(SQL["recorded_at"], [list(mails.at)]).fetchall()
    assert len(rows) == tickets
    return [mails.at[event] - float(at) for event, at in rows]


def measured(bar: Bar, scale: Scale) -> Result:
    """Measure one of the bars."""
    chance, p99, every = random.Random(1), list[float](), list[float]()
    with (
        filled("notifying") as made,
        office(made, kafka=bar is KAFKA) as mails,
    ):
        with made.scratch.superuser() as connection:
            await_(lambda: connection.execute(SQL["begun"]).fetchone() == (True,), "none begins")
        delays(made, mails, 3, chance)  # what is loaded and compiled only once
        for _ in range(scale.rounds):
            seconds = delays(made, mails, scale.pick(100, 5), chance)
            p99.append(quantile(seconds, 0.99))
            every += seconds
    notes = (
        f"{len(every)} mails; median {quantile(every, 0.5):.3f} s, longest {max(every):.3f} s",
    )
    return Result(bar, tuple(p99), notes)


def run(scale: Scale) -> Iterator[Result]:
    """Measure the bars."""
    for bar in (STORE, KAFKA):
        yield measured(bar, scale)
