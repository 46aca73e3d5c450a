"""What `verify.py` proves with: Ed25519, signed notes, Merkle trees; no import of ours.

Its text becomes the first half of the program that lies in every bag (`infra.bundle.alone`).
"""

import base64
import hashlib
import hmac
import re

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
LONGEST_NOTE = 262_144
LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
Point = tuple[int, int, int, int]


class Wrong(Exception):
    """Something does not hold."""


# Ed25519 (RFC 8032, section 5.1)


def _add(a: Point, b: Point) -> Point:
    s, t = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    c, d = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    e, f, g, h = (t - s) % P, (d - c) % P, (d + c) % P, (t + s) % P
    return e * f % P, g * h % P, f * g % P, e * h % P


def _point(raw: bytes) -> Point:
    value = int.from_bytes(raw, "little")
    sign, y = value >> 255, value & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise Wrong("not a point of the curve")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether the key signed the message."""
    key, s = _point(public), int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or s >= L:  # noqa: PLR2004
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    h = int.from_bytes(digest, "little") % L
    minus = (P - key[0], key[1], key[2], P - key[3])
    table = (None, BASE, minus, _add(BASE, minus))
    found: Point = (0, 1, 1, 0)
    for bit in range(252, -1, -1):
        found = _add(found, found)
        more = table[(s >> bit & 1) | (h >> bit & 1) << 1]
        found = found if more is None else _add(found, more)
    inverse = pow(found[2], P - 2, P)
    x, y = found[0] * inverse % P, found[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# Signed notes (C2SP signed-note) and Merkle trees (RFC 6962, section 2.1)


class Key:
    """A verifier key that was given, under the names that the log signs with."""

    def __init__(self, vkey: str) -> None:
        self.name, key_id, material = vkey.strip().split("+", 2)
        raw = base64.b64decode(material, validate=True)
        self.public = raw[1:]
        if raw[:1] != b"\x01" or len(raw) != 33 or self.id("").hex() != key_id:  # noqa: PLR2004
            raise ValueError("not a verifier key of Ed25519, or its id does not fit")

    def id(self, suffix: str) -> bytes:
        """Return the key id under the log's name and a suffix."""
        seed = (self.name + suffix).encode() + b"\n\x01" + self.public
        return hashlib.sha256(seed).digest()[:4]

    def open(self, raw: bytes, suffix: str = "", *, alone: bool = False) -> str:
        """Return the text of a note that this key signed; `alone`: and nobody else."""
        whole = raw[: LONGEST_NOTE + 1].decode()
        text, blank, lines = whole.rpartition("\n\n")
        text, found = text + "\n", 0
        if len(raw) > LONGEST_NOTE or not blank or not lines.endswith("\n"):
            raise Wrong("not a signed note")
        for line in lines[:-1].split("\n"):
            match = LINE.fullmatch(line)
            if match is None:
                raise Wrong("not a signature line")
            value = base64.b64decode(match[2], validate=True)
            if match[1] == self.name + suffix and value[:4] == self.id(suffix):
                if base64.b64encode(value).decode() != match[2]:
                    raise Wrong("not the one form of its signature")
                if not signed(self.public, text.encode(), value[4:]):
                    raise Wrong("the signature does not fit the text")
                found += 1
            elif alone:
                raise Wrong("signed by somebody else")
        if not found or (alone and found > 1):
            raise Wrong("the key that was given did not sign it once")
        return text


def hash_leaf(entry: bytes) -> bytes:
    """Return the leaf hash of an event."""
    return hashlib.sha256(b"\x00" + entry).digest()


def _pair(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def check_inclusion(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> None:
    """Raise Wrong unless the proof leads to the root (RFC 9162, 2.1.3.2)."""
    node, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise Wrong("the inclusion proof is too long")
        if node & 1 or node == last:
            found = _pair(step, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = _pair(found, step)
        node, last = node >> 1, last >> 1
    if last or not 0 <= index < size or found != root:
        raise Wrong("the inclusion proof does not lead to the root that was signed")


def check_consistency(first: int, size: int, proof: list[bytes], old: bytes, root: bytes) -> None:
    """Raise Wrong unless one tree begins with the other (RFC 9162, 2.1.4.2)."""
    if first == size:
        if proof or old != root:
            raise Wrong("trees of one size with two roots")
        return
    steps = [old, *proof] if first & (first - 1) == 0 else proof
    if not 0 < first < size or not steps:
        raise Wrong("no consistency can be proved")
    node, last = first - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    left = right = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise Wrong("the consistency proof is too long")
        if node & 1 or node == last:
            left, right = _pair(step, left), _pair(step, right)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            right = _pair(right, step)
        node, last = node >> 1, last >> 1
    if last or left != old or right != root:
        raise Wrong("the consistency proof does not hold")


def lp(text: bytes) -> bytes:
    """Return a text with its length before it."""
    return len(text).to_bytes(4, "big") + text


def commitment(salt: bytes, event: str, field: str, value: str) -> str:
    """Return what an event holds of a sealed field."""
    parts = (b"ledger/commitment/v1", event.encode(), field.encode(), value.encode())
    return hmac.new(salt, b"".join(map(lp, parts)), hashlib.sha256).hexdigest()
