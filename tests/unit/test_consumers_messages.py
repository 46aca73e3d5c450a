"""What is said of a message before anybody handles it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.consuming import message_of
from support.envelopes import FIXTURES, LEDGER

from consumers.messages import Event, Foreign, Message, judge

_STORED = json.loads((FIXTURES / "TicketOpened.1.json").read_text("utf-8"))
ENVELOPE = _STORED["cases"][0]["envelope"].encode()
RECORD = message_of(ENVELOPE, "topic")
HEADERS = tuple((name, value) for name, value in RECORD.headers)


def came(
    value: bytes = ENVELOPE, headers: tuple[tuple[str, bytes], ...] | None = HEADERS
) -> Message:
    return Message(value, "topic/0/1", RECORD.key, headers)


def test_an_event_has_its_place_and_the_lane_of_its_stream() -> None:
    for headers in (HEADERS, None):
        judged = judge(came(headers=headers), LEDGER)
        assert isinstance(judged, Event)
        assert judged.fault is None
        assert judged.where == (judged.arrived.parsed.ledger.epoch, judged.arrived.parsed.position)
        assert judged.lane == str(judged.arrived.parsed.stream.id)


@pytest.mark.parametrize("name", [name for name, _ in HEADERS])
def test_a_header_that_is_missing_or_wrong_makes_a_message_foreign(name: str) -> None:
    without = tuple(one for one in HEADERS if one[0] != name)
    for headers, said in ((without, "is missing"), ((*without, (name, b"?")), "contradicts")):
        judged = judge(came(headers=headers), LEDGER)
        assert isinstance(judged, Foreign)
        assert judged.fault.startswith(f"header {name} {said}")
        assert judged.lane == "topic/0/1"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("epoch", 2**31, "an epoch that no ledger reaches"),
        ("recorded_at", "whenever", "no envelope"),
        ("recorded_at", "2099-01-01T00:00:00", "no envelope"),
        ("recorded_at", "0001-01-01T00:00:00+01:00", "no envelope"),
    ],
)
def test_what_no_table_could_hold_is_foreign(name: str, value: object, said: str) -> None:
    members = json.loads(ENVELOPE)
    (members["ledger"] if name == "epoch" else members)[name] = value
    judged = judge(came(json.dumps(members).encode(), None), LEDGER)
    assert isinstance(judged, Foreign)
    assert judged.fault.startswith(said)


@given(st.binary(max_size=200) | st.just(b"[" * 100_000) | st.just(b'{"a":' * 20_000))
def test_anything_at_all_can_come(value: bytes) -> None:
    for headers in (HEADERS, None):
        assert isinstance(judge(came(value, headers), LEDGER), Foreign)


@given(st.integers(0, len(ENVELOPE) - 1), st.binary(max_size=3))
def test_an_envelope_that_was_damaged_is_never_taken_for_another_event(
    at: int, damage: bytes
) -> None:
    judged = judge(came(ENVELOPE[:at] + damage + ENVELOPE[at + len(damage) + 1 :]), LEDGER)
    intact = judge(came(), LEDGER)
    assert isinstance(intact, Event)
    if isinstance(judged, Event):
        assert (judged.where, judged.lane) == (intact.where, intact.lane)
