"""The live queue: server-sent events that resume without gaps, and end when the server does."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from support.serving import Served, answering, wait_until

from api.live import Live

ENOUGH = 15.0


class Stream:
    """What a browser's EventSource would see."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.iter_lines()

    def next(self) -> dict[str, Any]:
        """Return the next event's fields."""
        fields: dict[str, Any] = {}
        for line in self._lines:
            if not line:
                if "data" in fields:
                    return fields
                continue
            if line.startswith(":"):
                continue
            name, _, value = line.partition(": ")
            fields[name] = orjson.loads(value) if name == "data" else value
        raise EOFError


@contextmanager
def _following(served: Served, role: str = "agent", last: str | None = None) -> Iterator[Stream]:
    headers = {} if last is None else {"Last-Event-ID": last}
    with served.client(role).stream("GET", "/v1/queue/live", headers=headers) as answer:
        assert answer.status_code == 200
        yield Stream(answer)


def test_what_happens_to_tickets_is_sent_as_it_is_recorded(served: Served) -> None:
    with _following(served) as stream:
        assert stream.next()["event"] == "begin"
        opened = served.open_ticket()
        change = stream.next()
        while int(change["id"]) < opened["position"]:  # told to the ledger before, sent only now
            change = stream.next()
    assert (change["event"], change["id"]) == ("change", str(opened["position"]))
    assert change["data"]["ticket"] == opened["id"]
    assert change["data"]["type"] == "TicketOpened"
    assert change["data"]["event_id"] == opened["event_ids"][0]


def test_a_stream_resumes_without_gaps_however_often_it_breaks(served: Served) -> None:
    with _following(served) as stream:
        last = stream.next()["id"]
    expected: list[str] = []
    done = threading.Event()

    def write() -> None:
        for _ in range(40):
            opened = served.open_ticket("supervisor")
            expected.append(str(opened["position"]))
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen: list[str] = []
    while len(seen) < 40:
        with _following(served, last=last) as stream:
            stream.next()
            for _ in range(7):
                if len(seen) == 40:
                    break
                seen.append(stream.next()["id"])
                last = seen[-1]
    writer.join()
    assert done.is_set()
    assert seen == expected


def test_a_reader_that_was_away_longer_than_the_ring_remembers_misses_nothing(
    served: Served,
) -> None:
    services = served.services
    begin = served.open_ticket()["position"]
    expected = [served.open_ticket()["position"] for _ in range(12)]

    async def read() -> list[int]:
        live = Live(services.log.reader, ring=3)
        live.start()
        seen: list[int] = []
        late = [await _later(served) for _ in range(6)]
        async for progress in live.after(begin, 0.2):
            seen += [change.position for change in progress.changes]
            if len(seen) >= len(expected) + len(late):
                break
        await live.close()
        assert seen[len(expected) :] == late
        return seen[: len(expected)]

    future = asyncio.run_coroutine_threadsafe(read(), served.loop)
    assert future.result(ENOUGH) == expected


async def _later(served: Served) -> int:
    opened = await asyncio.to_thread(served.open_ticket, "supervisor")
    return int(opened["position"])


@pytest.mark.parametrize("last", ["x", "-1", "9" * 15, "9" * 40])
def test_a_last_event_id_that_was_never_given_is_refused(served: Served, last: str) -> None:
    answer = served.get("agent", "/v1/queue/live", headers={"Last-Event-ID": last})
    assert answer.status_code == 422


def test_a_stream_ends_when_its_reader_may_no_longer_read(served: Served) -> None:
    subject = f"agent:{uuid4().hex}"
    login = {"issuer": "urn:ticket-ledger:development", "subject": subject}
    joined = served.post("operator", "/v1/staff", {"name": "x", "login": login, "roles": ["agent"]})
    client = served.client(None, served.mint(subject))
    wait_until(lambda: client.get("/v1/staff").status_code == 200)
    with client.stream("GET", "/v1/queue/live") as answer:
        stream = Stream(answer)
        stream.next()
        path = f"/v1/staff/{joined.json()['id']}/leave"
        assert served.post("operator", path, {}, version=1).status_code == 200
        with pytest.raises(EOFError):
            stream.next()
    assert client.get("/v1/queue").status_code == 401


def test_stopping_the_server_ends_its_streams_cleanly(served: Served) -> None:
    ended = threading.Event()
    begun = threading.Event()
    with answering(served.settings) as (url, _, _):
        token = served.tokens["agent"]

        def follow() -> None:
            headers = {"Authorization": f"Bearer {token}"}
            with httpx.stream("GET", f"{url}/v1/queue/live", headers=headers, timeout=30) as answer:
                stream = Stream(answer)
                stream.next()
                begun.set()
                with pytest.raises(EOFError):
                    stream.next()
                ended.set()

        reader = threading.Thread(target=follow)
        reader.start()
        assert begun.wait(ENOUGH)
    assert ended.wait(ENOUGH)
    reader.join()
