"""Keys in use: durable before first use, the same for everybody, forgotten after a minute."""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread, current_thread
from uuid import UUID

import pytest
from support.envelopes import AT, KEK, DerivedStore, fixed_id

from domain.errors import Integrity, Unavailable
from domain.values import Purpose
from infra.ids import new_id
from infra.keys import Kek, Keys, KeyScope, SealingKey
from infra.keys.sqlite import SqliteKeyStore
from infra.keys.store import WrappedKey

SCOPES = [KeyScope(fixed_id(str(n)), "CN-1", Purpose.CLAIM) for n in range(10)]


class CountingStore(SqliteKeyStore):
    """A SQLite store that counts what it is asked."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.reads = 0
        self.commits = 0
        self.readers: Counter[str] = Counter()

    def find(self, scopes: Collection[str]) -> Mapping[str, WrappedKey]:
        self.reads += 1
        if any(scope.startswith("secret/") for scope in scopes):
            self.readers[current_thread().name] += 1
        return super().find(scopes)

    def by_ids(self, ids: Collection[UUID]) -> Mapping[UUID, WrappedKey]:
        self.reads += 1
        return super().by_ids(ids)

    def insert(self, keys: Sequence[WrappedKey]) -> Mapping[str, WrappedKey]:
        self.commits += 1
        return super().insert(keys)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> CountingStore:
    return CountingStore(tmp_path / "keys.sqlite")


def settle(keys: Keys) -> None:
    """Wait until the ring's thread has done what it was given before."""
    with suppress(Unavailable):
        asyncio.run(keys.by_ids_soon([new_id()]))


def ids(keys: Mapping[KeyScope, SealingKey]) -> dict[KeyScope, UUID]:
    return {scope: key.id for scope, key in keys.items()}


def test_each_scope_has_a_key_of_its_own_for_ever(store: CountingStore) -> None:
    keys = Keys(store, KEK)
    first = keys.sealing_keys(SCOPES)
    assert len({key.secret for key in first.values()}) == len(SCOPES)
    assert ids(Keys(store, KEK).sealing_keys(SCOPES)) == ids(first)


def test_scopes_differ_by_every_part() -> None:
    base = KeyScope(fixed_id("a"), "CN-1", Purpose.CLAIM)
    others = [
        base._replace(subject=fixed_id("b")),
        base._replace(contract="CN-2"),
        base._replace(contract=None),
        base._replace(purpose=Purpose.CHECK),
        base._replace(year=2026),
        KeyScope(None, "CN-1", Purpose.ADDRESS, 2026),
        KeyScope(None, "CN-1", Purpose.ADDRESS, 2027),
        KeyScope(None, None, Purpose.ADDRESS, 2026),
        KeyScope(None, "2026", Purpose.ADDRESS, None),
    ]
    assert len({scope.name for scope in (base, *others)}) == len(others) + 1


def test_many_new_keys_cost_one_commit(store: CountingStore) -> None:
    Keys(store, KEK).sealing_keys(SCOPES)
    assert store.commits == 1


def test_a_key_is_in_the_store_before_it_is_used(store: CountingStore, tmp_path: Path) -> None:
    key = Keys(store, KEK).sealing_key(SCOPES[0])
    again = SqliteKeyStore(tmp_path / "keys.sqlite")
    assert KEK.unwrap(again.by_ids([key.id])[key.id]) == key.secret


def test_a_remembered_key_costs_no_read(store: CountingStore) -> None:
    keys = Keys(store, KEK)
    key = keys.sealing_key(SCOPES[0])
    store.reads = 0
    assert keys.sealing_key(SCOPES[0]) is key
    assert keys.by_id(key.id) is key
    assert keys.remembered(SCOPES[:1]) == {SCOPES[0]: key}
    assert store.reads == 0


def test_nothing_is_remembered_for_more_than_sixty_seconds(store: CountingStore) -> None:
    clock = Clock()
    keys = Keys(store, KEK, clock)
    for start in (0.0, 7.0, 29.9, 30.0, 59.0):
        clock.now += start
        made = keys.sealing_key(SCOPES[int(start) % 10])
        began = clock.now
        store.destroy([made.id], AT)
        for later in (10.0, 29.0, 31.0, 45.0, 59.9):
            clock.now = began + later
            keys.remembered(SCOPES)
        clock.now = began + 60.0
        assert keys.by_id(made.id) is None
        assert keys.remembered([SCOPES[int(start) % 10]]) is None


@pytest.mark.parametrize("offset", [0.0, 0.1, 12.0, 24.9])
def test_a_process_that_paused_for_a_minute_has_forgotten(
    store: CountingStore, offset: float
) -> None:
    clock = Clock()
    keys = Keys(store, KEK, clock)
    clock.now += offset
    key = keys.sealing_key(SCOPES[0])
    store.destroy([key.id], AT)
    clock.now += 60.0
    assert keys.by_id(key.id) is None


