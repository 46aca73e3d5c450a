"""The erasure list: durable, noted once, whole; what a restore brought back is erased again."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.envelopes import AT, KEK, fixed_id

from domain.errors import Integrity, Unavailable
from domain.values import Purpose
from infra.erasurelist import Applied, ErasureList, apply
from infra.keys import Keys, KeyScope
from infra.keys.sqlite import SqliteKeyStore

PERSON = fixed_id("person")


@pytest.fixture(name="listed")
def _listed(tmp_path: Path) -> ErasureList:
    return ErasureList(tmp_path)


def note(listed: ErasureList, position: int, **more: Any) -> None:
    form = {"contract": "CN-1", "subject": PERSON, "purposes": [Purpose.CLAIM], "events": []}
    listed.add(**form | {"key_ids": [fixed_id("key")], "position": position, "at": AT} | more)


def test_what_was_noted_is_read_in_order(listed: ErasureList) -> None:
    assert listed.entries() == []
    note(listed, 7)
    note(listed, 9, contract=None, subject=None, purposes=[], key_ids=[], events=[fixed_id("e")])
    first, second = ErasureList(listed.path.parent.parent).entries()
    assert (first.contract, first.subject, first.purposes) == ("CN-1", PERSON, (Purpose.CLAIM,))
    assert (first.key_ids, first.events, first.position, first.at) == (
        (fixed_id("key"),),
        (),
        7,
        AT,
    )
    assert (second.contract, second.subject, second.events) == (None, None, (fixed_id("e"),))


def test_the_list_is_private_to_its_owner(listed: ErasureList) -> None:
    note(listed, 7)
    assert listed.path.stat().st_mode & 0o777 == 0o600
    assert listed.path.parent.stat().st_mode & 0o777 == 0o700


def test_an_erasure_noted_twice_stands_there_once(listed: ErasureList) -> None:
    note(listed, 7)
    note(listed, 8)
    note(listed, 7, at=AT + timedelta(hours=1))
    assert [one.position for one in listed.entries()] == [7, 8]


def test_of_many_that_note_at_once_all_are_kept(listed: ErasureList) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: note(listed, n % 20), range(60)))
    assert sorted(one.position for one in listed.entries()) == list(range(20))


@pytest.mark.parametrize("kept", [0, 1, 40, -2, -1])
def test_a_last_line_that_is_not_whole_is_dropped(listed: ErasureList, kept: int) -> None:
    note(listed, 7)
    whole = listed.path.read_bytes()
    note(listed, 8)
    torn = listed.path.read_bytes()[len(whole) :][:kept]
    listed.path.write_bytes(whole + torn)
    assert [one.position for one in listed.entries()] == [7]
    note(listed, 9)
    assert [one.position for one in listed.entries()] == [7, 9]


def test_zeros_where_the_last_line_should_be_are_dropped(listed: ErasureList) -> None:
    note(listed, 7)
    listed.path.write_bytes(listed.path.read_bytes() + bytes(200))
    assert [one.position for one in listed.entries()] == [7]


@pytest.mark.parametrize("line", [0, 1])
@pytest.mark.parametrize("change", ["another position", "removed", "garbage"])
def test_an_altered_list_is_not_believed(listed: ErasureList, line: int, change: str) -> None:
    for position in (7, 8, 9):
        note(listed, position)
    lines = listed.path.read_bytes().splitlines(keepends=True)
    if change == "another position":
        form = json.loads(lines[line]) | {"position": 1}
        lines[line] = json.dumps(form).encode() + b"\n"
    elif change == "removed":
        del lines[line]
    else:
        lines[line] = b"[]\n"
    listed.path.write_bytes(b"".join(lines))
    with pytest.raises(Integrity, match="altered"):
        listed.entries()
    with pytest.raises(Integrity):
        note(listed, 10)


def test_keys_that_came_back_are_destroyed_again(listed: ErasureList, tmp_path: Path) -> None:
    keys = Keys(SqliteKeyStore(tmp_path / "keys.sqlite"), KEK)
    scopes = [KeyScope(fixed_id(str(n)), "CN-1", Purpose.CLAIM) for n in range(3)]
    made = [keys.sealing_key(scope).id for scope in scopes]
    note(listed, 7, key_ids=made[:2])
    note(listed, 8, key_ids=[fixed_id("never was")])
    assert apply(listed, keys) == Applied(keys=2)
    assert keys.living(made) == {made[2]}
    assert apply(listed, keys) == Applied()
    keys.close()


def test_messages_that_came_back_need_the_database(listed: ErasureList, tmp_path: Path) -> None:
    keys = Keys(SqliteKeyStore(tmp_path / "keys.sqlite"), KEK)
    note(listed, 7, key_ids=[], events=[fixed_id("event")])
    with pytest.raises(Unavailable, match="LEDGER_DATABASE_ERASER_URL"):
        apply(listed, keys)
    with pytest.raises(Unavailable, match="cannot be applied"):
        apply(listed, keys, "postgresql://ledger_eraser:swordfish@127.0.0.1:9/ledger")
    keys.close()


def test_a_list_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file where a directory should be")
    with pytest.raises(Unavailable, match="cannot be kept"):
        note(ErasureList(tmp_path), 7)
