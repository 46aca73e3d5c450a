"""A new key-encryption key: from which, in what order, and who is refused."""

import base64
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest
from support.carving import files_in, keks_in
from support.envelopes import AT, fixed_id

from domain.errors import Integrity, Refused, Unavailable
from domain.values import Purpose
from infra.keys import Kek, KekFile, Keks, Keys, KeyScope, create_kek_file, keks_of_text
from infra.keys.rotation import Rotated, rotate_kek
from infra.keys.sqlite import SqliteKeyStore
from infra.keys.store import WrappedKey

SCOPES = [KeyScope(fixed_id(str(n)), "CN-1", Purpose.CLAIM) for n in range(5)]
OLD, NEW, OTHER = (Kek(bytes([n]) * 32) for n in (1, 2, 3))


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> SqliteKeyStore:
    return SqliteKeyStore(tmp_path / "keys.sqlite")


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> KekFile:
    create_kek_file(tmp_path / "kek")
    return KekFile(tmp_path / "kek")


def secrets_of(store: SqliteKeyStore, keks: Kek | Keks) -> list[bytes]:
    """Return the scopes' secrets as a process reads them that remembers none."""
    found = Keys(store, keks).sealing_keys(SCOPES)
    return [found[scope].secret for scope in SCOPES]


def test_every_key_stays_what_it_is(store: SqliteKeyStore, file: KekFile) -> None:
    before, old = secrets_of(store, file), file.all()[0].id
    done = rotate_kek(file, store, AT)
    assert done == Rotated(done.kek, len(SCOPES), (), (old,), AT)
    assert done.kek != old
    assert store.keks() == {done.kek: len(SCOPES)}
    assert secrets_of(store, file) == before
    assert secrets_of(store, file.all()[0]) == before


def test_the_old_one_is_destroyed_when_asked_and_so_are_those_before(
    store: SqliteKeyStore, file: KekFile, tmp_path: Path
) -> None:
    before = secrets_of(store, file)
    first = file.all()[0].id
    second = rotate_kek(file, store, AT).kek
    third = rotate_kek(file, store, AT, destroy_old=True)
    assert set(third.destroyed) == {first, second}
    assert third.kept == ()
    assert [kek.id for kek in keks_in(files_in(tmp_path))] == [third.kek]
    assert (tmp_path / "kek").stat().st_mode & 0o777 == 0o600
    assert secrets_of(store, file) == before


def test_what_killed_processes_left_beside_the_file_goes_too(
    store: SqliteKeyStore, file: KekFile, tmp_path: Path
) -> None:
    text = (tmp_path / "kek").read_bytes()
    (tmp_path / ".kek.4711").write_bytes(text)
    (tmp_path / ".kek.0123456789abcdef").hardlink_to(tmp_path / "kek")
    done = rotate_kek(file, store, AT, destroy_old=True)
    assert [kek.id for kek in keks_in(files_in(tmp_path))] == [done.kek]


def test_the_file_that_held_the_old_one_is_overwritten(
    store: SqliteKeyStore, file: KekFile, tmp_path: Path
) -> None:
    with (tmp_path / "kek").open("rb") as opened:
        text = opened.read()
        rotate_kek(file, store, AT)
        with (tmp_path / "kek").open("rb") as second:
            rotate_kek(file, store, AT, destroy_old=True)
            assert text.strip() not in second.read()


def test_one_that_was_cut_off_goes_on_to_the_same_key(store: SqliteKeyStore, file: KekFile) -> None:
    before = secrets_of(store, file)
    begun = file.add()
    assert rotate_kek(file, store, AT).kek == begun.id
    begun = file.add()
    store.wrap_by(begun.id, AT)
    assert rotate_kek(file, store, AT, destroy_old=True).kek == begun.id
    assert secrets_of(store, file) == before


def test_two_at_once_are_refused(store: SqliteKeyStore, file: KekFile, tmp_path: Path) -> None:
    with (
        KekFile(tmp_path / "kek").alone(),
        pytest.raises(Unavailable, match="another rotation is at work"),
    ):
        rotate_kek(file, store, AT)
    rotate_kek(file, store, AT)


def test_progress_is_told(store: SqliteKeyStore, file: KekFile) -> None:
    secrets_of(store, file)
    told: list[int] = []
    rotate_kek(file, store, AT, progress=told.append)
    assert told == [len(SCOPES)]


def test_keys_that_were_given_move_to_the_first_one(store: SqliteKeyStore) -> None:
    before = secrets_of(store, OLD)
    assert secrets_of(store, Keks(NEW, OLD)) == before
    done = rotate_kek(Keks(NEW, OLD), store, AT)
    assert done == Rotated(NEW.id, len(SCOPES), (), (OLD.id,), AT)
    assert secrets_of(store, NEW) == before


