"""The key store's port: wrapped keys, kept apart from the events that they seal.

Implementations: `infra.keys.sqlite` (a file) and `infra.keys.postgres` (`LEDGER_KEYS_URL`).
Both may be used from several threads and several processes at once.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A key as it is stored: `wrapped` can only be used with the key-encryption key `kek`.

    `scope` is `KeyScope.name`, or `secret/NAME` for a named secret.
    """

    id: UUID
    scope: str
    kek: str
    wrapped: bytes = field(repr=False)


class KeyStore(Protocol):
    """Durable wrapped keys; at most one living key for each scope."""

    def find(self, scopes: Collection[str]) -> Mapping[str, WrappedKey]:
        """Return the living keys of these scopes."""

    def insert(self, keys: Sequence[WrappedKey]) -> Mapping[str, WrappedKey]:
        """Keep new keys with one fsync; return for each scope the key that lives now.

        Where another process was first, its key is returned and the given one is dropped. A key
        wrapped by another key-encryption key than `wrapping` is dropped too; the first one ever
        decides which that is.
        """

    def by_ids(self, ids: Collection[UUID]) -> Mapping[UUID, WrappedKey]:
        """Return the living keys with these ids."""

    def scopes(self, prefix: str) -> Sequence[str]:
        """Return the scopes of living keys that begin with `prefix`, sorted."""

    def destroy(self, ids: Collection[UUID], at: datetime) -> None:
        """Make keys unrecoverable here; that they existed, and when they went, stays known."""

    def wrapping(self) -> str | None:
        """Return the key-encryption key that new keys must be wrapped by, None before the first."""

    def close(self) -> None:
        """Let go of files and connections."""


class RotatingStore(KeyStore, Protocol):
    """What a rotation of the key-encryption key needs besides."""

    def wrap_by(self, kek: str, at: datetime) -> datetime:
        """Take new keys wrapped by `kek` alone from now on; return since when that is so."""

    def keks(self) -> Mapping[str, int]:
        """Return how many living keys each key-encryption key wraps."""

    def wrapped_otherwise(self, kek: str, after: UUID, limit: int) -> Sequence[WrappedKey]:
        """Return living keys that another one wraps, those with an id beyond `after`, by id."""

    def rewrap(self, keys: Sequence[WrappedKey]) -> None:
        """Replace how living keys are wrapped, durably; a key destroyed meanwhile stays so."""

    def rewrite(self) -> None:
        """Write everything to new places, so that the files hold nothing but what lives.

        Raises Unavailable when somebody else's work keeps it from doing so.
        """
