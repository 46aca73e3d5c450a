"""A witness (C2SP tlog-witness) as a process of its own: the standard library and Ed25519 alone.

`python tests/support/witness.py --state FILE --name NAME --log VKEY [--log VKEY ...] [--port N]`
prints one JSON line when it listens: `url`, `vkey`, `pid`. Key, sizes, roots and what it refused
although the log had signed it lie in the state file. What it does with requests is the word in
FILE.mode, read anew each time: see `ACTS`; without the file it is honest.

It shares no code with what it watches: Merkle proofs are checked by the definition of RFC 6962.
"""

import argparse
import base64
import hashlib
import json
import os
import re
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LONGEST = 65_536
MOST_PROOF_LINES = 63
NUMBER = re.compile(r"0|[1-9][0-9]*")
SIGNATURE = re.compile("— ([^ +]+) ([A-Za-z0-9+/=]+)")


class Answer(Exception):
    """What is answered: a status, a body, its type."""

    def __init__(self, status: int, body: str = "", kind: str = "text/plain") -> None:
        super().__init__(status)
        self.status, self.body, self.kind = status, body.encode(), kind


@dataclass(frozen=True)
class Asked:
    """A request to add a checkpoint."""

    old: int
    proof: list[bytes]
    text: str
    signatures: list[tuple[str, bytes]]
    note: str

    @property
    def origin(self) -> str:
        return self.text.split("\n")[0]

    @property
    def size(self) -> int:
        return int(self.text.split("\n")[1])

    @property
    def root(self) -> bytes:
        return base64.b64decode(self.text.split("\n")[2])


def asked(body: bytes) -> Asked:
    """Return what a body asks for, or answer 400."""
    try:
        request, blank, note = body.decode().partition("\n\n")
        text, empty, lines = note.rpartition("\n\n")
        first, *proof = request.split("\n")
        word, _, old = first.partition(" ")
        origin, size, root = text.split("\n")[:3]
        signatures = [SIGNATURE.fullmatch(line) for line in lines.removesuffix("\n").split("\n")]
        good = (
            (blank and empty and lines.endswith("\n") and word == "old" and origin)
            and (NUMBER.fullmatch(old) and NUMBER.fullmatch(size) and all(signatures))
            and (len(proof) <= MOST_PROOF_LINES and len(decoded(root)) == 32)
        )
        hashes = [decoded(line) for line in proof]
        if not good or any(len(one) != 32 for one in hashes):
            raise Answer(400)
        signed = [(one[1], decoded(one[2])) for one in signatures if one]
    except ValueError:
        raise Answer(400) from None
    return Asked(int(old), hashes, text + "\n", signed, note)


def decoded(text: str) -> bytes:
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError(text)
    return raw


