"""The key-encryption key: wraps every key in the key store, and is kept apart from it."""

import base64
import hashlib
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import Integrity, Unavailable
from infra.files import sync_directory, write_private
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
            raise Unavailable(
                f"key {key.id} is wrapped by key-encryption key {key.kek}, this one is {self.id}: "
                "start with the key-encryption key that belongs to this key store"
            )
        nonce, sealed = key.wrapped[:_NONCE], key.wrapped[_NONCE:]
        try:
            return self._aead.decrypt(nonce, sealed, self._bound_to(key.id, key.scope))
        except (InvalidTag, ValueError):
            raise Integrity(f"key {key.id} was altered in the key store") from None

    def _bound_to(self, key_id: UUID, scope: str) -> bytes:
        return lp(_LABEL, self.id, str(key_id), scope)


def kek_of_text(text: str) -> Kek:
    """Return the key-encryption key written as base64 (44 characters)."""
    try:
        secret = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        raise Unavailable("the key-encryption key is not base64: write 32 bytes so") from None
    return Kek(secret)


def kek_of_file(path: Path) -> Kek:
    """Return the key-encryption key of a file that nobody but its owner may read."""
    try:
        mode = path.stat().st_mode
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(f"{path}: the key-encryption key cannot be read: {error}") from error
    if stat.S_IMODE(mode) & 0o077:
        raise Unavailable(f"{path}: others may read the key-encryption key: chmod 600 {path}")
    return kek_of_text(text)


def create_kek_file(path: Path) -> None:
    """Write a new key-encryption key unless the file exists; durable when it returns.

    Two processes may do so at once: a link is made to a finished file, so the first one wins.
    """
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    text = base64.b64encode(secrets.token_bytes(SECRET_BYTES)) + b"\n"
    try:
        write_private(draft, text)
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
        sync_directory(path.parent)
    except OSError as error:
        raise Unavailable(f"{path}: no key-encryption key can be made: {error}") from error
