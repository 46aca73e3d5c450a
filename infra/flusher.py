"""The flusher: one thread that records what queued while it recorded the batch before.

    Waiting ── take ──> lock, read ──> decide ──> insert, commit ──> answer
                          └── connection lost: again, with the same command ids
                          └── poison: halves

Callers may give up; the flusher never does. What it answers is durable, refused, or unknown.
"""

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final
from uuid import UUID

import psycopg
import structlog

from domain.errors import (
    ClockUnfit,
    Forked,
    LedgerError,
    Malformed,
    OutcomeUnknown,
    Unavailable,
)
from infra import append
from infra.batch import Entries, Ground, decide, replay, wanted_by
from infra.clock import Clocks, ClockWatch, Moment
from infra.headfile import Durable, HeadFile
from infra.link import Link, is_lost, is_poison, meaning
from infra.waiting import Outcome, Pending, Waiting, answer

BATCH_EVENTS: Final = 128
PATIENCE_SECONDS: Final = 8.0
"""How long a batch is tried again after the connection was lost, and only the first such batch."""

RETRY_SECONDS: Final = 0.1
STUCK_SECONDS: Final = 20.0
"""After so long callers are told that the outcome is unknown, and the connection is cut."""

KEEP_SECONDS: Final = 0.5
"""How often the head file is brought up to date."""

_log = structlog.get_logger(__name__)


