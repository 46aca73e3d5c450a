"""Tokens: what a forger may try, and what costs nothing the second time."""

import asyncio
import base64
import time
from pathlib import Path

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from api.auth.jwks import Jwks
from api.auth.tokens import Login, Tokens
from domain.errors import Malformed, Unauthenticated, Unavailable
from infra.development import (
    ALGORITHM,
    AUDIENCE,
    ISSUER,
    JWKS_FILE,
    DevelopmentIssuer,
    check_loopback,
    development_issuer,
)


@pytest.fixture
def issuer(tmp_path: Path) -> DevelopmentIssuer:
    return DevelopmentIssuer(tmp_path)


@pytest.fixture
def tokens(issuer: DevelopmentIssuer, tmp_path: Path) -> Tokens:
    return Tokens([development_issuer(tmp_path)])


def _verify(tokens: Tokens, token: str) -> Login:
    return asyncio.run(tokens.verify(token))


def _signed(tmp_path: Path, **changes: object) -> str:
    key = OKPKey.import_key(orjson.loads((tmp_path / "development-issuer.jwk").read_bytes()))
    claims: dict[str, object] = {
        "iss": ISSUER,
        "sub": "ana",
        "aud": AUDIENCE,
        "exp": int(time.time()) + 60,
    }
    claims |= changes
    given = {name: value for name, value in claims.items() if value is not None}
    header = {"alg": ALGORITHM, "kid": key.kid}
    return jwt.encode(header, given, key, algorithms=[ALGORITHM])


def _text(value: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


def test_a_token_of_the_issuer_names_who_it_is(issuer: DevelopmentIssuer, tokens: Tokens) -> None:
    login = _verify(tokens, issuer.mint("ana"))
    assert (login.name, login.issuer, login.subject) == ("development", ISSUER, "ana")


def test_the_same_issuer_after_a_restart_is_still_believed(tmp_path: Path) -> None:
    first = DevelopmentIssuer(tmp_path).mint("ana")
    again = Tokens([development_issuer(tmp_path)])
    assert _verify(again, first).subject == "ana"
    assert (tmp_path / "development-issuer.jwk").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "urn:somebody-else"},
        {"aud": "another-service"},
        {"aud": None},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"exp": "tomorrow"},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 300},
        {"nbf": int(time.time()) + 3600},
    ],
)
@pytest.mark.usefixtures("issuer")
def test_a_token_that_claims_wrongly_proves_nothing(
    tokens: Tokens, tmp_path: Path, changes: dict[str, object]
) -> None:
    with pytest.raises(Unauthenticated):
        _verify(tokens, _signed(tmp_path, **changes))


def test_a_token_of_another_key_proves_nothing(tokens: Tokens, tmp_path: Path) -> None:
    own = OKPKey.import_key(orjson.loads((tmp_path / "development-issuer.jwk").read_bytes()))
    forger = OKPKey.generate_key("Ed25519", {"alg": ALGORITHM, "use": "sig"})
    claims = {"iss": ISSUER, "sub": "ana", "aud": AUDIENCE, "exp": int(time.time()) + 60}
    header = {"alg": ALGORITHM, "kid": own.kid}
    with pytest.raises(Unauthenticated):
        _verify(tokens, jwt.encode(header, claims, forger, algorithms=[ALGORITHM]))


def test_an_unsigned_token_proves_nothing(tokens: Tokens) -> None:
    claims = {"iss": ISSUER, "sub": "ana", "aud": AUDIENCE, "exp": int(time.time()) + 60}
    for alg in ("none", "None", "NONE"):
        with pytest.raises(Unauthenticated):
            _verify(tokens, f"{_text({'alg': alg})}.{_text(claims)}.")


def test_the_public_key_is_no_secret_to_sign_with(tokens: Tokens, tmp_path: Path) -> None:
    public = (tmp_path / JWKS_FILE).read_bytes()
    claims = {"iss": ISSUER, "sub": "ana", "aud": AUDIENCE, "exp": int(time.time()) + 60}
    forged = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(public), algorithms=["HS256"])
    with pytest.raises(Unauthenticated):
        _verify(tokens, forged)


@pytest.mark.parametrize("token", ["", "x", "..", "a.b.c", "é.é.é", "x" * 10_000, "\x00.\x00.\x00"])
def test_what_is_no_token_proves_nothing(tokens: Tokens, token: str) -> None:
    with pytest.raises(Unauthenticated):
        _verify(tokens, token)


def test_a_remembered_token_still_expires(issuer: DevelopmentIssuer, tmp_path: Path) -> None:
    now = time.time()
    clock = [now]
    tokens = Tokens([development_issuer(tmp_path)], clock=lambda: clock[0])
    token = issuer.mint("ana")
    assert _verify(tokens, token).subject == "ana"
    clock[0] = now + 31 * 86_400
    with pytest.raises(Unauthenticated):
        _verify(tokens, token)


def test_unknown_key_ids_make_us_ask_the_issuer_seldom(tmp_path: Path) -> None:
    DevelopmentIssuer(tmp_path)
    clock = [1000.0]
    jwks = Jwks(development_issuer(tmp_path), clock=lambda: clock[0])
    asyncio.run(jwks.having(None))
    rotated = OKPKey.generate_key("Ed25519", {"alg": ALGORITHM, "use": "sig"}, auto_kid=True)
    keys = {"keys": [rotated.as_dict(private=False)]}
    (tmp_path / JWKS_FILE).write_bytes(orjson.dumps(keys))
    with pytest.raises(Unauthenticated):
        asyncio.run(jwks.having(rotated.kid))
    clock[0] += 11.0
    assert asyncio.run(jwks.having(rotated.kid)).keys


def test_an_issuer_never_reached_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        asyncio.run(Jwks(development_issuer(tmp_path)).having(None))


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "[::1]:80", "localhost:80", "127.8.9.1:1"])
def test_the_development_issuer_serves_loopback(listen: str) -> None:
    check_loopback(listen)


@pytest.mark.parametrize("listen", ["0.0.0.0:80", "[::]:80", "192.0.2.1:80", "example.net:80"])
def test_the_development_issuer_serves_nothing_else(listen: str) -> None:
    with pytest.raises(Malformed):
        check_loopback(listen)
