"""Ids by which a mail or its sender is recognised for a day, and by nobody afterwards.

They stand in envelopes for ever, so what they are made from must not be found by trying: each is a
keyed hash, and a day's key is destroyed two days later.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from domain.mail.plans import Known
from infra.ids import derived_id
from infra.keys import Keys
from infra.lengths import lp
from infra.mac import mac

_BEFORE_ALL: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = timedelta(days=1)
_KEYS: Final = "mail/"


class Marks:
    """Makes ids of mails and senders; may wait for the key store."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._cleaned: date | None = None

    def of(self, at: datetime, kind: str, what: str | bytes) -> Known:
        """Return the ids by the keys of the day of `at` and of the day before (UTC)."""
        today = at.astimezone(UTC).date()
        if self._cleaned != today:
            self._destroy_before(today - _DAY, at)
            self._cleaned = today
        return Known(*(self._mark(day, kind, what) for day in (today, today - _DAY)))

    def _mark(self, day: date, kind: str, what: str | bytes) -> UUID:
        digest = mac(self._keys.secret(f"{_KEYS}{day}"), lp(kind, what))
        return derived_id(_BEFORE_ALL, digest.hex())

    def _destroy_before(self, day: date, at: datetime) -> None:
        names = [one for one in self._keys.secret_names(_KEYS) if one < f"{_KEYS}{day}"]
        if names:
            self._keys.destroy_secrets(names, at)
