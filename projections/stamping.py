"""Has checkpoints stamped by authorities whose clocks are believed (RFC 3161), beside integrating.

The newest published checkpoint is stamped at most once in a set time; before the certificates
behind older stamps end, one new stamp over all of them renews them. It runs in a thread of the
integrator's process and shares nothing with it but files: whatever an authority does, checkpoints
go on.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from domain.errors import LedgerError, Malformed, Unavailable
from infra import logs
from infra.settings import Settings
from infra.tilefiles import TileReader, epochs, head_of, log_directory
from infra.timestamps import APART, Authority, Stamp, Trust, read_stamp
from projections.stamps import Renewal, Stamped, Stamps, listing, tell_state

_LOG: Final = logs.logger("time stamps")
_POLL: Final = 0.5
_LONGEST_PAUSE: Final = 600.0
_STOPPED_AFTER: Final = 2.0
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class Step(StrEnum):
    """Where stamping is: a crash at any of these must do no harm."""

    BEFORE_ASK = "before ask"
    AFTER_ASK = "after ask"
    AFTER_DATA = "after data"
    AFTER_REPLY = "after reply"


def _silent(_step: Step) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two stamps, and how long before they end they are renewed."""

    every: float = 3600.0
    before: timedelta = timedelta(days=90)


class Stamper:
    """Stamps and renews what is due in one data directory; authorities are asked in order."""

    def __init__(
        self,
        data: Path,
        authorities: Sequence[Authority],
        pace: Pace,
        step: Callable[[Step], None] = _silent,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._data = data
        self._authorities = authorities
        self._pace = pace
        self._step = step
        self._clock = clock
        self._last: dict[int, tuple[int, Stamp]] = {}
        self._ends: dict[int, datetime] = {}
        self._asked: dict[int, float] = {}
        self._failures = 0
        self._trouble: str | None = None

    def run(self, stop: threading.Event) -> None:
        """Do what is due until `stop` is set; after a failure wait longer and longer."""
        self._well(self._begin)
        pause, longest = _POLL, min(max(self._pace.every, 1.0), _LONGEST_PAUSE)
        while not stop.is_set():
            pause = _POLL if self.turn() else min(pause * 2, longest)
            stop.wait(pause)

    def turn(self) -> bool:
        """Stamp and renew what is due; say whether that went well. What went wrong is told."""
        return all([self._well(self._stamp), self._well(self._renew)])

    def _well(self, work: Callable[[], None]) -> bool:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - a thread must not end unnoticed
            known = isinstance(error, LedgerError | OSError)
            self._trouble = str(error) if known else type(error).__name__
            _LOG.error("no time stamp", exc_info=error, detail=self._trouble if known else "")
            with suppress(OSError):
                self._tell()
            return False
        return True

    def _begin(self) -> None:
        """Tell what was done before this process started."""
        epoch, note = _published(self._data)
        if note is not None:
            self._last_of(epoch, Stamps(self._data, epoch))
        self._tell()

    def _stamp(self) -> None:
        """Stamp the newest published checkpoint, if it is time."""
        epoch, note = _published(self._data)
        if note is None:
            return
        size, stamps = head_of(note).size, Stamps(self._data, epoch)
        last = self._last_of(epoch, stamps)
        if last is not None:
            waited = self._clock() - last[1].time.timestamp()
            if last[0] >= size or -APART <= waited < self._pace.every:
                return
        signed = without_cosignatures(note)
        stamp = self._ask(signed)
        self._keep(stamps, Stamped(size, signed, stamp.reply))
        self._ends[epoch] = min(self._ends_of(epoch, stamps), stamp.ends)
        self._last[epoch] = (size, stamp)
        self._tell()
        _LOG.info("stamped", epoch=epoch, size=size, authority=stamp.authority)

    def _renew(self) -> None:
        """Renew the stamps of every epoch of which a certificate ends soon."""
        now = datetime.fromtimestamp(self._clock(), UTC)
        for epoch in epochs(self._data):
            stamps = Stamps(self._data, epoch)
            ends = self._ends_of(epoch, stamps)
            waited = self._clock() - self._asked.get(epoch, float("-inf"))
            if ends - now > self._pace.before or 0 <= waited < self._pace.every:
                continue
            self._asked[epoch] = self._clock()
            listed = _due(stamps)
            stamp = self._ask(listed, ends)
            done = stamps.renewals()
            self._keep(stamps, Renewal(len(done) + 1, listed, stamp.reply))
            self._ends[epoch] = stamp.ends
            self._tell()
            _LOG.info("renewed", epoch=epoch, until=stamp.ends.isoformat())

    def _ask(self, data: bytes, beyond: datetime | None = None) -> Stamp:
        """Return the first good stamp, of certificates that end after `beyond`.

        Raises Unavailable when no authority gives one.
        """
        self._step(Step.BEFORE_ASK)
        refusals = []
        try:
            for authority in self._authorities:
                try:
                    stamp = authority.stamp(data, self._clock())
                    if beyond is not None and stamp.ends <= beyond:
                        raise Unavailable(f"its own certificates end on {stamp.ends:%Y-%m-%d}")
                except LedgerError as error:
                    refusals.append(f"{authority.name}: {error}")
                    _LOG.warning("authority refused", authority=authority.name, detail=str(error))
                else:
                    return stamp
        finally:
            self._failures += len(refusals)
            self._trouble = "; ".join(refusals) or None
        raise Unavailable("; ".join(refusals))

    def _keep(self, stamps: Stamps, kept: Stamped | Renewal) -> None:
        """Write data and reply: a reply that is there has its data beside it."""
        self._step(Step.AFTER_ASK)
        (data, content), (reply, answer) = kept.files.items()
        stamps.put(data, content)
        self._step(Step.AFTER_DATA)
        stamps.put(reply, answer)
        self._step(Step.AFTER_REPLY)

    def _last_of(self, epoch: int, stamps: Stamps) -> tuple[int, Stamp] | None:
        """Return size and stamp of the newest one of an epoch, None when it has none to be read."""
        if epoch not in self._last:
            newest = stamps.sizes()[-1:]
            for stamp in self._read(stamps.stamped(size).reply for size in newest):
                self._last[epoch] = (newest[0], stamp)
        return self._last.get(epoch)

    def _ends_of(self, epoch: int, stamps: Stamps) -> datetime:
        """Return when the first certificate ends that nothing newer renews."""
        if epoch not in self._ends:
            replies = [stamps.stamped(size).reply for size in stamps.unrenewed()]
            replies += [one.reply for one in stamps.renewals()[-1:]]
            self._ends[epoch] = min((one.ends for one in self._read(replies)), default=_NEVER)
        return self._ends[epoch]

    def _read(self, replies: Iterable[bytes]) -> Iterator[Stamp]:
        """Yield what was kept; what is no reply any more cannot be renewed, and is told."""
        trusted = []
        for authority in self._authorities:
            with suppress(Malformed):  # it is told when the authority is asked
                trusted.append(Trust.read(authority.certificates))
        for reply in replies:
            try:
                yield read_stamp(reply, trusted)
            except Malformed as error:
                _LOG.error("a time stamp cannot be read", detail=str(error))

    def _tell(self) -> None:
        """Tell other processes of the last stamp and of what goes wrong."""
        last: dict[str, Any] | None = None
        if self._last:
            epoch, (size, stamp) = max(self._last.items())
            last = {"epoch": epoch, "size": size, "authority": stamp.authority}
            last |= {"time": _text(stamp.time), "ends": _text(stamp.ends)}
        state = {"last": last, "failures": self._failures, "trouble": self._trouble}
        tell_state(self._data, state)


def without_cosignatures(note: bytes) -> bytes:
    """Return a published checkpoint as the log signed it: without the lines of its witnesses."""
    text, blank, lines = note.decode().rpartition("\n\n")
    own = f"— {head_of(note).origin} "
    kept = [line for line in lines.removesuffix("\n").split("\n") if line.startswith(own)]
    return "".join([text, blank, *(f"{line}\n" for line in kept)]).encode()


@contextmanager
def beside(settings: Settings, stop: threading.Event) -> Iterator[None]:
    """Stamp in a thread while the block runs; then set `stop`."""
    authorities = [
        Authority(one.name, one.url, one.certificates) for one in settings.timestamp_authorities
    ]
    days = timedelta(days=settings.timestamp_renewal_days)
    stamper = Stamper(settings.data, authorities, Pace(settings.timestamp_seconds, days))
    thread = threading.Thread(target=stamper.run, args=[stop], name="time stamps", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_STOPPED_AFTER)


def _published(data: Path) -> tuple[int, bytes | None]:
    """Return the latest epoch that has a published checkpoint, and its note."""
    for epoch in reversed(epochs(data)):
        note = TileReader(log_directory(data) / str(epoch)).checkpoint()
        if note is not None:
            return epoch, note
    return 0, None


def _due(stamps: Stamps) -> bytes:
    """Return the list of what a renewal renews: the last one, and every stamp since."""
    files: dict[str, bytes] = {}
    for renewal in stamps.renewals()[-1:]:
        files |= renewal.files
    for size in stamps.unrenewed():
        files |= stamps.stamped(size).files
    return listing(files)


def _text(time: datetime) -> str:
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")
