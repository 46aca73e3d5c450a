"""Callers that wait: the queue's order and bounds, and answers to those who are still there."""

import asyncio
import concurrent.futures
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from domain.errors import OutcomeUnknown, Stale, Unavailable
from infra.waiting import Pending, Waiting, answer


def pending(events: int = 1, submitted: float = 0.0, **more: Any) -> Pending:
    prepared = SimpleNamespace(drafts=(None,) * events)
    future = more.get("future") or concurrent.futures.Future()
    return Pending(prepared, None, submitted, future, more.get("loop"))


def test_requests_are_taken_in_order_up_to_so_many_events() -> None:
    queue = Waiting()
    waiting = [pending(3), pending(3), pending(3)]
    for each in waiting:
        queue.put(each)
    assert queue.take(6) == waiting[:2]
    assert queue.take(6) == waiting[2:]


def test_a_request_larger_than_a_batch_is_taken_alone() -> None:
    queue = Waiting()
    waiting = [pending(10), pending(1)]
    for each in waiting:
        queue.put(each)
    assert queue.take(4) == waiting[:1]


def test_requests_without_events_count_as_one_each() -> None:
    queue = Waiting()
    for _ in range(5):
        queue.put(pending(0))
    assert len(queue.take(2)) == 2


def test_a_full_queue_refuses_and_a_taken_place_is_free_again() -> None:
    queue = Waiting(limit=1)
    queue.put(pending())
    with pytest.raises(Unavailable):
        queue.put(pending())
    queue.take(1)
    queue.put(pending())


def test_a_closed_queue_refuses_but_gives_out_what_waits() -> None:
    queue = Waiting()
    queue.put(pending())
    queue.close()
    with pytest.raises(Unavailable, match="closing"):
        queue.put(pending())
    assert len(queue.take(9)) == 1
    assert queue.take(9) == []


def test_taking_waits_until_something_is_there() -> None:
    queue = Waiting()
    taken: list[list[Pending]] = []
    taker = threading.Thread(target=lambda: taken.append(queue.take(1)))
    taker.start()
    one = pending()
    queue.put(one)
    taker.join(10)
    assert taken == [[one]]


def test_what_waits_too_long_can_be_taken_out() -> None:
    queue = Waiting()
    old, new = pending(submitted=1.0), pending(submitted=9.0)
    queue.put(old)
    queue.put(new)
    assert queue.take_older(5.0) == [old]
    assert queue.take(9) == [new]


def test_threads_and_event_loops_get_their_answers() -> None:
    async def wait() -> list[Any]:
        loop = asyncio.get_running_loop()
        async_ones = [pending(future=loop.create_future(), loop=loop) for _ in range(2)]
        thread_one = pending()
        outcomes = [(async_ones[0], "a"), (async_ones[1], Stale(1, 2)), (thread_one, "b")]
        await asyncio.to_thread(answer, outcomes)
        waited = await asyncio.gather(*(one.future for one in async_ones), return_exceptions=True)
        return [*waited, thread_one.future.result()]

    assert asyncio.run(wait()) == ["a", Stale(1, 2), "b"]


def test_whoever_gave_up_or_was_answered_is_not_answered_again() -> None:
    done, cancelled = pending(), pending()
    answer([(done, OutcomeUnknown("late"))])
    cancelled.future.cancel()
    answer([(done, "too late"), (cancelled, "too late")])
    with pytest.raises(OutcomeUnknown):
        done.future.result()


def test_a_closed_event_loop_does_not_keep_others_from_their_answers() -> None:
    loop = asyncio.new_event_loop()
    gone = pending(future=loop.create_future(), loop=loop)
    loop.close()
    there = pending()
    answer([(gone, "nobody"), (there, "somebody")])
    assert there.future.result() == "somebody"
