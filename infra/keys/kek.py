"""Key-encryption keys: they wrap every key in the key store, and are kept apart from it."""

import base64
import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import Integrity, Unavailable
from infra.keys.scope import SECRET_BYTES
from infra.keys.store import WrappedKey
from infra.lengths import lp

_LABEL: Final = "ledger/key/v1"
_NONCE: Final = 12


class Kek:
    """A key-encryption key; `id` names it (a hash), so that a wrong one is recognised."""

    __slots__ = ("_aead", "id")

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SECRET_BYTES:
            raise Unavailable(f"the key-encryption key must have {SECRET_BYTES} bytes")
        self._aead = AESGCM(secret)
        self.id = hashlib.sha256(b"ledger/kek-id/v1" + secret).hexdigest()[:16]

    def __repr__(self) -> str:
        return f"Kek({self.id})"

    def wrap(self, key_id: UUID, scope: str, secret: bytes) -> WrappedKey:
        """Return the key as the store keeps it: nonce (12 bytes) || AES-256-GCM of the secret."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = self._aead.encrypt(nonce, secret, self._bound_to(key_id, scope))
        return WrappedKey(key_id, scope, self.id, nonce + sealed)

    def unwrap(self, key: WrappedKey) -> bytes:
        """Return the secret; raise Unavailable for another KEK's key, Integrity if altered."""
        if key.kek != self.id:
            raise not_at_hand(key.kek)
        nonce, sealed = key.wrapped[:_NONCE], key.wrapped[_NONCE:]
        try:
            return self._aead.decrypt(nonce, sealed, self._bound_to(key.id, key.scope))
        except (InvalidTag, ValueError):
            raise Integrity(f"key {key.id} was altered in the key store") from None

    def _bound_to(self, key_id: UUID, scope: str) -> bytes:
        return lp(_LABEL, self.id, str(key_id), scope)


class Keks:
    """The key-encryption keys at hand, the newest first; here those that never change.

    All of them open; the key store says which one wraps what is new.
    """

    def __init__(self, *keks: Kek) -> None:
        self._known = keks

    def all(self) -> tuple[Kek, ...]:
        """Return the keys, the newest first."""
        return self._known

    def by_id(self) -> dict[str, Kek]:
        """Return the keys by their ids."""
        return {kek.id: kek for kek in self.all()}

    def add(self) -> Kek | None:
        """Make a new key, durably, and return it; None where all keys were given."""
        return None

    def keep_newest(self) -> list[str]:
        """Destroy every key but the newest; return the ids of those that are gone."""
        return []

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep others from changing the keys during the block."""
        yield


def not_at_hand(kek: str) -> Unavailable:
    """Return the error for a key-encryption key that is needed and was not given."""
    return Unavailable(
        f"the key store needs key-encryption key {kek}, which is not at hand: "
        "start with the key-encryption key that belongs to this key store"
    )


def kek_of_text(text: str) -> Kek:
    """Return the key-encryption key written as base64 (44 characters)."""
    try:
        secret = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        raise Unavailable("the key-encryption key is not base64: write 32 bytes so") from None
    return Kek(secret)


def keks_of_text(text: str) -> tuple[Kek, ...]:
    """Return the key-encryption keys of a text, white space between them, the newest first."""
    return tuple(kek_of_text(part) for part in text.split() or [""])
