"""A cluster that wants TLS and a password is reached with both, and with neither of them wrong."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from support.apart import ROOT
from support.broker import settings

from infra.files import hold
from infra.kafka import Broker
from infra.kafka.client import Kafka
from infra.kafka.records import Message
from infra.processes import free_port

USER, PASSWORD = "ledger", "what-only-the-ledger-knows"
ASK = """
import json, sys
from infra.kafka.client import Kafka
from infra.settings import read_settings
for given in json.load(sys.stdin):
    try:
        Kafka(read_settings(**given), 1.0).cluster()
        print("let in")
    except Exception as error:
        print(type(error).__name__)
"""


class Secured(Broker):
    """A broker with one more listener, which wants TLS and a password."""

    secured = 0
    pem = Path()

    def _configure(self, name: str, port: int, controller: int, data: str = "data") -> None:
        super()._configure(name, port, controller, data)
        self.secured = self.secured or free_port()
        plain = "org.apache.kafka.common.security.plain.PlainLoginModule"
        protocols = "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL"
        local = "://127.0.0.1:"
        lines = {
            "listener.security.protocol.map": protocols,
            "listeners": f"PLAINTEXT{local}{port},CONTROLLER{local}{controller},"
            f"SASL_SSL{local}{self.secured}",
            "advertised.listeners": f"PLAINTEXT{local}{port},SASL_SSL{local}{self.secured}",
            "sasl.enabled.mechanisms": "PLAIN",
            "listener.name.sasl_ssl.plain.sasl.jaas.config": f"{plain} required"
            f' user_{USER}="{PASSWORD}";',
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self.pem,
        }
        with (self.data.parent / name).open("a", encoding="utf-8") as file:
            file.writelines(f"{key}={value}\n" for key, value in lines.items())


def certificate(place: Path) -> tuple[Path, Path]:
    """Make a certificate of 127.0.0.1 that signs itself; return it, and it with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    public = made.public_bytes(Encoding.PEM)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (place / "ca.pem").write_bytes(public)
    (place / "broker.pem").write_bytes(private + public)
    return place / "ca.pem", place / "broker.pem"


@pytest.fixture
def given(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Settings that reach a secured broker."""
    authority, pem = certificate(tmp_path)
    with hold(tmp_path / "broker") as held:
        broker = Secured(held, settings(held.path))
        broker.pem = pem
        broker.start()
        yield {
            "kafka_bootstrap": f"127.0.0.1:{broker.secured}",
            "kafka_security": "sasl_tls",
            "kafka_ca": str(authority),
            "kafka_sasl_mechanism": "PLAIN",
            "kafka_user": USER,
            "kafka_password": PASSWORD,
        }
        broker.stop()


def answers(asked: list[dict[str, str]]) -> list[str]:
    """Ask with each of these settings, in a process of its own; return what became of it."""
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_only_who_checks_the_certificate_and_knows_the_password_gets_in(
    given: dict[str, str], tmp_path: Path
) -> None:
    kafka = Kafka(settings(tmp_path, **given))
    kafka.ensure("secured", 1)
    writer = kafka.transactions("secured")
    writer.begin()
    writer.write([Message("secured", None, b"sealed on its way")])
    writer.commit()
    writer.close()
    found = kafka.last("secured")
    assert found is not None
    assert found.value == b"sealed on its way"
    (tmp_path / "other").mkdir()
    other, _ = certificate(tmp_path / "other")
    wrong = [
        {"kafka_password": "a guess"},
        {"kafka_ca": str(other)},
        {"kafka_bootstrap": given["kafka_bootstrap"].replace("127.0.0.1", "localhost")},
        {"kafka_security": "plaintext"},
    ]
    assert answers([{**given, **one} for one in wrong]) == ["Unavailable"] * len(wrong)
