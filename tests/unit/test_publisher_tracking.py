"""Where the publisher goes on: from Kafka's tracking record, PostgreSQL's row and the store."""

from uuid import UUID

import pytest

from domain.errors import Forked, Integrity
from projections.publishing.tracking import (
    Begin,
    GoOn,
    Known,
    Track,
    behind,
    go_on,
    read,
    written,
)

LEDGER = UUID("01890000-0000-7000-8000-000000000001")
OTHER = UUID("01890000-0000-7000-8000-000000000002")
TOPICS = {1: "id of one", 2: "id of two"}


def track(position: int = 10, epoch: int = 1, generation: int = 1) -> Track:
    return Track(LEDGER, generation, TOPICS[generation], epoch, position, b"h" * 32)


def known(position: int = 10, epoch: int = 1, generation: int = 1) -> Known:
    return Known(generation, TOPICS[generation], "cluster", epoch, position)


def decided(row: Known | None, record: Track | None) -> GoOn | Begin:
    return go_on(row, record, "cluster", TOPICS.get)


def test_the_first_topic_begins_when_nothing_is_known() -> None:
    assert decided(None, None) == Begin(1, "nothing was published before")


@pytest.mark.parametrize("row", [known(10), known(9), known(0)], ids=["same", "behind", "none"])
def test_a_record_at_or_ahead_of_the_row_is_gone_on_from(row: Known) -> None:
    assert decided(row, track(10)) == GoOn(1, "id of one", track(10))


def test_a_topic_with_nothing_in_it_is_gone_on_with() -> None:
    assert decided(known(0), None) == GoOn(1, "id of one", None)
    assert decided(known(0, generation=2), track(10)) == GoOn(2, "id of two", None)


@pytest.mark.parametrize(
    ("row", "record"),
    [(known(10), track(9)), (known(10), None), (known(1, epoch=2), track(10))],
    ids=["behind", "gone", "of-an-earlier-epoch"],
)
def test_a_record_behind_what_was_acknowledged_begins_the_next_topic(
    row: Known, record: Track | None
) -> None:
    assert decided(row, record) == Begin(2, "Kafka lost what it had acknowledged")


def test_a_later_epoch_is_ahead_whatever_its_position() -> None:
    assert decided(known(10), track(4, epoch=2)) == GoOn(1, "id of one", track(4, epoch=2))


def test_a_row_that_was_restored_believes_the_record() -> None:
    assert decided(known(5), track(3, generation=2)) == GoOn(2, "id of two", track(3, generation=2))
    assert decided(None, track(3)) == GoOn(1, "id of one", track(3))


def test_another_cluster_another_topic_or_none_begins_the_next_one() -> None:
    row, record = known(), track()
    assert go_on(row, record, "elsewhere", TOPICS.get) == Begin(
        2, "this is another cluster than before"
    )
    assert go_on(row, record, "cluster", lambda _: None) == Begin(2, "the topic is gone")
    again = Begin(2, "the topic was deleted and made again")
    assert go_on(row, record, "cluster", lambda _: "another id") == again
    assert go_on(None, record, "cluster", lambda _: "another id") == again


def test_publishing_goes_on_behind_an_event_that_is_still_there() -> None:
    assert behind(None, there=True, later=None) == 0
    assert behind(track(10), there=True, later=None) == 10


def test_a_later_epoch_is_published_from_its_first_event() -> None:
    assert behind(track(10), there=False, later=7) == 6
    assert behind(track(10), there=False, later=10) == 9


@pytest.mark.parametrize("later", [None, 11, 12], ids=["no-epoch", "next", "far"])
def test_a_lost_event_that_no_later_epoch_explains_stops_it(later: int | None) -> None:
    with pytest.raises(Forked, match="ledger continue"):
        behind(track(10), there=False, later=later)


def test_a_record_is_read_as_it_was_written() -> None:
    assert read(written(track(10)), LEDGER) == track(10)


def test_a_record_of_another_ledger_or_of_nobody_is_refused() -> None:
    with pytest.raises(Forked, match="LEDGER_KAFKA_TOPIC"):
        read(written(track()), OTHER)
    for value in (None, b"", b"{}", b"\xff"):
        with pytest.raises(Integrity):
            read(value, LEDGER)