class Flusher:
    """Records requests for one process, on one connection."""

    def __init__(
        self,
        dsn: str,
        ledger: UUID,
        head_file: HeadFile,
        clocks: Clocks | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._dsn = dsn
        self._ledger = ledger
        self._head_file = head_file
        self._patience = patience
        self._clocks = clocks or Clocks()
        self._watch = ClockWatch(self._clocks)
        self._waiting = Waiting()
        self._link: Link | None = None
        self._reachable = True
        self._durable = head_file.read()
        self._flight: tuple[float, Sequence[Pending]] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flusher", daemon=True)
        self._keeper = threading.Thread(target=self._keep, name="head-file", daemon=True)

    @property
    def durable(self) -> Durable:
        """Return the last event that this process knows to be durable."""
        return self._durable

    @property
    def link(self) -> Link | None:
        """Return the appending connection, None while there is none."""
        return self._link

    @property
    def clocks(self) -> Clocks:
        """Return the clocks of this process."""
        return self._clocks

    def start(self) -> None:
        """Begin to record."""
        self._thread.start()
        self._keeper.start()

    def submit(self, pending: Pending) -> None:
        """Queue a request; its future gets the answer. Raises Unavailable when too many wait."""
        self._waiting.put(pending)

    def close(self) -> None:
        """Record what waits, remember the head, stop."""
        self._waiting.close()
        self._thread.join()
        self._stopping.set()
        self._keeper.join()

    def _run(self) -> None:
        while batch := self._waiting.take(BATCH_EVENTS):
            self._flight = (self._clocks.steady(), batch)
            try:
                self._settle(batch)
            except Exception as error:  # noqa: BLE001 - whatever it is, callers must learn it
                _log.exception("append failed unexpectedly")
                self._disconnect()
                answer([(pending, _in_the_end(pending, error)) for pending in batch])
            self._flight = None
        self._disconnect()

    def _settle(self, batch: Sequence[Pending]) -> None:
        try:
            outcomes = self._record_patiently(batch)
        except LedgerError as error:
            outcomes = [(pending, _in_the_end(pending, error)) for pending in batch]
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            if len(batch) > 1:
                middle = len(batch) // 2
                self._settle(batch[:middle])
                self._settle(batch[middle:])
                return
            outcomes = [(batch[0], _poison(error))]
        answer(outcomes)

    def _record_patiently(self, batch: Sequence[Pending]) -> list[tuple[Pending, Outcome]]:
        until = self._clocks.steady() + (self._patience if self._reachable else 0.0)
        while True:
            try:
                outcomes = self._record(batch)
            except psycopg.Error as error:
                if not is_lost(self._link, error):
                    self._roll_back()
                    if is_poison(error):
                        raise
                    if self._adopts_later_head(error):
                        continue
                    raise meaning(error) from error
                self._disconnect()
                if self._clocks.steady() >= until:
                    self._reachable = False
                    raise Unavailable("the database cannot be reached: try again later") from error
                self._stopping.wait(RETRY_SECONDS)
            else:
                self._reachable = True
                return outcomes

    def _record(self, batch: Sequence[Pending]) -> list[tuple[Pending, Outcome]]:
        link = self._connect()
        begun = append.begin(
            link.connection, self._durable, wanted_by(pending.prepared for pending in batch)
        )
        if not begun.ground.ledger == self._ledger == (self._durable.ledger or self._ledger):
            link.connection.rollback()
            raise Forked("this database holds another ledger")
        _doubt(batch, doubted=False)  # we hold the lock, so an earlier commit has ended
        ground = begun.ground
        entries = Entries(ground.position + 1)
        unfit: ClockUnfit | None = None
        moment = Moment(begun.clock, clamped=False, store=begun.clock)
        try:
            moment = self._watch.moment(begun.clock, begun.head_time)
        except ClockUnfit as error:
            _log.error("clock unfit", reason=str(error))
            unfit = error
        ground.recorded_at = moment.recorded_at
        outcomes = [
            (pending, self._decide(pending, ground, entries, moment, unfit)) for pending in batch
        ]
        if entries.commands:
            with link.connection.cursor() as cursor:
                append.finish(
                    cursor, ground.epoch, ground.recorded_at, entries, clamped=moment.clamped
                )
            _commit(link, batch)
        else:
            link.connection.rollback()
        self._durable = Durable(ground.ledger, ground.epoch, ground.position, ground.leaf_hash)
        return outcomes

    def _decide(
        self,
        pending: Pending,
        ground: Ground,
        entries: Entries,
        moment: Moment,
        unfit: ClockUnfit | None,
    ) -> Outcome:
        prepared = pending.prepared
        try:
            known = ground.commands.get(prepared.key.id)
            if known is not None:
                earlier = replay(known, prepared.key)
                ours = tuple(draft.id for draft in prepared.drafts) == earlier.event_ids
                return replace(earlier, replayed=False) if ours and prepared.drafts else earlier
            if 0 < pending.epoch < ground.epoch:
                return Forked("the ledger went on in another epoch meanwhile: ask again")
            if unfit is not None:
                return unfit
            self._watch.require_agreement(moment, pending.asked_at, pending.submitted)
            return decide(prepared, ground, entries)
        except LedgerError as error:
            return error
        except Exception as error:  # noqa: BLE001 - a request that breaks us breaks no other
            _log.exception("a request cannot be decided")
            return error

    def _connect(self) -> Link:
        if self._link is None:
            self._adopt(self._head_file.read())
            self._link = Link(self._dsn)
        return self._link

    def _disconnect(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def _roll_back(self) -> None:
        if self._link is not None:
            self._link.connection.rollback()

    def _adopt(self, head: Durable) -> bool:
        later = head.after(self._durable)
        if later:
            self._durable = head
        return later

    def _adopts_later_head(self, error: psycopg.Error) -> bool:
        """After `ledger continue` the head file names the new epoch: go on from there."""
        return error.sqlstate == "LF001" and self._adopt(self._head_file.read())

    def _keep(self) -> None:
        """Keep the head file, learn of a later epoch, tell callers of a batch that is stuck."""
        kept = self._durable
        while True:
            last = self._stopping.wait(KEEP_SECONDS)
            if self._durable.after(kept):
                kept = self._durable
                self._remember(kept)
            if last:
                return
            self._learn_epoch()
            self._free_stuck(self._clocks.steady() - STUCK_SECONDS)

    def _remember(self, head: Durable) -> None:
        try:
            self._head_file.write(head)
        except (OSError, LedgerError) as error:
            _log.error("the head file cannot be written", reason=str(error))

    def _learn_epoch(self) -> None:
        with suppress(LedgerError):
            head = self._head_file.read()
            if head.epoch > self._durable.epoch:
                self._adopt(head)

    def _free_stuck(self, before: float) -> None:
        flight = self._flight
        if flight is None or flight[0] > before:
            return
        answer([(p, OutcomeUnknown("the database does not answer")) for p in flight[1]])
        late = self._waiting.take_older(before)
        answer([(pending, Unavailable("the database does not answer")) for pending in late])
        link = self._link
        if link is not None:
            link.cut()


def _commit(link: Link, batch: Sequence[Pending]) -> None:
    _doubt(batch, doubted=True)
    try:
        link.connection.commit()
    except psycopg.Error as error:
        _doubt(batch, doubted=is_lost(link, error))
        raise
    if link.wait_cancelled:
        link.wait_cancelled = False
        raise OutcomeUnknown("the standby did not confirm: repeat to find out")
    _doubt(batch, doubted=False)


def _doubt(batch: Sequence[Pending], *, doubted: bool) -> None:
    for pending in batch:
        pending.in_doubt = doubted


def _in_the_end(pending: Pending, error: Exception) -> Exception:
    if pending.in_doubt:
        return OutcomeUnknown("the connection was lost while recording: repeat to find out")
    return error


def _poison(error: psycopg.Error) -> Malformed:
    constraint = error.diag.constraint_name
    where = f", constraint {constraint}" if constraint else ""
    return Malformed(f"the database cannot hold this ({error.sqlstate}{where})")
