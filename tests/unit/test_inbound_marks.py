"""Ids of mails and senders: the same for a day, and nobody's afterwards."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.envelopes import KEK

from infra.keys import Keys
from infra.keys.sqlite import SqliteKeyStore
from infra.mail.incoming.marks import Marks

NOON = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[Keys]:
    with closing(Keys(SqliteKeyStore(tmp_path / "keys.sqlite"), KEK)) as opened:
        yield opened


def test_the_same_mail_has_the_same_id_all_day_and_is_known_the_next(keys: Keys) -> None:
    first = Marks(keys).of(NOON, "mail", b"essence")
    assert Marks(keys).of(NOON + timedelta(hours=11), "mail", b"essence") == first
    assert Marks(keys).of(NOON + DAY, "mail", b"essence").before == first.now
    assert first.now.version == 7


def test_others_have_other_ids(keys: Keys) -> None:
    marks = Marks(keys)
    made = [marks.of(NOON, kind, what) for kind in ("mail", "sender") for what in (b"a", b"b")]
    assert len({one for known in made for one in known}) == 8


def test_after_two_days_nothing_can_make_an_id_again(keys: Keys) -> None:
    marks = Marks(keys)
    first = marks.of(NOON, "sender", "ada@example.net")
    marks.of(NOON + 2 * DAY, "sender", "ada@example.net")
    assert keys.secret_names("mail/") == ["mail/2026-03-05", "mail/2026-03-06"]
    again = Marks(keys).of(NOON, "sender", "ada@example.net")
    assert again.now != first.now


def test_other_secrets_stay(keys: Keys) -> None:
    logins = keys.secret("logins")
    Marks(keys).of(NOON, "mail", b"x")
    Marks(keys).of(NOON + 9 * DAY, "mail", b"x")
    assert keys.secret("logins") == logins
