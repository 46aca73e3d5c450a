"""A load generator in a process of its own: keep-alive connections, one request each at a time.

Reads one JSON object from standard input (see `Load`), prints one (see `Served`). The text
`@KEY@` in the head is replaced by a key of its own for each request.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from itertools import count

import httptools
import uvloop

from bench.harness import quantile


@dataclass(frozen=True, slots=True)
class Load:
    """What to send: `requests` in all over `connections`, the same head and body each time."""

    host: str
    port: int
    head: str
    body: str
    requests: int
    connections: int = 32
    seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class Served:
    """What came back: requests a second, answers by status, latencies in seconds."""

    rate: float
    statuses: dict[str, int]
    p50: float
    p99: float
    sample: str


@dataclass(slots=True)
class _Run:
    load: Load
    keys: count = field(default_factory=count)
    left: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    sample: str = ""

    def next_request(self) -> bytes | None:
        if self.left <= 0:
            return None
        self.left -= 1
        key = f"{os.getpid()}-{next(self.keys):08d}"
        body = self.load.body.encode()
        head = self.load.head.replace("@KEY@", key).rstrip() + f"\r\nContent-Length: {len(body)}"
        return head.encode() + b"\r\n\r\n" + body


class _Connection(asyncio.Protocol):
    """Sends a request when the answer to the one before is complete."""

    def __init__(self, run: _Run, done: asyncio.Future[None]) -> None:
        self._run = run
        self._done = done
        self._parser = httptools.HttpResponseParser(self)
        self._sent = 0.0
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        run = self._run
        run.latencies.append(time.perf_counter() - self._sent)
        status = str(self._parser.get_status_code())
        if status not in run.statuses:
            run.sample = b"".join(self._body).decode("utf-8", "replace")[:500]
        run.statuses[status] += 1
        self._body.clear()
        self._parser = httptools.HttpResponseParser(self)
        self._send()

    def connection_lost(self, _: Exception | None) -> None:
        if not self._done.done():
            self._run.statuses["lost"] += 1
            self._done.set_result(None)

    def _send(self) -> None:
        request = self._run.next_request()
        if request is None:
            self._done.set_result(None)
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)


async def serve(load: Load) -> Served:
    """Put the load on the server and return what it did; bounded by `load.seconds`."""
    run = _Run(load, left=load.requests)
    loop = asyncio.get_running_loop()
    ends = [loop.create_future() for _ in range(load.connections)]
    start = time.perf_counter()
    for end in ends:
        await loop.create_connection(lambda end=end: _Connection(run, end), load.host, load.port)
    await asyncio.wait_for(asyncio.gather(*ends), load.seconds)
    seconds = time.perf_counter() - start
    return Served(
        len(run.latencies) / seconds,
        dict(run.statuses),
        quantile(run.latencies, 0.5),
        quantile(run.latencies, 0.99),
        run.sample,
    )


def in_its_own_process(load: Load) -> Served:
    """Run the load in another process, so that it takes no time from the one that measures."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(asdict(load)),
        capture_output=True,
        text=True,
        check=True,
        timeout=load.seconds + 30,
    )
    return Served(**json.loads(done.stdout))


def main() -> None:
    """Serve the load described on standard input."""
    load = Load(**json.load(sys.stdin))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        json.dump(asdict(runner.run(serve(load))), sys.stdout)


if __name__ == "__main__":
    main()
