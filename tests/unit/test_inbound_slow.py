"""A mail that does not come gives its place to others."""

import asyncio

import pytest
from starlette.requests import Request
from starlette.types import Message

from api.calls import Call
from api.routers.inbound import received
from domain.errors import Unavailable


def called(*messages: Message) -> Call:
    """Return the call of somebody who sends this and then nothing more."""
    waiting = list(messages)

    async def receive() -> Message:
        return waiting.pop(0) if waiting else await asyncio.Future()

    call = Call.__new__(Call)
    call.request = Request({"type": "http", "headers": []}, receive)
    return call


def test_a_mail_that_stops_half_way_is_not_waited_for() -> None:
    half: Message = {"type": "http.request", "body": b"From: a", "more_body": True}
    with pytest.raises(Unavailable, match="send it again"):
        asyncio.run(received(called(half), 1_000, within=0.05))


def test_a_mail_that_comes_in_time_is_taken() -> None:
    whole: Message = {"type": "http.request", "body": b"From: a", "more_body": False}
    assert asyncio.run(received(called(whole), 1_000, within=60)) == b"From: a"
