"""Witnesses as processes, and logs on disk that need no ledger, for tests of cosigning."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.log import NAME

from domain.checkpoint import TreeHead
from domain.merkle import consistency_proof
from domain.tiles import Edge
from infra.cosignatures import cosignatures, witness_key
from infra.notes import Signer, Verifier
from infra.tilefiles import TileReader, TileWriter
from infra.witness import Reply, Witness, WitnessClient

PROGRAM = Path(__file__).with_name("witness.py")
ORIGIN = f"{NAME}/1"


@dataclass
class Watching:
    """A witness that runs: its address, its key, its files."""

    process: subprocess.Popen[str]
    url: str
    vkey: str
    state: Path

    @property
    def witness(self) -> Witness:
        return Witness(witness_key(self.vkey), self.url)

    @property
    def setting(self) -> dict[str, str]:
        """How LEDGER_WITNESSES names it."""
        return {"vkey": self.vkey, "url": self.url}

    def act(self, mode: str) -> None:
        """Do this with requests from now on (ACTS in the program)."""
        draft = self.state.with_suffix(".next")
        draft.write_text(mode)
        draft.replace(self.state.with_suffix(".mode"))

    def held(self) -> dict[str, Any]:
        """Return what it holds: sizes by origin, what it refused."""
        return dict(json.loads(self.state.read_text()))

    def size(self, origin: str = ORIGIN) -> int:
        return int(self.held()["origins"].get(origin, {"size": 0})["size"])

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def watching(
    place: Path, logs: list[str], name: str = "witness.example/w1", port: int = 0
) -> Iterator[Watching]:
    """Run a witness of these logs (vkeys), its state in `place`, until the block ends."""
    place.mkdir(exist_ok=True)
    state = place / f"{name.replace('/', '-')}.json"
    options = ["--state", str(state), "--name", name, "--port", str(port)]
    for vkey in logs:
        options += ["--log", vkey]
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), *options],
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": ""},  # nothing of the project can be imported
        cwd=place,
    )
    assert process.stdout is not None
    try:
        told = json.loads(process.stdout.readline())
        yield Watching(process, told["url"], told["vkey"], state)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


class SmallLog:
    """A log on disk: leaves come in, notes come out."""

    def __init__(self, directory: Path, key: Ed25519PrivateKey, origin: str = ORIGIN) -> None:
        self.directory, self.origin = directory, origin
        self.signer = Signer(origin, key)
        self._edge, self._writer = Edge(), TileWriter(directory)

    @property
    def vkey(self) -> str:
        return self.signer.verifier.vkey

    def grow(self, leaves: list[bytes]) -> bytes:
        """Take in leaf hashes; return the note that signs the tree."""
        for tile, content in self._edge.add(b"".join(leaves)):
            self._writer.write(tile, content)
        for tile, content in self._edge.partial():
            self._writer.write(tile, content)
        self._writer.sync()
        head = TreeHead(self.origin, self._edge.size, self._edge.root())
        return self.signer.sign(head.text()).encode()

    def prove(self, old: int, new: int) -> list[bytes]:
        return consistency_proof(old, new, TileReader(self.directory).node)


def new_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(os.urandom(32))


def ask(witness: Witness, log: SmallLog, *notes: bytes, seconds: float = 20.0) -> list[Reply]:
    """Have notes cosigned, one after the other, by a client that knows nothing of the witness."""

    async def run() -> list[Reply]:
        client = WitnessClient(witness, seconds)
        try:
            return [await client.cosign(note, log.prove) for note in notes]
        finally:
            await client.close()

    return asyncio.run(run())


def cosigners_of(note: bytes, vkeys: list[str]) -> list[str]:
    """Return the names of the witnesses, of these, whose cosignatures a note carries."""
    keys: list[Verifier] = [witness_key(vkey) for vkey in vkeys]
    return [one.witness.name for one in cosignatures(note, keys)]
