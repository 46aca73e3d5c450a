"""An issuer's public keys: read from a file or a URL, kept, read again for an unknown key id."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx
import orjson
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from domain.errors import Unauthenticated, Unavailable
from infra.settings import Issuer

OLD_SECONDS: Final = 600.0
"""After this long the keys are read again, so that a key the issuer took back stops working."""

PAUSE_SECONDS: Final = 10.0
"""Forged key ids make us ask the issuer at most this often."""

TIMEOUT_SECONDS: Final = 5.0
MAX_BYTES: Final = 1_000_000

_log = structlog.get_logger("api.auth")


class Jwks:
    """The keys of one issuer."""

    def __init__(self, issuer: Issuer, clock: Callable[[], float] = time.monotonic) -> None:
        self._issuer = issuer
        self._clock = clock
        self._keys: KeySet | None = None
        self._read_at = -OLD_SECONDS
        self._tried_at = -PAUSE_SECONDS

    async def having(self, kid: str | None) -> KeySet:
        """Return the keys, read again if `kid` is unknown or they are old.

        Raises Unauthenticated for a key id that the issuer does not have, Unavailable when the
        issuer has never been reached.
        """
        now = self._clock()
        if self._known(kid) and now - self._read_at < OLD_SECONDS:
            return self._keys  # type: ignore[return-value] # known means read
        if now - self._tried_at >= PAUSE_SECONDS:
            self._tried_at = now
            await self._refresh()
        if self._keys is None:
            raise Unavailable(f"the keys of issuer {self._issuer.name} cannot be read")
        if not self._known(kid):
            raise Unauthenticated("the token is signed with a key that its issuer does not have")
        return self._keys

    def _known(self, kid: str | None) -> bool:
        if self._keys is None:
            return False
        return kid is None or any(key.kid == kid for key in self._keys.keys)

    async def _refresh(self) -> None:
        try:
            self._keys = KeySet.import_key_set(orjson.loads(await self._content()))
            self._read_at = self._clock()
        except (OSError, httpx.HTTPError, ValueError, JoseError) as error:
            _log.warning("jwks_unreadable", issuer=self._issuer.name, error=type(error).__name__)

    async def _content(self) -> bytes:
        place = self._issuer.jwks
        if not place.startswith(("https://", "http://")):
            return Path(place).read_bytes()  # noqa: ASYNC240 - small, local, every ten minutes
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client:
            response = await client.get(place)
            response.raise_for_status()
            return response.content[:MAX_BYTES]
