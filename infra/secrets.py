"""Keyed hashes under the server's own secrets: commands, logins, addresses, payloads."""

import hmac
import time
from collections.abc import Callable
from datetime import UTC, datetime
from struct import Struct
from typing import Final

from domain.log import CommandKey
from infra.keys import Keys
from infra.lengths import lp

PERIOD_SECONDS: Final = 30 * 86_400
"""How long one fingerprint key is used, and how long it is kept after that."""

_PERIOD: Final = Struct(">I").pack
_FINGERPRINTS: Final = "fingerprints/"


class Secrets:
    """The server's keyed hashes (HMAC-SHA256); secrets are made at their first use."""

    def __init__(self, keys: Keys, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._clock = clock

    def digest(self, name: str, *parts: str | bytes) -> bytes:
        """Return the HMAC of the length-prefixed parts under the secret `name`, 32 bytes."""
        return hmac.digest(self._keys.secret(name), lp(*parts), "sha256")

    def login(self, issuer: str, subject: str) -> bytes:
        """Return how a login is found without being stored in the clear, 32 bytes."""
        return self.digest("logins", issuer, subject)

    def command_key(self, principal: str, idempotency_key: str, payload: bytes) -> CommandKey:
        """Return the command's id and the fingerprints of its payload, newest first."""
        command = self.digest("commands", principal, idempotency_key)
        now = int(self._clock()) // PERIOD_SECONDS
        self._keys.secret(_name(now))
        known = self._keys.known_secrets([_name(now), _name(now - 1)])
        message = lp(command, payload)
        return CommandKey(
            command,
            tuple(
                _PERIOD(period) + hmac.digest(known[_name(period)], message, "sha256")
                for period in (now, now - 1)
                if _name(period) in known
            ),
        )

    def destroy_expired(self) -> list[str]:
        """Destroy fingerprint keys 30 days after the end of their period; return their names."""
        oldest = int(self._clock()) // PERIOD_SECONDS - 1
        names = self._keys.secret_names(_FINGERPRINTS)
        expired = [name for name in names if int(name.removeprefix(_FINGERPRINTS)) < oldest]
        if expired:
            self._keys.destroy_secrets(expired, datetime.fromtimestamp(self._clock(), UTC))
        return expired


def _name(period: int) -> str:
    return f"{_FINGERPRINTS}{period}"