@pytest.mark.parametrize("given", [(OLD,), (OLD, NEW)])
def test_a_given_key_that_is_in_use_is_not_replaced(
    store: SqliteKeyStore, given: tuple[Kek, ...]
) -> None:
    secrets_of(store, OLD)
    with pytest.raises(Refused, match="kek-given"):
        rotate_kek(Keks(*given), store, AT)
    assert store.keks() == {OLD.id: len(SCOPES)}


def test_given_keys_are_destroyed_by_whoever_gave_them(store: SqliteKeyStore) -> None:
    secrets_of(store, OLD)
    rotate_kek(Keks(NEW, OLD), store, AT)
    again = rotate_kek(Keks(NEW, OLD), store, AT, destroy_old=True)
    assert again == Rotated(NEW.id, 0, (), (OLD.id,), AT)
    with pytest.raises(Refused, match="kek-given"):
        rotate_kek(Keks(NEW), store, AT, destroy_old=True)


def test_nothing_begins_without_the_old_key(store: SqliteKeyStore) -> None:
    before = secrets_of(store, OLD)
    for given in (Keks(NEW), Keks(NEW, OTHER)):
        with pytest.raises(Unavailable, match=OLD.id):
            rotate_kek(given, store, AT)
    assert store.wrapping() == OLD.id
    assert secrets_of(store, OLD) == before


def test_an_altered_key_keeps_the_old_one_alive(
    store: SqliteKeyStore, file: KekFile, tmp_path: Path
) -> None:
    secrets_of(store, file)
    old = file.all()[0].id
    (key, *_) = store.find([SCOPES[0].name]).values()
    store.rewrap([WrappedKey(key.id, key.scope, key.kek, bytes(60))])
    with pytest.raises(Integrity, match=str(key.id)):
        rotate_kek(file, store, AT, destroy_old=True)
    assert old in {kek.id for kek in keks_in(files_in(tmp_path))}
    assert store.keks() == {old: 1, file.all()[0].id: len(SCOPES) - 1}


def test_a_process_without_the_new_key_makes_none_with_the_old_one(store: SqliteKeyStore) -> None:
    keys = Keys(store, OLD)
    keys.sealing_key(SCOPES[0])
    store.wrap_by(NEW.id, AT)
    with pytest.raises(Unavailable, match=NEW.id):
        keys.sealing_key(SCOPES[1])
    assert store.find([SCOPES[1].name]) == {}


def test_a_key_made_as_a_rotation_begins_is_wrapped_by_the_new_one(tmp_path: Path) -> None:
    class Overtaken(SqliteKeyStore):
        """The rotation begins between looking and inserting."""

        def wrapping(self) -> str | None:
            found = super().wrapping()
            self.wrap_by(NEW.id, AT)
            return found

    with closing(SqliteKeyStore(tmp_path / "keys.sqlite")) as store:
        Keys(store, OLD).sealing_key(SCOPES[0])
    overtaken = Overtaken(tmp_path / "keys.sqlite")
    made = Keys(overtaken, Keks(NEW, OLD)).sealing_key(SCOPES[1])
    assert overtaken.by_ids([made.id])[made.id].kek == NEW.id


def test_a_key_read_as_a_rotation_ends_is_read_once_more(tmp_path: Path, file: KekFile) -> None:
    class Slow(SqliteKeyStore):
        """The rotation ends between reading the key and opening it."""

        rotated = False

        def by_ids(self, ids: Collection[UUID]) -> Mapping[UUID, WrappedKey]:
            found = super().by_ids(ids)
            if not self.rotated:
                self.rotated = True
                rotate_kek(KekFile(tmp_path / "kek"), self, AT, destroy_old=True)
            return found

    store = Slow(tmp_path / "keys.sqlite")
    made = Keys(store, file).sealing_key(SCOPES[0])
    again = Keys(store, file).by_id(made.id)
    assert again is not None
    assert again.secret == made.secret
    assert store.rotated


def test_a_running_process_keeps_its_keys_when_the_file_is_gone(
    store: SqliteKeyStore, file: KekFile, tmp_path: Path
) -> None:
    before = secrets_of(store, file)
    (tmp_path / "kek").unlink()
    assert secrets_of(store, file) == before


def test_several_keys_stand_in_one_text_the_newest_first() -> None:
    texts = [base64.b64encode(bytes([n]) * 32).decode() for n in (2, 1)]
    for between in (" ", "\n", "\n\n  "):
        assert [kek.id for kek in keks_of_text(between.join(texts))] == [NEW.id, OLD.id]
    with pytest.raises(Unavailable, match="base64"):
        keks_of_text(",".join(texts))
