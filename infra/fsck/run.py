"""The whole ledger, verified on all cores by ranges of positions and joined at their borders."""

import gc
import os
import random
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import Connection

from domain.errors import Unavailable
from infra.arrays import register_arrays
from infra.erasurelist import ErasureList
from infra.fsck.chains import Chains
from infra.fsck.findings import MOST_FINDINGS, Finding, Kind
from infra.fsck.ranges import RangeCheck
from infra.fsck.signed import Signed, own_log
from infra.fsck.tree import Tree
from infra.fsck.verified import Edge, Span, Verified
from infra.headfile import Durable, HeadFile
from infra.keys import Keys
from infra.keys.opening import open_keys
from infra.settings import Settings
from infra.sqlfiles import load_sql

SPAN: Final = 1 << 14
"""Positions of one range."""

_SQL: Final = load_sql(__file__, "fsck.sql")
_QUEUED: Final = 2
"""Ranges waiting for each process, so that none is idle and results do not pile up."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the database says that it is, when verification begins, and its positions' ends."""

    ledger: UUID
    epoch: int
    first: int
    head: int


@dataclass(slots=True)
class Report:
    """What was verified: `checked` events of the tree, compared with what was `signed`."""

    checked: int = 0
    tree: Tree = field(default_factory=Tree)
    signed: list[Signed] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


class Worker:
    """Verifies ranges in one process; any number of them work side by side."""

    def __init__(self, settings: Settings, ground: Ground, keys: Keys) -> None:
        self._settings = settings
        self._ground = ground
        self._keys = keys
        self._check: RangeCheck | None = None

    def verify(self, span: Span) -> Verified:
        """Return what a range holds; raise Unavailable when database or keys cannot be read."""
        try:
            with _no_collection():
                return self._checking().run(span)
        except psycopg.Error as error:
            raise _unreadable(error) from None

    def close(self) -> None:
        """Close the connection."""
        if self._check is not None:
            self._check.connection.close()

    def _checking(self) -> RangeCheck:
        if self._check is None:
            connection = connect(self._settings)
            register_arrays(connection)
            ground = self._ground
            self._check = RangeCheck(
                connection,
                ground.ledger,
                ground.epoch,
                self._keys,
                ErasureList(self._settings.data),
            )
        return self._check


def fsck(
    settings: Settings,
    *,
    kept: Sequence[Signed] = (),
    sample: int | None = None,
    processes: int | None = None,
    span: int = SPAN,
    progress: Callable[[int], None] = lambda _: None,
) -> Report:
    """Verify every event, or `sample` random ones closely and of the others hash and position.

    The tree is compared with the log in the data directory and with `kept` checkpoints. `span`
    positions are one range, on as many `processes` as there are cores; `progress` is told how many
    positions are done. Raises Unavailable when database or key store cannot be read.
    """
    # both before the database: appends go on meanwhile
    known = HeadFile(settings.data).read()
    signed, findings = own_log(settings)
    try:
        with connect(settings) as connection:
            ground = _ground(connection)
            findings += _compare(connection, ground, known)
    except psycopg.Error as error:
        raise _unreadable(error) from None
    if sample is not None:  # where an epoch begins is then not known
        signed = [one for one in signed if one.epoch >= ground.epoch]
    joined = Joined([*signed, *kept])
    spans = list(_spans(ground, span, sample))
    count = min(processes or os.cpu_count() or 1, len(spans))
    for verified in _verified(settings, ground, spans, count):
        joined.take(verified)
        progress(verified.span.upto)
    report = joined.report
    findings += report.tree.finish()
    report.findings = sorted(report.findings + findings)[:MOST_FINDINGS]
    return report


def head_of(settings: Settings) -> int:
    """Return the last position; raise Unavailable when the database cannot be read."""
    try:
        with connect(settings) as connection:
            return _ground(connection).head
    except psycopg.Error as error:
        raise _unreadable(error) from None


def connect(settings: Settings) -> Connection[Any]:
    """Return a connection of the app role that only reads."""
    assert settings.database_url is not None
    return psycopg.connect(
        settings.database_url.get_secret_value(),
        autocommit=True,
        connect_timeout=5,
        application_name="ledger fsck",
        options="-c default_transaction_read_only=on",
    )