def test_an_idle_process_forgets_too(store: CountingStore) -> None:
    clock = Clock()
    keys = Keys(store, KEK, clock)
    key = keys.sealing_key(SCOPES[0])
    store.destroy([key.id], AT)
    clock.now += 3600
    assert keys.by_id(key.id) is None


def test_who_destroys_a_key_forgets_it_at_once(store: CountingStore) -> None:
    keys = Keys(store, KEK)
    key = keys.sealing_key(SCOPES[0])
    keys.destroy([key.id], AT)
    assert keys.by_id(key.id) is None
    assert keys.sealing_key(SCOPES[0]).id != key.id


def test_tasks_that_lack_keys_together_share_commits(store: CountingStore) -> None:
    keys = Keys(store, KEK)

    async def all_at_once() -> list[Mapping[KeyScope, SealingKey]]:
        return await asyncio.gather(*[keys.sealing_keys_soon([scope]) for scope in SCOPES * 20])

    answers = asyncio.run(all_at_once())
    assert {scope: key for answer in answers for scope, key in answer.items()} == (
        keys.sealing_keys(SCOPES)
    )
    assert store.commits < len(SCOPES)
    keys.close()


def test_every_waiting_task_learns_that_the_store_failed(tmp_path: Path) -> None:
    store = SqliteKeyStore(tmp_path / "keys.sqlite")
    keys = Keys(store, KEK)
    store.close()

    async def ask() -> list[object]:
        waiting = [keys.sealing_keys_soon([scope]) for scope in SCOPES]
        return await asyncio.gather(*waiting, return_exceptions=True)

    assert {type(answer) for answer in asyncio.run(ask())} == {Unavailable}
    keys.close()


def test_threads_get_the_same_keys(store: CountingStore) -> None:
    keys = Keys(store, KEK)
    answers: list[dict[KeyScope, UUID]] = []
    threads = [
        Thread(target=lambda: answers.append(ids(keys.sealing_keys(SCOPES)))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert all(answer == answers[0] for answer in answers)


def test_another_key_encryption_key_is_recognised(store: CountingStore) -> None:
    Keys(store, KEK).sealing_key(SCOPES[0])
    with pytest.raises(Unavailable, match="belongs to this key store"):
        Keys(store, Kek(bytes(32))).sealing_key(SCOPES[0])


def test_a_wrapped_key_cannot_pose_as_another() -> None:
    key = KEK.wrap(fixed_id("a"), "claim/a", bytes(32))
    for forged in (
        WrappedKey(fixed_id("b"), key.scope, key.kek, key.wrapped),
        WrappedKey(key.id, "claim/b", key.kek, key.wrapped),
        WrappedKey(key.id, key.scope, key.kek, key.wrapped[:-1] + b"x"),
        WrappedKey(key.id, key.scope, key.kek, b""),
    ):
        with pytest.raises(Integrity, match="altered in the key store"):
            KEK.unwrap(forged)


def test_named_secrets_are_made_once() -> None:
    keys = Keys(DerivedStore(), KEK)
    assert keys.secret("commands") == keys.secret("commands") != keys.secret("logins")
    assert len(keys.secret("commands")) == 32


def test_a_secret_in_use_is_read_again_before_it_is_forgotten(store: CountingStore) -> None:
    clock = Clock()
    keys = Keys(store, KEK, clock)
    secret = keys.secret("commands")
    asking = current_thread()
    for _ in range(10):
        clock.now += 26.0
        assert keys.secret("commands") == secret
        settle(keys)
    assert store.readers.pop(asking.name) == 2, "the first use looks, makes, and looks again"
    assert list(store.readers.values()) == [10]
    keys.close()


def test_a_destroyed_secret_is_not_renewed(store: CountingStore) -> None:
    clock = Clock()
    keys = Keys(store, KEK, clock)
    secret = keys.secret("commands")
    for key in store.find(["secret/commands"]).values():
        store.destroy([key.id], AT)
    clock.now += 26.0
    assert keys.secret("commands") == secret
    settle(keys)
    clock.now += 26.0
    assert keys.secret("commands") != secret
    keys.close()


def test_a_failed_renewal_is_told_to_who_needs_the_secret(store: CountingStore) -> None:
    clock = Clock()
    keys = Keys(store, KEK, clock)
    secret = keys.secret("commands")
    store.close()
    clock.now += 26.0
    assert keys.secret("commands") == secret
    settle(keys)
    clock.now += 26.0
    with pytest.raises(Unavailable):
        keys.secret("commands")
