"""A TCP cable to one port of Kafka: it refuses, resets, holds, or falls silent without a FIN."""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any, Final, Self

_CHUNK: Final = 1 << 16
_AT_ONCE: Final = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset


class Asked(IntEnum):
    """What a client asks, by its number in Kafka's protocol."""

    PRODUCE = 0
    FETCH = 1
    OFFSET_COMMIT = 8
    SYNC_GROUP = 14
    BEGIN = 24
    END = 26


class Cut(Enum):
    """What happens to connections: once, or to those there are and to new ones until `mend`."""

    RESET = "both ends get a reset, after half a question; once"
    SILENT = "nothing passes, and nobody is told that an end has gone"
    DEAF = "questions pass, answers do not, and nobody is told"
    HELD = "questions pass, answers wait"


@dataclass(eq=False)
class _Pair:
    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    cut: Cut | None


class Cable:
    """Forwards from `port` to the port `to` of this machine.

    `hit` is set when what `arm` waits for was asked and the cable was cut at it.
    """

    def __init__(self, to: int) -> None:
        self.to = to
        self._taken = _bound(0)  # keeps the port while nobody listens there: who asks is refused
        self.port: int = self._taken.getsockname()[1]
        self.hit = threading.Event()
        self._armed: tuple[Asked, Cut] | None = None
        self._lasting: Cut | None = None
        self._pairs: set[_Pair] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._open.set()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        self.mend()
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._taken.close()

    def arm(self, asked: Asked, cut: Cut) -> None:
        """Cut the cable when this is asked the next time."""
        self.hit.clear()
        self._armed = (asked, cut)

    def cut(self, cut: Cut) -> None:
        """Cut it now."""
        self._run(self._cut(cut))

    def refuse(self) -> None:
        """Reset what there is, and refuse what comes until `mend`."""
        self._run(self._refuse())

    def mend(self) -> None:
        """Let new connections be good; of those that were silent nobody hears again."""
        self._armed = None
        self._run(self._mend())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _mend(self) -> None:
        self._lasting = None
        self._open.set()
        if self._listener is None:
            self._listener = await asyncio.start_server(self._serve, sock=_bound(self.port))

    async def _refuse(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        await self._cut(Cut.RESET)

    async def _close(self) -> None:
        await self._refuse()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _cut(self, cut: Cut) -> None:
        if cut is not Cut.RESET:
            self._lasting = cut
        if cut is Cut.HELD:
            self._open.clear()
        for pair in self._pairs:
            pair.cut = cut
            if cut is Cut.RESET:
                _reset(pair.client)
                _reset(pair.server)

    async def _serve(self, asking: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(OSError, asyncio.CancelledError):
                telling, server = await asyncio.open_connection("127.0.0.1", self.to)
                pair = _Pair(client, server, self._lasting)
                self._pairs.add(pair)
                try:
                    await asyncio.gather(self._ask(asking, pair), self._tell(telling, pair))
                finally:
                    self._pairs.discard(pair)
                    _reset(server)
        finally:
            _reset(client)
            self._tasks.discard(task)

    async def _ask(self, asking: asyncio.StreamReader, pair: _Pair) -> None:
        with suppress(OSError):
            while data := await asking.read(_CHUNK):
                if self._armed and data[4:6] == struct.pack(">h", self._armed[0]):
                    cut, self._armed = self._armed[1], None
                    if cut is Cut.RESET:
                        pair.server.write(data[: len(data) // 2])
                        await asyncio.sleep(0)
                    await self._cut(cut)
                    self.hit.set()
                if pair.cut not in {Cut.SILENT, Cut.RESET}:
                    pair.server.write(data)
        if pair.cut not in {Cut.SILENT, Cut.DEAF}:  # else the server never hears that it ended
            pair.server.close()

    async def _tell(self, telling: asyncio.StreamReader, pair: _Pair) -> None:
        with suppress(OSError):
            while data := await telling.read(_CHUNK):
                await self._open.wait()
                if pair.cut in {None, Cut.HELD}:
                    pair.client.write(data)
        if pair.cut not in {Cut.SILENT, Cut.DEAF}:
            pair.client.close()


def _bound(port: int) -> socket.socket:
    """Return a socket with a port that several may share."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind(("127.0.0.1", port))
    return made


def _reset(end: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    end.transport.abort()
