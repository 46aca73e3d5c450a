"""A time stamp authority of our own: certificates, and a process that answers with `openssl ts`.

`python -m support.authority PLACE` serves on a free port, which it prints. The file PLACE/mood says
how it answers (`MOODS`); each question is kept as a line of PLACE/asked.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from infra import timestamps
from infra.settings import StampAuthority

ROOT = Path(__file__).parents[2]
LYING = ["wrong-imprint", "wrong-nonce", "untrusted", "own-root", "refusing", "garbage", "huge"]
DOWN = ["broken", "silent", "dripping", "elsewhere"]
MOODS = ["good", *LYING, *DOWN]
FOREIGN = "A root that nobody here ever heard of, with a name of 60 chars"
"""So long that its certificate comes after the signer's: DER orders sets."""

POLICY = "1.3.6.1.4.1.99999.1"
CONFIGURATION = f"""
[tsa]
default_tsa = ours
[ours]
serial = serial
default_policy = {POLICY}
digests = sha256
signer_digest = sha256
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True)
class Certified:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def root(cls, name: str, days: float = 7300) -> "Certified":
        """Make a certificate that signs itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        return cls(_certificate(name, key, name, key, days, stamps=False), key)

    def issue(self, name: str, days: float, *, stamps: bool) -> "Certified":
        """Make a certificate, of an authority or, if it does not stamp, of an issuer."""
        key, issuer = ec.generate_private_key(ec.SECP256R1()), self.certificate.subject
        above = issuer.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        return Certified(_certificate(name, key, str(above), self.key, days, stamps=stamps), key)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    signing: ec.EllipticCurvePrivateKey,
    days: float,
    *,
    stamps: bool,
) -> x509.Certificate:
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=not stamps, path_length=None), critical=True)
    )
    if stamps:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        made = made.add_extension(usage, critical=True)
    return made.sign(signing, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Place:
    """A directory with what an authority stamps with, and the file of who is believed."""

    def __init__(
        self,
        directory: Path,
        name: str = "Test authority",
        days: float = 3650,
        issuer_days: float = 7200,
    ) -> None:
        self.directory = directory
        self.name = name
        directory.mkdir(exist_ok=True)
        root = Certified.root(f"{name} root")
        self.issuer = root.issue(f"{name} issuer", issuer_days, stamps=False)
        self.trusted = directory / "trusted.pem"
        self.trusted.write_bytes(root.pem + self.issuer.pem)
        self.certify(days)
        foreign = Certified.root(FOREIGN)
        self._write("foreign", foreign.issue(name, 3650, stamps=True))
        (directory / "foreign-root.pem").write_bytes(foreign.pem)
        (directory / "tsa.cnf").write_text(CONFIGURATION)
        self.mood("good")

    def certify(self, days: float) -> None:
        """Let the authority stamp with a new certificate from now on."""
        self._write("signer", self.issuer.issue(self.name, days, stamps=True))

    def mood(self, mood: str) -> None:
        """Say how it answers from now on."""
        assert mood in MOODS
        draft = self.directory / "mood.new"
        draft.write_text(mood)
        draft.replace(self.directory / "mood")

    def asked(self) -> int:
        """Return how many questions came."""
        with suppress(FileNotFoundError):
            return (self.directory / "asked").read_text().count("\n")
        return 0

    def reply(self, data: bytes) -> bytes:
        """Return a good reply over data, without asking over HTTP."""
        asked = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()
        return reply(self.directory, asked.as_bytes(), "signer")

    def _write(self, name: str, certified: Certified) -> None:
        (self.directory / f"{name}.key").write_bytes(certified.key_pem)
        (self.directory / f"{name}.pem").write_bytes(certified.pem)


@dataclass(frozen=True)
class Running:
    """An authority that answers at `url`."""

    place: Place
    url: str

    def authority(self, patience: float = 5.0) -> timestamps.Authority:
        """Return it as the ledger asks it."""
        name = self.place.directory.name
        return timestamps.Authority(name, self.url, self.place.trusted, patience)

    def setting(self) -> str:
        """Return LEDGER_TIMESTAMP_AUTHORITIES with it alone."""
        named = StampAuthority(
            name=self.place.directory.name, url=self.url, certificates=self.place.trusted
        )
        return json.dumps([named.model_dump(mode="json")])


@contextmanager
def running(place: Place) -> Iterator[Running]:
    """Run an authority while the block runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "support.authority", str(place.directory)],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        port = int(process.stdout.readline())
        yield Running(place, f"http://127.0.0.1:{port}/stamp")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def reply(place: Path, question: bytes, signer: str, *more: str) -> bytes:
    """Return what `openssl ts` answers to a question."""
    asked = place / f"question-{time.monotonic_ns()}"
    asked.write_bytes(question)
    command = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", str(asked)]
    command += ["-signer", f"{signer}.pem", "-inkey", f"{signer}.key", *more]
    done = subprocess.run(command, cwd=place, capture_output=True, check=True, timeout=30)
    asked.unlink()
    return done.stdout


class Handler(BaseHTTPRequestHandler):
    """Answers a question in the mood of the moment."""

    place: Path

    def do_POST(self) -> None:
        question = self.rfile.read(int(self.headers["Content-Length"]))
        mood = (self.place / "mood").read_text()
        with (self.place / "asked").open("a") as file:
            file.write(f"{mood}\n")
        with suppress(BrokenPipeError, ConnectionResetError):
            self._answer(mood, question)

    def _answer(self, mood: str, question: bytes) -> None:
        if mood == "silent":
            time.sleep(60)
        if mood == "broken":
            self.send_error(500)
            return
        if mood == "elsewhere":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.end_headers()
        if mood in {"dripping", "huge"}:
            part, pause = (b"\x30", 0.2) if mood == "dripping" else (b"\x30" * 60_000, 0.0)
            for _ in range(60):
                self.wfile.write(part)
                self.wfile.flush()
                time.sleep(pause)
        else:
            self.wfile.write(said(self.place, mood, question))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def said(place: Path, mood: str, question: bytes) -> bytes:
    """Return the bytes that an authority answers in a mood."""
    imprint = question.index(bytes.fromhex("0420")) + 2  # the octets of a SHA-256
    nonce = imprint + 32 + 2
    answers: dict[str, Callable[[], bytes]] = {
        "good": lambda: reply(place, question, "signer"),
        "wrong-imprint": lambda: reply(place, _flipped(question, imprint), "signer"),
        "wrong-nonce": lambda: reply(place, _flipped(question, nonce + 1), "signer"),
        "untrusted": lambda: reply(place, question, "foreign"),
        "own-root": lambda: reply(place, question, "foreign", "-chain", "foreign-root.pem"),
        "refusing": lambda: reply(place, question[:-3], "signer"),
        "garbage": lambda: os.urandom(3000),
    }
    return answers[mood]()


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def main() -> None:
    """Serve until killed."""
    Handler.place = Path(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
