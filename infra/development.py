"""The development issuer: OIDC tokens for trying the ledger out on one machine.

Its key lies in the data directory, readable by its owner alone. `check_loopback` keeps it away
from any interface that somebody else can reach.
"""

import time
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import orjson
from joserfc import jwt
from joserfc.jwk import KeyParameters, OKPKey

from domain.errors import Malformed
from infra.files import write_private
from infra.settings import Issuer, Settings

NAME: Final = "development"
ISSUER: Final = "urn:ticket-ledger:development"
AUDIENCE: Final = "ticket-ledger"
ALGORITHM: Final = "Ed25519"
LIFETIME: Final = timedelta(days=30)
KEY_FILE: Final = "development-issuer.jwk"
JWKS_FILE: Final = "development-issuer.jwks"


class DevelopmentIssuer:
    """Mints tokens with a key kept in the data directory, made at first use."""

    def __init__(self, data: Path) -> None:
        self._data = data
        path = data / KEY_FILE
        if not path.exists():
            write_private(path, orjson.dumps(_new_key().as_dict(private=True)))
        self._key = OKPKey.import_key(orjson.loads(path.read_bytes()))
        if not (data / JWKS_FILE).exists():
            public = {"keys": [self._key.as_dict(private=False)]}
            write_private(data / JWKS_FILE, orjson.dumps(public))

    def mint(self, subject: str, lifetime: timedelta = LIFETIME) -> str:
        """Return a token that says who `subject` is, and nothing of what they may do."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": subject,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + int(lifetime.total_seconds()),
        }
        header = {"alg": ALGORITHM, "kid": self._key.kid, "typ": "JWT"}
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])


def _new_key() -> OKPKey:
    parameters: KeyParameters = {"alg": ALGORITHM, "use": "sig"}
    return OKPKey.generate_key("Ed25519", parameters, auto_kid=True)


def development_issuer(data: Path) -> Issuer:
    """Return the development issuer as one whose tokens are believed."""
    return Issuer(
        name=NAME,
        issuer=ISSUER,
        audience=AUDIENCE,
        jwks=str(data / JWKS_FILE),
        algorithms=(ALGORITHM,),
    )


def issuers_of(settings: Settings) -> tuple[Issuer, ...]:
    """Return the issuers whose tokens are believed: those configured, else the development one.

    Raises Malformed when the development issuer would be reachable from elsewhere.
    """
    if settings.issuers:
        return settings.issuers
    check_loopback(settings.listen)
    DevelopmentIssuer(settings.data)
    return (development_issuer(settings.data),)


def check_loopback(listen: str) -> None:
    """Raise Malformed unless `listen` (HOST:PORT) is an address of this machine alone."""
    host = listen.rpartition(":")[0].strip("[]")
    try:
        loopback = ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if not loopback:
        raise Malformed(
            f"the development issuer serves loopback only, not {host}: set LEDGER_ISSUERS",
            "LEDGER_LISTEN",
        )
