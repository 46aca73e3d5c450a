"""Local times of a log as moments in UTC."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from domain.errors import Malformed

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""No log that is imported is older; an earlier time is a wrong one."""


def moment(
    text: str, form: str | None, zone: ZoneInfo, *, after: datetime | None, now: datetime
) -> datetime:
    """Return the moment in UTC that `text` names in `zone`.

    `form` is a strptime format, None for ISO 8601; an offset in the text beats the zone. An hour
    that the zone's clocks went through twice is the first one, unless that lies before `after`.
    Raises Malformed for what is no time, never was in the zone, or is not between 1970 and `now`.
    """
    local = _parsed(text, form)
    # At the ends of the calendar a conversion would overflow.
    if EARLIEST.year - 1 <= local.year <= now.year + 1:
        found = local.astimezone(UTC) if local.tzinfo else _in_zone(local, zone, after)
        if EARLIEST <= found <= now:
            return found
    raise Malformed("a time before 1970 or in the future")


@lru_cache(maxsize=4096)  # rows of a case repeat its times
def _parsed(text: str, form: str | None) -> datetime:
    try:
        return datetime.fromisoformat(text) if form is None else _strictly(text, form)
    except (ValueError, OverflowError) as error:
        wanted = form or "ISO 8601"
        raise Malformed(f"not a time in the form {wanted}") from error


def _strictly(text: str, form: str) -> datetime:
    return datetime.strptime(text, form)  # noqa: DTZ007 -- the zone comes next, from its caller


def _in_zone(local: datetime, zone: ZoneInfo, after: datetime | None) -> datetime:
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(zone).replace(tzinfo=None, fold=0) != local:
        raise Malformed(f"a time that the clocks of {zone.key} jumped over")
    if after is not None and first < after <= second:
        return second
    return first
