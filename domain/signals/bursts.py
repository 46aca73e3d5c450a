"""What came close together: the one rule behind every signal that counts."""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.signals.signal import Named


@dataclass(frozen=True, slots=True)
class Counted:
    """An event, and of whom or what it is: only different ones count."""

    of: Hashable
    event: Named


@dataclass(frozen=True, slots=True)
class Burst:
    """Events of which enough different ones came within the period, since the last it took."""

    since: datetime
    events: tuple[Counted, ...]

    @property
    def different(self) -> int:
        """Return how many different ones there are."""
        return len({one.of for one in self.events})


def bursts(events: Sequence[Counted], least: int, within: timedelta) -> Iterator[Burst]:
    """Yield every run of events in which `least` different ones lie within a period, inclusive.

    Periods that share an event are one run.
    """
    events = sorted(events, key=lambda one: (one.event.at, one.event.position))
    counts: Counter[Hashable] = Counter()
    first = 0
    begin, end, since = 0, -1, None
    for last, one in enumerate(events):
        counts[one.of] += 1
        while events[first].event.at < one.event.at - within:
            counts[events[first].of] -= 1
            if not counts[events[first].of]:
                del counts[events[first].of]
            first += 1
        if len(counts) < least:
            continue
        if since is not None and first > end:
            yield Burst(since, tuple(events[begin : end + 1]))
            since = None
        if since is None:
            begin, since = first, one.event.at
        end = last
    if since is not None:
        yield Burst(since, tuple(events[begin : end + 1]))
