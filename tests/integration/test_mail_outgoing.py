"""Handing mail over: which servers are trusted, and how they are named."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from support.mailing import Catcher, Listening

from consumers.notifications.post import Post
from domain.errors import Malformed
from infra.mail.outgoing import Answered, Outgoing, Server, Tls, Unreachable
from infra.settings import read_settings

MAIL = b"Message-ID: <01890000-0000-7000-8000-000000000001@provider.example>\r\n\r\nHello.\r\n"


def _certificate(place: Path) -> Path:
    """Write a key and a certificate of its own for `localhost`."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (place / "key.pem").write_bytes(private)
    (place / "ca.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return place / "ca.pem"


@pytest.fixture(name="secured")
def _secured(tmp_path: Path) -> Iterator[tuple[Catcher, Path]]:
    """A server that takes mail after STARTTLS and a login."""
    ca, catcher = _certificate(tmp_path), Catcher()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca, tmp_path / "key.pem")

    def known(_server: Any, _session: Any, _envelope: Any, _by: str, who: Any) -> AuthResult:
        good = isinstance(who, LoginPassword) and who == LoginPassword(b"us er", b"p@ss/word")
        return AuthResult(success=good, handled=False)

    controller = Listening(
        catcher,
        catcher.socket,
        tls_context=context,
        require_starttls=True,
        authenticator=known,
        auth_required=True,
    )
    controller.start()
    yield catcher, ca
    controller.stop()


def _handed(url: str, ca: Path | None) -> object:
    outgoing = Outgoing(Server.of(url, ca), "provider.example")
    outcomes = [outgoing.hand_over("a@provider.example", ["b@example.net"], MAIL) for _ in range(2)]
    outgoing.close()
    assert outcomes[0] == outcomes[1]
    return outcomes[0]


def test_a_server_is_trusted_by_its_certificate_and_asks_who_we_are(
    secured: tuple[Catcher, Path],
) -> None:
    catcher, ca = secured
    url = f"smtp://us%20er:p%40ss%2Fword@localhost:{catcher.port}"
    assert _handed(url, ca) == Answered()
    assert len(catcher.mails) == 2


@pytest.mark.parametrize("how", ["nobody's certificate", "another name", "wrong password"])
def test_a_server_that_is_another_gets_nothing(secured: tuple[Catcher, Path], how: str) -> None:
    catcher, ca = secured
    host = "127.0.0.1" if how == "another name" else "localhost"
    password = "wrong" if how == "wrong password" else "p%40ss%2Fword"
    url = f"smtp://us%20er:{password}@{host}:{catcher.port}"
    outcome = _handed(url, None if how == "nobody's certificate" else ca)
    assert isinstance(outcome, Unreachable)
    assert outcome.code == (535 if how == "wrong password" else None)
    assert catcher.mails == []


def test_a_mail_that_is_too_large_for_a_server_holds_up_no_other() -> None:
    catcher = Catcher()
    controller = Listening(catcher, catcher.socket, data_size_limit=len(MAIL))
    controller.start()
    outgoing = Outgoing(Server("127.0.0.1", catcher.port, Tls.NONE), "provider.example")
    outcomes = [
        outgoing.hand_over("a@provider.example", ["b@example.net"], mail)
        for mail in (MAIL + 100 * b"x", MAIL)
    ]
    outgoing.close()
    controller.stop()
    assert outcomes == [Answered(refused={"b@example.net": 552}), Answered()]


def test_a_server_is_named_by_a_url() -> None:
    server = Server.of("smtp://mail.example.net?tls=implicit")
    assert (server.host, server.port, server.tls) == ("mail.example.net", 465, Tls.IMPLICIT)
    assert Server.of("smtp://u:p@h:2525?tls=none") == Server("h", 2525, Tls.NONE, "u", "p")
    assert "p" not in repr(Server("h", 25, Tls.NONE, "u", "p")).partition("user")[2]


@pytest.mark.parametrize(
    "url",
    [
        "http://h",
        "smtp://",
        "smtp://h?tls=maybe",
        "smtp://h:99999",
        "smtp://h/inbox",
        "smtp://h?starttls=1",
    ],
)
def test_a_url_that_says_something_else_is_refused(url: str) -> None:
    with pytest.raises(Malformed, match="LEDGER_SMTP_URL"):
        Server.of(url)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("LEDGER_MAIL_FROM", {"mail_from": None}),
        ("LEDGER_MAIL_FROM", {"mail_from": "nobody"}),
        ("LEDGER_MAIL_FROM", {"mail_from": "A <a@b.example>\r\nBcc: c@d.example"}),
        ("LEDGER_MAIL_RETURN", {"mail_return": "<>"}),
        ("LEDGER_MAIL_ZONE", {"mail_zone": "Mars/Olympus"}),
    ],
)
def test_settings_that_make_no_mail_are_refused(
    tmp_path: Path, name: str, given: dict[str, Any]
) -> None:
    good = {"smtp_url": "smtp://h", "mail_from": "The provider <no-reply@provider.example>"}
    with pytest.raises(Malformed, match=name):
        Post.of(read_settings(data=tmp_path, **(good | given)))


def test_without_a_server_nobody_gets_mail(tmp_path: Path) -> None:
    assert Post.of(read_settings(data=tmp_path)) is None
