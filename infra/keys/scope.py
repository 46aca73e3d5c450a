"""What a sealing key is for, and the key itself."""

from typing import Final, NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.values import Purpose
from infra.lengths import lp

SECRET_BYTES: Final = 32


class KeyScope(NamedTuple):
    """The data that one key seals: a subject's under a contract for one purpose.

    Addresses are keyed by (contract, year) instead. `contract` None: data under no contract.
    """

    subject: UUID | None
    contract: str | None
    purpose: Purpose
    year: int | None = None

    @property
    def name(self) -> str:
        """Return the scope as text; contract numbers are codes, so `/` cannot occur in one."""
        parts = (self.purpose.value, self.subject, self.contract, self.year)
        return "/".join("" if part is None else str(part) for part in parts)


class SealingKey:
    """An AES-256-GCM key with its id; the secret never shows in a repr."""

    __slots__ = ("aead", "id", "named", "secret")

    def __init__(self, key_id: UUID, secret: bytes) -> None:
        self.id = key_id
        self.secret = secret
        self.named = lp(str(key_id))
        self.aead = AESGCM(secret)

    def __repr__(self) -> str:
        return f"SealingKey({self.id})"
