"""Keyed hashes under the server's own secrets: commands, logins, addresses, payloads."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from struct import Struct
from typing import Final

from domain.log import CommandKey
from infra.keys import Keys
from infra.lengths import lp
from infra.mac import mac

PERIOD_SECONDS: Final = 30 * 86_400
"""How long one fingerprint key is used, and how long it is kept after that."""

ABSENT_SECONDS: Final = 30.0
"""How long a past period is known to have no key, before the key store is asked again."""

_PERIOD: Final = Struct(">I").pack
_FINGERPRINTS: Final = "fingerprints/"


class Secrets:
    """The server's keyed hashes (HMAC-SHA256); secrets are made at their first use."""

    def __init__(self, keys: Keys, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._clock = clock
        self._cleaned = -1
        self._absent = -1
        self._absent_until = 0.0

    def digest(self, name: str, *parts: str | bytes) -> bytes:
        """Return the HMAC of the length-prefixed parts under the secret `name`, 32 bytes."""
        return mac(self._keys.secret(name), lp(*parts))

    def login(self, issuer: str, subject: str) -> bytes:
        """Return how a login is found without being stored in the clear, 32 bytes."""
        return self.digest("logins", issuer, subject)

    def command_key(self, principal: str, idempotency_key: str, payload: bytes) -> CommandKey:
        """Return the command's id and the fingerprints of its payload, newest first.

        A process's first command, and the first in a new period, destroys expired keys.
        """
        command = self.digest("commands", principal, idempotency_key)
        now = int(self._clock()) // PERIOD_SECONDS
        if now != self._cleaned:
            self.destroy_expired()
            self._cleaned = now
        message = lp(command, payload)
        keys = [(now, self._keys.secret(_name(now)))]
        earlier = self._earlier(now - 1)
        if earlier is not None:
            keys.append((now - 1, earlier))
        return CommandKey(
            command,
            tuple(_PERIOD(period) + mac(key, message) for period, key in keys),
        )

    def _earlier(self, period: int) -> bytes | None:
        """Return a past period's fingerprint key; that there is none is believed for a while."""
        if period == self._absent and self._clock() < self._absent_until:
            return None
        name = _name(period)
        found = self._keys.known_secrets([name]).get(name)
        if found is None:
            self._absent, self._absent_until = period, self._clock() + ABSENT_SECONDS
        return found

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
