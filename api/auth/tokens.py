"""OIDC bearer tokens: who is it, by whose word, until when. Never what they may do."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import extract_compact

from api.auth.jwks import Jwks
from domain.errors import Unauthenticated
from infra.settings import Issuer

MAX_TOKEN: Final = 8192
LEEWAY_SECONDS: Final = 5
MAX_SUBJECT: Final = 255


@dataclass(frozen=True, slots=True)
class Login:
    """A verified token: issuer (its configured name and its URI), subject, expiry (Unix time)."""

    name: str
    issuer: str
    subject: str
    expires: float


class Tokens:
    """Verifies tokens and remembers the verified ones until they expire, `limit` at most."""

    def __init__(
        self,
        issuers: Iterable[Issuer],
        clock: Callable[[], float] = time.time,
        limit: int = 10_000,
    ) -> None:
        self._issuers = {issuer.issuer: (issuer, Jwks(issuer)) for issuer in issuers}
        self._clock = clock
        self._limit = limit
        self._verified: OrderedDict[str, Login] = OrderedDict()

    async def verify(self, token: str) -> Login:
        """Return whose token it is; raise Unauthenticated saying why it proves nothing."""
        login = self._verified.get(token)
        if login is None:
            login = await self._check(token)
            self._verified[token] = login
            while len(self._verified) > self._limit:
                self._verified.popitem(last=False)
        if login.expires + LEEWAY_SECONDS < self._clock():
            self._verified.pop(token, None)
            raise Unauthenticated("the token has expired")
        return login

    async def _check(self, token: str) -> Login:
        header, claimed = _unverified(token)
        known = self._issuers.get(str(claimed.get("iss")))
        if known is None:
            raise Unauthenticated("the token's issuer is not one of those configured")
        issuer, jwks = known
        if header.get("alg") not in issuer.algorithms:
            raise Unauthenticated("the token's algorithm is not one of those allowed")
        kid = header.get("kid")
        keys = await jwks.having(kid if isinstance(kid, str) else None)
        try:
            claims = jwt.decode(token, keys, algorithms=list(issuer.algorithms)).claims
            self._registry(issuer).validate(claims)
        except (JoseError, ValueError, TypeError, KeyError):
            raise Unauthenticated("the token's signature, audience or time does not hold") from None
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT:
            raise Unauthenticated("the token names no subject")
        return Login(issuer.name, issuer.issuer, subject, float(claims["exp"]))

    def _registry(self, issuer: Issuer) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=int(self._clock()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer.issuer},
            aud={"essential": True, "value": issuer.audience},
            exp={"essential": True},
            sub={"essential": True},
        )


def _unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    if len(token) > MAX_TOKEN or token.count(".") != 2:  # noqa: PLR2004 - header.payload.signature
        raise Unauthenticated("the credential is neither a token nor an API key")
    try:
        signature = extract_compact(token.encode("ascii"))
        claims = orjson.loads(signature.payload)
    except (JoseError, ValueError):
        raise Unauthenticated("the token cannot be read") from None
    if not isinstance(claims, dict):
        raise Unauthenticated("the token cannot be read")
    return dict(signature.protected), claims
