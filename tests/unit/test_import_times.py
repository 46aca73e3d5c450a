"""Local times as moments: zones, clock changes, and times that never were."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.errors import Malformed
from domain.importing.times import moment

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LISBON = ZoneInfo("Europe/Lisbon")
FORM = "%d-%m-%Y %H:%M"


def at(text: str, zone: ZoneInfo = LISBON, after: datetime | None = None) -> datetime:
    return moment(text, FORM, zone, after=after, now=NOW)


def test_a_local_time_is_told_in_utc() -> None:
    assert at("29-02-2016 01:16", ZoneInfo("UTC")) == datetime(2016, 2, 29, 1, 16, tzinfo=UTC)
    assert at("01-07-2016 12:00") == datetime(2016, 7, 1, 11, 0, tzinfo=UTC)
    assert at("01-12-2016 12:00") == datetime(2016, 12, 1, 12, 0, tzinfo=UTC)


def test_a_time_that_the_clocks_jumped_over_never_was() -> None:
    with pytest.raises(Malformed, match="jumped over"):
        at("27-03-2016 01:30")


def test_an_hour_that_came_twice_is_the_first_one() -> None:
    assert at("30-10-2016 01:30") == datetime(2016, 10, 30, 0, 30, tzinfo=UTC)


def test_an_hour_that_came_twice_is_the_second_one_where_time_would_run_backwards() -> None:
    before = at("30-10-2016 01:50")
    assert at("30-10-2016 01:10", after=before) == before + timedelta(minutes=20)


def test_an_offset_in_the_text_beats_the_zone() -> None:
    found = moment("2016-07-01T12:00:00+05:30", None, LISBON, after=None, now=NOW)
    assert found == datetime(2016, 7, 1, 6, 30, tzinfo=UTC)


def test_without_a_form_times_are_iso_8601() -> None:
    found = moment("2016-07-01 12:00:00.25", None, LISBON, after=None, now=NOW)
    assert found == datetime(2016, 7, 1, 11, 0, 0, 250_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["31-02-2016 10:00", "2016-02-01 10:00", "01-02-2016", "", "01-02-2016 25:00"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="not a time"):
        at(text)


@pytest.mark.parametrize("text", ["31-12-1969 10:00", "02-01-2026 00:00", "01-01-9999 00:00"])
def test_a_time_far_away_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="1970 or in the future"):
        at(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00", "9999-12-31T23:59:59-23:59"])
def test_a_time_at_the_end_of_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        moment(text, None, ZoneInfo("Asia/Tokyo"), after=None, now=NOW)
