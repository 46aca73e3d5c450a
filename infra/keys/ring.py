"""The keys in use: made on demand, durable before first use, remembered for at most 60 s."""

import asyncio
import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from domain.errors import Unavailable
from infra.ids import new_id
from infra.keys.kek import Kek, Keks, not_at_hand
from infra.keys.scope import SECRET_BYTES, KeyScope, SealingKey
from infra.keys.store import KeyStore, WrappedKey

PERIOD_SECONDS: Final = 25.0
MEMORY_KEYS: Final = 200_000
_SECRET: Final = "secret/"  # noqa: S105 - a scope's prefix
_ATTEMPTS: Final = 3
Name = TypeVar("Name", str, UUID)


class Memory:
    """Keys by scope or id in two generations, one for each PERIOD_SECONDS of the clock.

    A key is dropped at the end of the period after the one in which it was read, so none is used
    for more than 60 s, even if reading it took ten. Reads take no lock: a generation is only
    ever added to, or replaced as a whole.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._young: dict[object, SealingKey] = {}
        self._old: dict[object, SealingKey] = {}
        self._period = clock() // PERIOD_SECONDS

    def get(self, name: object) -> SealingKey | None:
        """Return what is remembered under a name."""
        if self._clock() // PERIOD_SECONDS != self._period:
            self._turn()
        return self._young.get(name) or self._old.get(name)

    def is_ageing(self, name: object) -> bool:
        """Say whether a name is remembered in the older generation alone."""
        return name not in self._young and name in self._old

    def put(self, name: object, key: SealingKey) -> None:
        """Remember a key that was just read from the store."""
        if self._clock() // PERIOD_SECONDS != self._period or len(self._young) >= MEMORY_KEYS:
            self._turn()
        self._young[name] = key

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._young, self._old = {}, {}

    def _turn(self) -> None:
        with self._lock:
            period = self._clock() // PERIOD_SECONDS
            if period > self._period + 1:
                self._young = {}
            if period != self._period or len(self._young) >= MEMORY_KEYS:
                self._old, self._young = self._young, {}
                self._period = period


class Keys:
    """Sealing keys and named secrets; used by any thread, and by any number of processes."""

    def __init__(
        self, store: KeyStore, kek: Kek | Keks, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._keks = kek if isinstance(kek, Keks) else Keks(kek)
        self._memory = Memory(clock)
        self._wanted: list[tuple[Collection[KeyScope], Future[dict[KeyScope, SealingKey]]]] = []
        self._renewing: set[str] = set()
        self._lock = threading.Lock()
        self._maker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="keys")

    def sealing_key(self, scope: KeyScope) -> SealingKey:
        """Return the scope's key; may wait for the key store (an fsync when it is new)."""
        return self.sealing_keys((scope,))[scope]

    def sealing_keys(self, scopes: Collection[KeyScope]) -> dict[KeyScope, SealingKey]:
        """Return the scopes' keys, new ones with one fsync together; may wait for the store."""
        found: dict[KeyScope, SealingKey] = {}
        missing: dict[str, KeyScope] = {}
        for scope in scopes:
            key = self._memory.get(scope)
            if key is None:
                missing[scope.name] = scope
            else:
                found[scope] = key
        for name, key in self._opened(lambda: self._make(missing)).items():
            found[missing[name]] = self._remember(missing[name], key)
        return found

    def remembered(self, scopes: Iterable[KeyScope]) -> dict[KeyScope, SealingKey] | None:
        """Return the scopes' keys if all are in memory, without any waiting, else None."""
        get = self._memory.get
        found: dict[KeyScope, SealingKey] = {}
        for scope in scopes:
            key = get(scope)
            if key is None:
                return None
            found[scope] = key
        return found

    async def sealing_keys_soon(
        self, scopes: Collection[KeyScope]
    ) -> Mapping[KeyScope, SealingKey]:
        """Return the scopes' keys without holding up the event loop.

        What several tasks lack at the same time is made with one fsync by one thread.
        """
        found = self.remembered(scopes)
        if found is not None:
            return found
        future: Future[dict[KeyScope, SealingKey]] = Future()
        with self._lock:
            self._wanted.append((scopes, future))
        self._maker.submit(self._make_wanted)
        return await asyncio.wrap_future(future)

    def by_id(self, key_id: UUID) -> SealingKey | None:
        """Return a key by its id, None when it is gone (destroyed) or never was."""
        return self.by_ids((key_id,)).get(key_id)

    def by_ids(self, ids: Collection[UUID]) -> dict[UUID, SealingKey]:
        """Return those of these keys that still exist; may wait for the key store."""
        found = {key_id: key for key_id in ids if (key := self._memory.get(key_id))}
        missing = [key_id for key_id in ids if key_id not in found]
        if missing:
            for key_id, key in self._opened(lambda: self._store.by_ids(missing)).items():
                found[key_id] = self._remember(key_id, key)
        return found

    def living(self, ids: Collection[UUID]) -> set[UUID]:
        """Return which of these keys the key store still has, without opening them."""
        return set(self._store.by_ids(ids))

    async def by_ids_soon(self, ids: Collection[UUID]) -> dict[UUID, SealingKey]:
        """Return those of these keys that still exist, without holding up the event loop."""
        if all(self._memory.get(key_id) for key_id in ids):
            return self.by_ids(ids)
        return await asyncio.get_running_loop().run_in_executor(self._maker, self.by_ids, ids)

    def secret(self, name: str) -> bytes:
        """Return the named HMAC secret (32 bytes), made and durable at its first use.

        One that is in use is read again before it is forgotten, in another thread: only the first
        use of a name, and one after a pause, wait for the key store.
        """
        scope = _SECRET + name
        key = self._memory.get(scope)
        if key is None:
            key = self._remember(scope, self._opened(lambda: self._make((scope,)))[scope])
        elif self._memory.is_ageing(scope) and scope not in self._renewing:
            self._renewing.add(scope)
            self._maker.submit(self._renew, scope)
        return key.secret

    def known_secrets(self, names: Collection[str]) -> dict[str, bytes]:
        """Return those of these named secrets that exist, without making any."""
        scopes = {_SECRET + name: name for name in names}
        found = {name: key.secret for s, name in scopes.items() if (key := self._memory.get(s))}
        missing = [scope for scope, name in scopes.items() if name not in found]
        if missing:
            for scope, key in self._opened(lambda: self._store.find(missing)).items():
                found[scopes[scope]] = self._remember(scope, key).secret
        return found

    def secret_names(self, prefix: str) -> list[str]:
        """Return the names of existing secrets that begin with `prefix`, sorted."""
        return [scope.removeprefix(_SECRET) for scope in self._store.scopes(_SECRET + prefix)]

    def destroy_secrets(self, names: Collection[str], at: datetime) -> None:
        """Make named secrets unrecoverable; other processes forget them within 60 s."""
        found = self._store.find([_SECRET + name for name in names])
        self._store.destroy([key.id for key in found.values()], at)
        self._memory.clear()

    def destroy(self, ids: Collection[UUID], at: datetime) -> None:
        """Make sealing keys unrecoverable; other processes forget them within 60 s."""
        self._store.destroy(ids, at)
        self._memory.clear()

    def ids_of(self, scope: KeyScope) -> set[UUID]:
        """Return the ids of the living keys of this data, of every year; may wait for the store."""
        names = self._store.scopes(scope._replace(year=None).name)
        return {key.id for key in self._store.find(names).values()}

    def forget(self) -> None:
        """Read every key again before it is next used: one of them was destroyed."""
        self._memory.clear()

    def close(self) -> None:
        """Wait for what is being made, forget every key, close the store."""
        self._maker.shutdown()
        self._memory.clear()
        self._store.close()

    def _make(self, scopes: Collection[str]) -> Mapping[str, WrappedKey]:
        if not scopes:
            return {}
        found = dict(self._store.find(scopes))
        for _ in range(_ATTEMPTS):
            # In order of name, so that two processes making the same keys wait for each other once.
            missing = sorted(scope for scope in scopes if scope not in found)
            if not missing:
                return found
            kek = self._wrapping()
            fresh = [
                kek.wrap(new_id(), scope, secrets.token_bytes(SECRET_BYTES)) for scope in missing
            ]
            found.update(self._store.insert(fresh))
        raise Unavailable("a key was destroyed while it was made: try again")

    def _wrapping(self) -> Kek:
        """Return the key-encryption key that the store takes; a rotation may just begin."""
        wanted = self._store.wrapping()
        if wanted is None:
            return self._keks.all()[0]
        kek = self._keks.by_id().get(wanted)
        if kek is None:
            raise not_at_hand(wanted)
        return kek

    def _opened(self, read: Callable[[], Mapping[Name, WrappedKey]]) -> dict[Name, SealingKey]:
        """Return what `read` finds; what was wrapped anew meanwhile is read once more."""
        found, keks = read(), self._keks.by_id()
        if any(key.kek not in keks for key in found.values()):
            found, keks = read(), self._keks.by_id()
        opened = {}
        for name, key in found.items():
            if key.kek not in keks:
                raise not_at_hand(key.kek)
            opened[name] = SealingKey(key.id, keks[key.kek].unwrap(key))
        return opened

    def _remember(self, name: object, key: SealingKey) -> SealingKey:
        self._memory.put(name, key)
        self._memory.put(key.id, key)
        return key

    def _renew(self, scope: str) -> None:
        # A failure here is told to whoever needs the secret when it is forgotten.
        try:
            with suppress(Unavailable):
                for key in self._opened(lambda: self._store.find((scope,))).values():
                    self._remember(scope, key)
        finally:
            self._renewing.discard(scope)

    def _make_wanted(self) -> None:
        with self._lock:
            wanted, self._wanted = self._wanted, []
        if not wanted:
            return
        try:
            found = self.sealing_keys({scope for scopes, _ in wanted for scope in scopes})
        except Exception as error:  # noqa: BLE001 - whatever it is, every waiting task must learn it
            for _, future in wanted:
                future.set_exception(error)
            return
        for scopes, future in wanted:
            future.set_result({scope: found[scope] for scope in scopes})
