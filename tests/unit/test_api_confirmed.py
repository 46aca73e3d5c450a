"""States that decide about access are confirmed often, and once for all who ask together."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

from api.auth.principals import CONFIRM_SECONDS, Confirmed
from domain.handling import States
from domain.log import Recorded
from domain.staff import STAFF
from domain.stream import Stream, StreamKind

STREAM = Stream(StreamKind.STAFF, uuid4())


class CountingLog:
    """A log without events that counts how often it is read."""

    reads = 0
    epoch = 1

    async def read(self, _stream: Stream, **_bounds: object) -> AsyncIterator[Recorded]:
        self.reads += 1
        await asyncio.sleep(0)
        for never in ():
            yield never


def test_of_many_who_ask_at_once_one_reads() -> None:
    log = CountingLog()
    confirmed = Confirmed(States(log))

    async def all_ask() -> None:
        await asyncio.gather(*(confirmed.load(STAFF, STREAM) for _ in range(50)))

    asyncio.run(all_ask())
    assert log.reads == 1


def test_a_state_is_read_again_when_its_time_is_over() -> None:
    log, now = CountingLog(), [100.0]
    confirmed = Confirmed(States(log), lambda: now[0])

    async def ask_three_times() -> None:
        await confirmed.load(STAFF, STREAM)
        now[0] += CONFIRM_SECONDS / 2
        await confirmed.load(STAFF, STREAM)
        now[0] += CONFIRM_SECONDS
        await confirmed.load(STAFF, STREAM)

    asyncio.run(ask_three_times())
    assert log.reads == 2