class Joined:
    """Ranges put together in their order; chains and tree go on from one to the next."""

    def __init__(self, signed: list[Signed]) -> None:
        self.report = Report(tree=Tree(signed), signed=signed)
        self._streams = Chains(Kind.STREAM)
        self._contracts = Chains(Kind.CONTRACT)
        self._last: Edge | None = None

    def take(self, verified: Verified) -> None:
        """Add the next range."""
        report = self.report
        found = verified.findings
        found += self._streams.join(verified.streams) + self._contracts.join(verified.contracts)
        if self._last and verified.first and (wrong := self._last.before(verified.first)):
            found.append(wrong)
        for epoch, position in verified.epochs:
            report.tree.begin_epoch(epoch, position)
        self._last = verified.last or self._last
        report.checked += verified.checked
        report.tree.add(bytes(verified.leaves))
        report.findings = sorted(report.findings + found)[:MOST_FINDINGS]


def _verified(
    settings: Settings, ground: Ground, spans: list[Span], processes: int
) -> Iterator[Verified]:
    if processes <= 1:
        with (
            closing(open_keys(settings)) as keys,
            closing(Worker(settings, ground, keys)) as worker,
        ):
            yield from map(worker.verify, spans)
        return
    with ProcessPoolExecutor(
        processes, get_context("spawn"), initializer=_begin, initargs=(settings, ground)
    ) as pool:
        waiting: deque[Future[Verified]] = deque()
        left = iter(spans)
        try:
            for span in islice(left, processes * _QUEUED):
                waiting.append(pool.submit(_verify, span))
            while waiting:
                yield waiting.popleft().result()
                waiting.extend(pool.submit(_verify, span) for span in islice(left, 1))
        except BrokenProcessPool:
            raise Unavailable("a verifying process ended early: run it again") from None
        finally:
            pool.shutdown(cancel_futures=True)


_workers: list[Worker] = []


def _begin(settings: Settings, ground: Ground) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted too, and ends this
    _workers[:] = [Worker(settings, ground, open_keys(settings))]


def _verify(span: Span) -> Verified:
    return _workers[0].verify(span)


def _spans(ground: Ground, span: int, sample: int | None) -> Iterator[Span]:
    chosen: frozenset[int] | None = None
    if sample is not None:
        head = ground.head
        chosen = frozenset(random.sample(range(1, head + 1), min(sample, head)))
    if ground.first < 1:
        yield Span(ground.first - 1, min(0, ground.head), chosen and frozenset())
    for after in range(0, ground.head, span):
        upto = min(after + span, ground.head)
        mine = None if chosen is None else frozenset(p for p in chosen if after < p <= upto)
        yield Span(after, upto, mine)


def _ground(connection: Connection[Any]) -> Ground:
    identity = connection.execute(_SQL["identity"]).fetchone()
    ends = connection.execute(_SQL["ends"]).fetchone()
    if identity is None or ends is None:
        raise Unavailable("the database holds no ledger: run `ledger migrate`")
    return Ground(*identity, *ends)


def _compare(connection: Connection[Any], ground: Ground, known: Durable) -> list[Finding]:
    """Return what contradicts the head file: the last event that is known to have been durable."""
    if not known.position:
        return []
    if known.ledger != ground.ledger or known.epoch > ground.epoch:
        detail = f"the head file knows ledger {known.ledger} in epoch {known.epoch}"
        return [Finding(known.position, Kind.FORK, detail)]
    if known.epoch < ground.epoch:  # what was lost then is quoted by LedgerContinued
        return []
    if known.position > ground.head:
        detail = f"the head file knows events up to position {known.position}"
        return [Finding(ground.head + 1, Kind.TRUNCATED, detail)]
    row = connection.execute(_SQL["leaf_at"], [known.position]).fetchone()
    if row is not None and bytes(row[0]) != known.leaf_hash:
        return [Finding(known.position, Kind.FORK, "not the event that the head file knows")]
    return []


@contextmanager
def _no_collection() -> Iterator[None]:
    """Search for no cycles meanwhile: there are none, and looking takes a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _unreadable(error: psycopg.Error) -> Unavailable:
    return Unavailable(f"the database cannot be read ({error.sqlstate or type(error).__name__})")
