"""Signed notes: texts with Ed25519 signatures (C2SP signed-note)."""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from domain.errors import Integrity, Malformed

ED25519: Final = 0x01
"""The signature type of the log's own signatures ("Signature types")."""

MAX_BYTES: Final = 262_144
_ID_BYTES: Final = 4
_KEY_BYTES: Final = 32
_NAME: Final = re.compile(r"[^\s+]{1,200}")
_LINE: Final = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A verifier key: whose signatures are believed."""

    name: str
    public: bytes
    kind: int = ED25519

    @property
    def id(self) -> bytes:
        """Return the key id, 4 bytes ("Signatures")."""
        seed = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return sha256(seed).digest()[:_ID_BYTES]

    @property
    def vkey(self) -> str:
        """Return the key as text ("Verifier keys")."""
        material = b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{material}"

    @classmethod
    def parse(cls, vkey: str) -> "Verifier":
        """Return the key that a text names; raise Malformed."""
        name, _, rest = vkey.strip().partition("+")
        key_id, _, material = rest.partition("+")
        raw = _base64(material, "vkey")
        if not _NAME.fullmatch(name) or len(raw) != 1 + _KEY_BYTES:
            raise Malformed("NAME+ID+KEY is wanted, for a key of Ed25519", "vkey")
        verifier = cls(name, raw[1:], raw[0])
        if verifier.id.hex() != key_id:
            raise Malformed("the key's id does not fit the key", "vkey")
        return verifier

    def check(self, message: bytes, signature: bytes) -> None:
        """Raise Integrity unless this key signed the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            raise Integrity(f"the signature of {self.name} does not fit the text") from None


class Signer:
    """A private key under its name."""

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        if not _NAME.fullmatch(name):
            raise Malformed("1 to 200 characters without spaces and plus signs", "name")
        self._private = private
        self.verifier = Verifier(name, private.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """Return the note: text, blank line, signature line. The text ends with a newline."""
        if not text.endswith("\n") or _CONTROL.search(text):
            raise Malformed("a note's text ends with a newline and has no control characters")
        return f"{text}\n{self.line(text.encode())}"

    def line(self, message: bytes) -> str:
        """Return one signature line over the message."""
        signature = b64encode(self.verifier.id + self._private.sign(message)).decode()
        return f"— {self.verifier.name} {signature}\n"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        """Return it as the one line that a signer writes."""
        return f"— {self.name} {b64encode(self.key_id + self.value).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A note whose signatures nobody has checked yet: its text must be ignored until then."""

    text: str
    signatures: tuple[Signature, ...]


def parse_note(raw: bytes) -> Note:
    """Return text and signatures; raise Malformed for what is no signed note ("Format")."""
    if len(raw) > MAX_BYTES:
        raise Malformed(f"a note of more than {MAX_BYTES} bytes")
    try:
        whole = raw.decode()
    except UnicodeDecodeError:
        raise Malformed("a note is UTF-8") from None
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or not lines.endswith("\n") or _CONTROL.search(whole):
        raise Malformed("a note is a text, a blank line, and signature lines")
    return Note(text + "\n", tuple(_signature(line) for line in lines[:-1].split("\n")))


def open_note(raw: bytes, verifiers: Collection[Verifier]) -> str:
    """Return the text of a note that at least one of the keys signed.

    Signatures of other keys are ignored. Raises Integrity when none of the keys signed, or when a
    signature of one of them is wrong ("Signatures").
    """
    note = parse_note(raw)
    known = {(verifier.name, verifier.id): verifier for verifier in verifiers}
    trusted = 0
    for signature in note.signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier is not None:
            verifier.check(note.text.encode(), signature.value)
            trusted += 1
    if not trusted:
        raise Integrity("no key that is trusted signed this note")
    return note.text


def _signature(line: str) -> Signature:
    match = _LINE.fullmatch(line)
    if match is None:
        raise Malformed("not a signature line")
    raw = _base64(match[2], "signature")
    if len(raw) <= _ID_BYTES:
        raise Malformed("a signature of no bytes", "signature")
    return Signature(match[1], raw[:_ID_BYTES], raw[_ID_BYTES:])


def _base64(text: str, where: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("not base64", where) from None
