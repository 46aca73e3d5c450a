"""A new key-encryption key for a key store in use: every key is wrapped anew, nobody waits.

The order is what makes it safe to be killed anywhere, and to be said again: the new key-encryption
key is on disk; the store takes no key wrapped by another; every key is wrapped anew; nothing of
the old form stays in the store's files; the old key-encryption key is destroyed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.errors import Integrity, Refused
from infra.keys.kek import Kek, Keks, not_at_hand
from infra.keys.store import RotatingStore

_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation came to; key-encryption keys are named by their ids.

    `since` is when `kek` came into use: what was erased before then was never wrapped by it, and
    is gone for good when no key-encryption key besides it is left.
    """

    kek: str
    rewrapped: int
    destroyed: tuple[str, ...]
    kept: tuple[str, ...]
    since: datetime


def rotate_kek(
    keks: Keks,
    store: RotatingStore,
    at: datetime,
    *,
    destroy_old: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Rotated:
    """Wrap every key by a new key-encryption key, or go on where an earlier attempt ended.

    Other processes read and make keys meanwhile. `progress` gets the number of keys done.
    Raises Refused (rule `kek-given`) when there is no new one, Unavailable when an old one is not
    at hand, Integrity when keys in the store were altered: then the old one is kept.
    """
    with keks.alone():
        newest = _newest(keks, store, destroy_old=destroy_old)
        since = store.wrap_by(newest.id, at)
        rewrapped = _rewrap(keks, store, newest, progress)
        destroyed = []
        if destroy_old:
            store.rewrite()
            destroyed = keks.keep_newest()
        kept = tuple(kek.id for kek in keks.all() if kek.id != newest.id)
        return Rotated(newest.id, rewrapped, tuple(destroyed), kept, since)


def _newest(keks: Keks, store: RotatingStore, *, destroy_old: bool) -> Kek:
    """Return the key-encryption key to go to: one on the way to which a rotation ended, or new."""
    at_hand = keks.all()
    in_use = set(store.keks())
    if (wrapping := store.wrapping()) is not None:
        in_use.add(wrapping)
    if missing := in_use.difference(kek.id for kek in at_hand):
        raise not_at_hand(min(missing))
    newest = at_hand[0]
    if in_use - {newest.id}:
        return newest
    made = keks.add()
    if made is None and not (destroy_old and len(at_hand) > 1):
        raise Refused(
            "kek-given",
            "LEDGER_KEK gives the key-encryption key, and its first one wraps every key: put a "
            "new one before it, start every process again, then say this again",
        )
    return made or newest


def _rewrap(keks: Keks, store: RotatingStore, newest: Kek, progress: Callable[[int], None]) -> int:
    """Wrap anew what is not wrapped by `newest`; return how many keys that were."""
    known = keks.by_id()
    done, last = 0, UUID(int=0)
    altered: list[UUID] = []
    while batch := store.wrapped_otherwise(newest.id, last, _BATCH):
        anew = []
        for key in batch:
            try:
                anew.append(newest.wrap(key.id, key.scope, known[key.kek].unwrap(key)))
            except Integrity:
                altered.append(key.id)
        store.rewrap(anew)
        done, last = done + len(batch), batch[-1].id
        progress(done)
    if altered:
        raise Integrity(
            f"{len(altered)} keys were altered in the key store, {altered[0]} the first: no "
            "key-encryption key opens them. The old one is kept; bring back an unaltered copy"
        )
    return done
