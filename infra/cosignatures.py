"""Cosignatures: a witness's word that a checkpoint only grew (C2SP tlog-cosignature, Ed25519)."""

from base64 import b64encode
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from domain.errors import Integrity, Malformed
from infra.notes import Signature, Verifier, parse_note

COSIGNATURE: Final = 0x04
"""The signature type of timestamped Ed25519 cosignatures ("Format")."""

_TIME_BYTES: Final = 8
_LATEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Cosignature:
    """Which witness signed, when (POSIX seconds), and the line that says so in the note."""

    witness: Verifier
    at: int
    line: bytes


def witness_key(vkey: str) -> Verifier:
    """Return the key of a witness; raise Malformed for a key of another type."""
    verifier = Verifier.parse(vkey)
    if verifier.kind != COSIGNATURE:
        raise Malformed("a key of Ed25519 cosignatures (type 4) is wanted", "vkey")
    return verifier


def cosigned_message(text: str, at: int) -> bytes:
    """Return what a witness signs for a note's text ("Ed25519 signed message")."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def cosignatures(note: bytes, witnesses: Collection[Verifier]) -> list[Cosignature]:
    """Return what these witnesses signed of a checkpoint, at most one each, in their order.

    Signatures of others are ignored, the log's too. Raises Integrity when one of a witness is
    wrong, Malformed for what is no note.
    """
    parsed = parse_note(note)
    keys = {(witness.name, witness.id): witness for witness in witnesses}
    found: dict[Verifier, Cosignature] = {}
    for signature in parsed.signatures:
        witness = keys.get((signature.name, signature.key_id))
        if witness is not None:
            found.setdefault(witness, _checked(witness, parsed.text, signature))
    return [found[witness] for witness in witnesses if witness in found]


def _checked(witness: Verifier, text: str, signature: Signature) -> Cosignature:
    at = int.from_bytes(signature.value[:_TIME_BYTES], "big")
    if not 0 < at <= _LATEST:
        raise Integrity(f"{witness.name} signed a checkpoint without a time")
    witness.check(cosigned_message(text, at), signature.value[_TIME_BYTES:])
    value = b64encode(signature.key_id + signature.value).decode()
    return Cosignature(witness, at, f"— {witness.name} {value}\n".encode())
