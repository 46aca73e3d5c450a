"""The consumer `signals`: keeps which risk signals there are, and which event raised each.

Signals are worked out as somebody who asks would have them (`projections.signals`): as of an event
that may raise one, which says when it was raised, and as of the newest position, which says how it
stands. So neither the feed nor the order of streams makes a difference
(docs/adr/0030-signals-are-kept-too.md).
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from consumers.handler import Arrived, Begin, Cursor
from consumers.service import Service, Store
from domain.dispute.events import ClaimReceived, ClaimRefused, DisputeAttached
from domain.erasure import SubjectErased
from domain.errors import NotFound, Unavailable
from domain.identity_change.events import IdentityChangeRequested
from domain.signals.signal import Signal, SignalKind, Thresholds
from domain.stream import StreamKind
from domain.ticket.events import MessageErased
from domain.values import ActorKind, Purpose
from infra.envelope import ADDRESS
from infra.pool import Pool
from infra.sealing import Sealer
from infra.settings import Settings
from infra.sqlfiles import load_sql
from projections import addresses, signals
from projections.as_of import Moment
from projections.opening import Reads

NAME: Final = "signals"
Subject = str | UUID
"""What a signal is about: a contract by its number, or a member of the staff."""

_SQL: Final = load_sql(__file__, "signals.sql")
_CASES: Final = frozenset(
    {StreamKind.TICKET, StreamKind.DISPUTE, StreamKind.IDENTITY_CHANGE, StreamKind.RECOVERY}
)
_OF_REQUESTS: Final = frozenset({SignalKind.UNSEEN_NETWORK, SignalKind.RESET_BEFORE_CHANGE})
_WAIT_SECONDS: Final = 10.0
_LOOK: Final = 0.02


@dataclass(slots=True)
class _Asked:
    """What a batch asks: whom its events may raise a signal about, and when.

    The rest is looked up: about whom a dispute is, who came to an address, what was erased, whose
    openings have a ticket near now. `last` is the last position that matters, 0: none does.
    """

    raising: set[tuple[Subject, Moment]] = field(default_factory=set)
    disputes: list[tuple[UUID, Moment]] = field(default_factory=list)
    connected: list[UUID] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)
    erased_events: list[UUID] = field(default_factory=list)
    last: int = 0

    def take(self, arrived: Arrived) -> None:
        """Note what an event asks."""
        parts, recorded = arrived.parsed, arrived.recorded
        contract = parts.contract.number if parts.contract else None
        moment = Moment(recorded.position, recorded.recorded_at)
        match recorded.event:
            case IdentityChangeRequested() if contract is not None:
                self.raising.add((contract, moment))
            case ClaimReceived() | ClaimRefused() | DisputeAttached():
                self.disputes.append((recorded.stream.id, moment))
            case SubjectErased(contract=str(number), purposes=gone) if Purpose.ADDRESS in gone:
                self.erased.add(number)
            case MessageErased(event=event, purposes=gone) if Purpose.ADDRESS in gone:
                self.erased_events.append(event)
            case _ if signals.opens(recorded) is not None:
                self.raising.add((recorded.actor.id, moment))
            case _ if contract is None:
                return
        if contract is not None and recorded.stream.kind in _CASES:
            self.told.add(contract)
        if ADDRESS in parts.sealed and recorded.actor.kind is not ActorKind.STAFF:
            self.connected.append(parts.id)
        self.last = max(self.last, recorded.position)


class Signals:
    """Keeps the signals about contracts and staff, from the first event on."""

    name = NAME
    begins = Begin.FIRST

    def __init__(
        self, dsn: str, sealer: Sealer, thresholds: Thresholds, wait: float = _WAIT_SECONDS
    ) -> None:
        self._dsn = dsn
        self._sealer = sealer
        self._thresholds = thresholds
        self._wait = wait

    def handle(self, cursor: Cursor, batch: Sequence[Arrived]) -> None:
        """Work out what the events raised or ended; Unavailable until addresses are followed."""
        asked = _Asked()
        for arrived in batch:
            asked.take(arrived)
        if not asked.last:
            return
        cursor.execute(_SQL["take_turn"])
        now = _reached(cursor, asked.last, self._wait)
        subjects = self._look_up(cursor, asked)
        if not subjects:
            return
        with _answers(self._dsn, self._sealer, self._thresholds) as answers:
            for subject, moment in sorted(asked.raising, key=lambda one: one[1].position):
                for signal in answers.about(subject, moment):
                    _ground(cursor, subject, signal, moment.position)
            done: set[Subject] = set()
            while subjects:
                done.add(subject := subjects.pop())
                subjects |= _keep(cursor, subject, answers.about(subject, now)) - done

    def _look_up(self, cursor: Cursor, asked: _Asked) -> set[Subject]:
        """Return everybody whose signals may be others now, after finding who that is."""
        for dispute, contract in _rows(cursor, "disputed", [one for one, _ in asked.disputes]):
            moments = [moment for one, moment in asked.disputes if one == dispute]
            asked.raising |= {(contract, moment) for moment in moments}
        if asked.connected:
            within, least = self._thresholds.address_within, self._thresholds.address_contracts
            values = {"events": asked.connected, "within": within, "least": least}
            for position, at, contract in cursor.execute(_SQL["newcomers"], values).fetchall():
                asked.raising.add((contract, Moment(position, at)))
        subjects = {subject for subject, _ in asked.raising} | asked.erased
        subjects |= {contract for (contract,) in _rows(cursor, "under", asked.erased_events)}
        return subjects | {staff for (staff,) in _rows(cursor, "staff_of", [*asked.told])}


def offer(settings: Settings, store: Store) -> Service:
    """Return it; every ledger has signals."""
    thresholds = signals.thresholds_of(settings)
    return Service(Signals(store.dsn, store.codec.sealer, thresholds))


@dataclass(frozen=True, slots=True)
class _Answers:
    """Answers what signals there are, from outside of an event loop."""

    runner: asyncio.Runner
    reads: Reads
    thresholds: Thresholds

    def about(self, subject: Subject, moment: Moment) -> tuple[Signal, ...]:
        """Return the signals about somebody as of a moment; none for who was not there then."""
        reads, least = self.reads, self.thresholds
        if isinstance(subject, str):
            asking = signals.contract_signals(reads, subject, least, moment=moment)
        else:
            asking = signals.staff_signals(reads, subject, least, moment=moment)
        try:
            return self.runner.run(asking)
        except NotFound:
            return ()


@contextmanager
def _answers(dsn: str, sealer: Sealer, thresholds: Thresholds) -> Iterator[_Answers]:
    with asyncio.Runner() as runner:
        pool = Pool(dsn, size=1)
        runner.run(pool.open())
        try:
            yield _Answers(runner, Reads(pool, sealer), thresholds)
        finally:
            runner.run(pool.close())


def _reached(cursor: Cursor, position: int, wait: float) -> Moment:
    """Return up to where addresses are followed, as soon as that is this position at least.

    Raises Unavailable after `wait` seconds.
    """
    deadline = time.monotonic() + wait
    while True:
        row = cursor.execute(_SQL["reached"], [addresses.NAME]).fetchone()
        if row is not None and row[0] >= position:
            return Moment(row[0], datetime.now(UTC))
        if time.monotonic() > deadline:
            raise Unavailable(f"{addresses.NAME} has not read up to position {position} yet")
        time.sleep(_LOOK)


def _ground(cursor: Cursor, subject: Subject, signal: Signal, position: int) -> None:
    """Note which events are ground of a signal as of a position."""
    values = {
        "kind": signal.kind,
        "about": _about(subject, signal),
        "events": _grounds(signal),
        "position": position,
    }
    cursor.execute(_SQL["ground"], values)


def _keep(cursor: Cursor, subject: Subject, found: Sequence[Signal]) -> set[Subject]:
    """Put these in the place of all signals about somebody.

    Returns contracts of which a signal that they shared with this one is gone: theirs are others.
    """
    shared = [one for one in found if one.kind is SignalKind.SHARED_ADDRESS]
    values = {
        "subject": subject,
        "shared": SignalKind.SHARED_ADDRESS,
        "events": [event.id for one in shared for event in one.events],
    }
    name = "forget_contract" if isinstance(subject, str) else "forget_staff"
    sharing = _contracts(cursor.execute(_SQL[name], values))
    for signal in found:
        sharing -= _contracts(cursor.execute(_SQL["keep"], _row(subject, signal)))
    return sharing if isinstance(subject, str) else set()


def _row(subject: Subject, signal: Signal) -> dict[str, Any]:
    about = _about(subject, signal)
    return {
        "key": f"{signal.kind}/{about}/{_grounds(signal)[0]}",
        "grounds": _grounds(signal),
        "kind": signal.kind,
        "about": about,
        "contract": subject if about == subject else None,
        "staff": None if isinstance(subject, str) else subject,
        "since": signal.since,
        "counted": signal.counted,
        "says": signal.says,
        "labels": [*signal.labels],
        "events": [one.id for one in signal.events],
        "positions": [one.position for one in signal.events],
        "types": [one.type for one in signal.events],
        "times": [one.at for one in signal.events],
    }


def _about(subject: Subject, signal: Signal) -> str:
    """Return about whom a signal is, '' for what several contracts share."""
    return "" if signal.kind is SignalKind.SHARED_ADDRESS else str(subject)


def _grounds(signal: Signal) -> list[UUID]:
    """Return the events that no other signal of its kind has: of one about a request, that."""
    if signal.kind in _OF_REQUESTS:
        return [signal.events[-1].id]
    return [one.id for one in signal.events]


def _contracts(cursor: Cursor) -> set[Subject]:
    return {contract for (contracts,) in cursor.fetchall() for contract in contracts}


def _rows(cursor: Cursor, name: str, asked: list[Any]) -> list[tuple[Any, ...]]:
    """Return a look-up's rows, without asking about nothing."""
    return cursor.execute(_SQL[name], [asked]).fetchall() if asked else []
