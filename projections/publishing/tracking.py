"""How far the publisher is, and where it goes on: decided here, without Kafka or a database.

What was published last stands in Kafka itself, in the tracking record that is written in the
transaction of the events. PostgreSQL knows which topic that should be and what was acknowledged;
where Kafka knows less than that, it lost something.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import msgspec
from msgspec import Struct

from domain.errors import Forked, Integrity

NO_HASH = bytes(32)


class Track(Struct, frozen=True):
    """A tracking record: the event published last, and in which topic of which ledger."""

    ledger: UUID
    generation: int
    topic_id: str
    epoch: int
    position: int
    leaf_hash: bytes


def written(track: Track) -> bytes:
    """Return the record's value."""
    return msgspec.json.encode(track)


def read(value: bytes | None, ledger: UUID) -> Track:
    """Return what a record says; raise Integrity when it is none, Forked when of another ledger."""
    try:
        track = msgspec.json.decode(value or b"", type=Track)
    except msgspec.MsgspecError:
        raise Integrity("the last tracking record on Kafka is not one of a publisher") from None
    if track.ledger != ledger:
        raise Forked("another ledger is published to this topic: choose another LEDGER_KAFKA_TOPIC")
    return track


@dataclass(frozen=True, slots=True)
class Known:
    """What PostgreSQL knows: the newest topic and up to where it was acknowledged."""

    generation: int
    topic_id: str
    cluster: str
    epoch: int
    position: int


@dataclass(frozen=True, slots=True)
class GoOn:
    """Go on in the topic of this generation behind `track`, None when nothing is in it yet."""

    generation: int
    topic_id: str
    track: Track | None


@dataclass(frozen=True, slots=True)
class Begin:
    """Begin the topic of this generation with the first event, and say why."""

    generation: int
    reason: str


def go_on(
    known: Known | None,
    track: Track | None,
    cluster: str,
    topic_id: Callable[[int], str | None],
) -> GoOn | Begin:
    """Decide in which topic to go on; `topic_id` says which topic of a generation is there.

    A tracking record that is ahead is believed: its transaction was not acknowledged, or the
    database was restored. One that is behind what was acknowledged is a loss.
    """
    of_row = known.generation if known else 0
    of_track = track.generation if track else 0
    newest = max(of_row, of_track)
    if newest == 0:
        return Begin(1, "nothing was published before")
    row = known if of_row == newest else None
    last = track if of_track == newest else None
    found = topic_id(newest)
    acknowledged = (row.epoch, row.position) if row else (1, 0)
    published = (last.epoch, last.position) if last else (1, 0)
    losses = {
        "this is another cluster than before": known and known.cluster != cluster,
        "the topic is gone": found is None,
        "the topic was deleted and made again": any(
            one.topic_id != found for one in (row, last) if one
        ),
        "Kafka lost what it had acknowledged": acknowledged > published,
    }
    for reason, lost in losses.items():
        if lost:
            return Begin(newest + 1, reason)
    return GoOn(newest, found or "", last)


def behind(track: Track | None, *, there: bool, later: int | None) -> int:
    """Return the position behind which to go on publishing.

    `there` says whether the store still holds the event published last; `later` is the first
    position of a later epoch than that event's, None without one. What was published of a lost end
    stays on the topic, under its epoch; the next epoch follows it.
    Raises Forked when the store lost events, or holds others, and no later epoch explains it.
    """
    if track is None:
        return 0
    if there:
        return track.position
    if later is not None and later <= track.position:
        return later - 1
    raise Forked(
        f"position {track.position} is not the event that was published: `ledger continue` opens "
        "the next epoch when the store lost events"
    )