def hashed(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def subproof(m: int, n: int, proof: list[bytes], known: bytes | None) -> tuple[bytes, bytes]:
    """Take SUBPROOF(m, D[n], b) off a proof (RFC 6962, 2.1.2): the old hash and the new one.

    `known` is the old root while b is true, None when it is false.
    """
    if m == n:
        value = proof.pop(0) if known is None else known
        return value, value
    k = 1
    while 2 * k < n:
        k *= 2
    if m <= k:
        old, new = subproof(m, k, proof, known)
        return old, hashed(new, proof.pop(0))
    old, new = subproof(m - k, n - k, proof, None)
    left = proof.pop(0)
    return hashed(left, old), hashed(left, new)


def extends(m: int, old_root: bytes, n: int, new_root: bytes, proof: list[bytes]) -> bool:
    """Say whether the proof shows that the tree of n leaves begins with that of m."""
    rest = list(proof)
    try:
        old, new = subproof(m, n, rest, old_root)
    except IndexError:
        return False
    return not rest and old == old_root and new == new_root


class Book:
    """The state file: a key, for each origin the last cosigned note, and what was refused."""

    def __init__(self, path: Path, name: str, logs: list[str]) -> None:
        self._path, self.name = path, name
        self.turn = threading.Lock()
        empty = {"key": os.urandom(32).hex(), "origins": {}, "refused": []}
        self.held: dict[str, Any] = json.loads(path.read_text()) if path.exists() else empty
        self.key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self.held["key"]))
        self.logs: dict[str, list[tuple[bytes, Ed25519PublicKey]]] = {}
        for vkey in logs:
            origin, key_id, material = vkey.split("+", 2)
            raw = base64.b64decode(material)
            assert raw[0] == 1
            key = Ed25519PublicKey.from_public_bytes(raw[1:])
            self.logs.setdefault(origin, []).append((bytes.fromhex(key_id), key))
        self.save()

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n\x04" + self._public).digest()[:4]

    @property
    def vkey(self) -> str:
        material = base64.b64encode(b"\x04" + self._public).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    @property
    def _public(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    def save(self) -> None:
        draft = self._path.with_suffix(".draft")
        with draft.open("w") as file:
            json.dump(self.held, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)

    def add(self, request: Asked) -> str:
        """Check a checkpoint as the protocol says, keep it, and return the cosignature."""
        self.require_signed(request)
        if request.old > request.size:
            raise Answer(400)
        with self.turn:
            last = self.held["origins"].get(request.origin, {"size": 0, "root": ""})
            if request.old != last["size"]:
                raise Answer(409, f"{last['size']}\n", "text/x.tlog.size")
            if not self.is_consistent(request, last):
                self.held["refused"].append(request.note)
                self.save()
                raise Answer(422)
            line = self.line(request.text, int(time.time()))
            self.held["origins"][request.origin] = {
                "size": request.size,
                "root": request.root.hex(),
                "note": request.note + line,
            }
            self.save()
            return line

    def require_signed(self, request: Asked) -> None:
        if request.origin not in self.logs:
            raise Answer(404)
        known = dict(self.logs[request.origin])
        good = 0
        for name, raw in request.signatures:
            key = known.get(raw[:4])
            if name == request.origin and key is not None:
                try:
                    key.verify(raw[4:], request.text.encode())
                except InvalidSignature:
                    raise Answer(403) from None
                good += 1
        if not good:
            raise Answer(403)

    def is_consistent(self, request: Asked, last: dict[str, Any]) -> bool:
        if request.size == 0 and request.root != hashlib.sha256(b"").digest():
            return False
        if request.old == 0:
            return not request.proof
        old_root = bytes.fromhex(last["root"])
        return extends(request.old, old_root, request.size, request.root, request.proof)

    def line(self, text: str, at: int, key: Ed25519PrivateKey | None = None) -> str:
        """Return a cosignature (C2SP tlog-cosignature, version 1)."""
        message = f"cosignature/v1\ntime {at}\n{text}".encode()
        raw = self.key_id + at.to_bytes(8, "big") + (key or self.key).sign(message)
        return f"— {self.name} {base64.b64encode(raw).decode()}\n"


class Handler(BaseHTTPRequestHandler):
    """Speaks the protocol, or does what the mode says."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    book: Book
    mode: Path

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", -1))
        if not 0 <= length <= LONGEST:
            return self.answer(Answer(400))
        body = self.rfile.read(length)
        if self.path != "/add-checkpoint":
            return self.answer(Answer(404))
        act = self.mode.read_text().strip() if self.mode.exists() else "honest"
        try:
            self.answer(ACTS[act](self, body))
        except Answer as answer:
            self.answer(answer)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        return None

    def do_GET(self) -> None:
        """Serve the last cosigned checkpoint of an origin ("Monitor Retrieval Mechanism")."""
        for origin, held in self.book.held["origins"].items():
            if self.path == f"/{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint":
                return self.answer(Answer(200, held["note"]))
        return self.answer(Answer(404))

    def honest(self, body: bytes) -> Answer:
        return Answer(200, self.book.add(asked(body)))

    def slow(self, body: bytes) -> Answer:
        time.sleep(1.5)
        return self.honest(body)

    def silent(self, _body: bytes) -> Answer:
        time.sleep(3600)
        return Answer(500)

    def forged(self, _body: bytes) -> Answer:
        return Answer(200, self.book.line("another text\n", int(time.time())))

    def other_key(self, body: bytes) -> Answer:
        request, other = asked(body), Ed25519PrivateKey.generate()
        return Answer(200, self.book.line(request.text, int(time.time()), other))

    def no_time(self, body: bytes) -> Answer:
        return Answer(200, self.book.line(asked(body).text, 0))

    def future(self, body: bytes) -> Answer:
        return Answer(200, self.book.line(asked(body).text, int(time.time()) + 86_400))

    def longer_text(self, body: bytes) -> Answer:
        """Sign a text that goes on where the checkpoint ends."""
        line = self.book.line(asked(body).note + "and more\n", int(time.time()))
        return Answer(200, f"and more\n\n{line}")

    def stranger(self, body: bytes) -> Answer:
        line = self.book.line(asked(body).text, int(time.time()))
        return Answer(200, line.replace(self.book.name, "stranger.example"))

    def garbage(self, _body: bytes) -> Answer:
        return Answer(200, "\x00\x07 no line at all \n\n\n")

    def empty(self, _body: bytes) -> Answer:
        return Answer(200)

    def ahead(self, body: bytes) -> Answer:
        return Answer(409, f"{asked(body).size + 1000}\n", "text/x.tlog.size")

    def behind(self, body: bytes) -> Answer:
        request = asked(body)
        return Answer(409, f"{0 if request.old else 1}\n", "text/x.tlog.size")

    def no_size(self, _body: bytes) -> Answer:
        return Answer(409, "9" * 5000 + "\n", "text/x.tlog.size")

    def refusing(self, _body: bytes) -> Answer:
        return Answer(422)

    def forgetful(self, _body: bytes) -> Answer:
        return Answer(404)

    def broken(self, _body: bytes) -> Answer:
        return Answer(500, "no")

    def redirecting(self, _body: bytes) -> Answer:
        return Answer(307)

    def huge(self, _body: bytes) -> Answer:
        """Send a body that never ends."""
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(b"x" * LONGEST)

    def dripping(self, _body: bytes) -> Answer:
        """Send headers that never end, a little at a time."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            self.wfile.write(b"X-Wait: a moment" + b"." * 180 + b"\r\n")
            time.sleep(0.02)

    def answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


ACTS = {
    name: getattr(Handler, name)
    for name in (
        *("honest", "slow", "silent", "forged", "other_key", "no_time", "future", "longer_text"),
        *("stranger", "garbage", "empty", "ahead", "behind", "no_size", "refusing", "forgetful"),
        *("broken", "redirecting", "huge", "dripping"),
    )
}


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--log", action="append", default=[])
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    Handler.book = Book(given.state, given.name, given.log)
    Handler.mode = given.state.with_suffix(".mode")
    server = ThreadingHTTPServer(("127.0.0.1", given.port), Handler)
    server.daemon_threads = True
    url = f"http://127.0.0.1:{server.server_address[1]}"
    print(json.dumps({"url": url, "vkey": Handler.book.vkey, "pid": os.getpid()}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
