"""The log on PostgreSQL: `domain.log.Log`."""

import asyncio
import concurrent.futures
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

from domain.errors import Erasing, OutcomeUnknown, Refused
from domain.log import ERASED, Accepted, CommandKey, Head, Recorded, Request
from domain.stream import Stream
from infra.batch import Known, decode_answer, replay
from infra.clock import Clocks
from infra.codec import Codec, PreparedRequest
from infra.flusher import STUCK_SECONDS, Flusher
from infra.garbage import collect_rarely
from infra.headfile import HeadFile
from infra.keys import Keys
from infra.pool import Pool
from infra.reader import Reader
from infra.waiting import Pending

SWITCH_SECONDS: Final = 0.0005
"""How long callers' code may run while the flusher, back from the database, waits for its turn.

The interpreter's own 5 ms would come several times into the time of every batch.
"""

NUMBERS_AT_ONCE: Final = 32
"""Ticket numbers are fetched by so many; those not used before the process ends are skipped."""


class PostgresLog:
    """Appends through one flusher, reads through a pool; `async` callers on any event loop."""

    def __init__(self, codec: Codec, reader: Reader, flusher: Flusher) -> None:
        self.codec = codec
        self.reader = reader
        self.flusher = flusher
        self._numbers: list[int] = []
        self._numbers_wanted = asyncio.Lock()

    @property
    def epoch(self) -> int:
        """Return the ledger's life, 0 while it is not known; a later one voids what was read."""
        return self.flusher.durable.epoch

    async def read(
        self, stream: Stream, *, after: int = 0, upto: int | None = None
    ) -> AsyncIterator[Recorded]:
        """Yield events with version > `after` and position <= `upto`, sealed fields closed."""
        async for envelope in self.reader.envelopes(stream, after=after, upto=upto):
            yield self.codec.decode(envelope)

    async def version(self, stream: Stream) -> int:
        """Return the stream's version now, 0 when it has no events."""
        return await self.reader.version(stream)

    async def contract_stream(self, number: str) -> Stream | None:
        """Return the stream of the contract with this number."""
        return await self.reader.contract_stream(number)

    async def recall(self, key: CommandKey) -> Accepted | None:
        """Return the answer that this command got; raise KeyReused if its payload was another."""
        known = await self.reader.command(key.id)
        if known is None:
            return None
        fingerprint, result = known
        return replay(Known(fingerprint, decode_answer(result)), key)

    async def append(self, request: Request) -> Accepted:
        """Record the request, durably; cancelling the wait does not undo it.

        Raises Stale, Refused (rule `contract-open`, `contract-number-free`, `subject-erased`),
        KeyReused, Malformed, Unavailable and its kinds (Erasing).
        """
        prepared = await self.codec.prepare_soon(request)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Accepted] = loop.create_future()
        self._submit(request, prepared, future, loop)
        with self._forgetting():
            return await future

    def append_wait(self, request: Request) -> Accepted:
        """Do the same for a caller without an event loop, who waits."""
        future: concurrent.futures.Future[Accepted] = concurrent.futures.Future()
        self._submit(request, self.codec.prepare(request), future, None)
        try:
            with self._forgetting():
                return future.result(2 * STUCK_SECONDS)
        except TimeoutError as error:
            raise OutcomeUnknown("the store does not answer: repeat to find out") from error

    async def next_ticket_number(self) -> int:
        """Return a number never given before."""
        async with self._numbers_wanted:
            if not self._numbers:
                self._numbers = (await self.reader.ticket_numbers(NUMBERS_AT_ONCE))[::-1]
            return self._numbers.pop()

    async def head(self) -> Head:
        """Return the last recorded position."""
        return await self.reader.head()

    @contextmanager
    def _forgetting(self) -> Iterator[None]:
        """Seal nothing more with a remembered key that an erasure destroyed."""
        try:
            yield
        except (Refused, Erasing) as error:
            if isinstance(error, Erasing) or error.rule == ERASED:
                self.codec.keys.forget()
            raise

    def _submit(
        self,
        request: Request,
        prepared: PreparedRequest,
        future: "asyncio.Future[Accepted] | concurrent.futures.Future[Accepted]",
        loop: asyncio.AbstractEventLoop | None,
    ) -> None:
        steady = self.flusher.clocks.steady()
        pending = Pending(prepared, request.provenance.at, steady, future, loop)
        pending.epoch = self.epoch
        self.flusher.submit(pending)


@asynccontextmanager
async def open_log(
    dsn: str, data: Path, keys: Keys, *, clocks: Clocks | None = None
) -> AsyncIterator[PostgresLog]:
    """Open the log of the database `dsn` (role ledger_app); `data` holds the head file.

    Raises Unavailable when the database cannot be reached. What waits is recorded at the end.
    """
    pool = Pool(dsn)
    await pool.open()
    try:
        reader = Reader(pool)
        identity = await reader.identity()
        flusher = Flusher(dsn, identity.ledger, HeadFile(data), clocks)
        flusher.start()
        sys.setswitchinterval(min(SWITCH_SECONDS, sys.getswitchinterval()))
        collect_rarely()
        try:
            yield PostgresLog(Codec(identity.ledger, keys), reader, flusher)
        finally:
            await asyncio.to_thread(flusher.close)
    finally:
        await pool.close()
