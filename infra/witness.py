"""Asks a witness to cosign a checkpoint (C2SP tlog-witness, "add-checkpoint").

Nothing that a witness says is believed but a cosignature that fits. It gets a set time and so many
bytes for its answer, headers and all, whatever it does with them.
"""

import asyncio
import re
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import httpx

from domain.checkpoint import TreeHead
from domain.errors import Integrity, Malformed
from infra.cosignatures import Cosignature, cosignatures
from infra.notes import Verifier, parse_note
from infra.tilefiles import head_of

Prove = Callable[[int, int], Sequence[bytes]]
"""Returns the consistency proof between two sizes of the tree; empty from size 0."""

_CONFLICT: Final = 409
_LONGEST_ANSWER: Final = 65_536
_TRIES: Final = 3
_AHEAD_SECONDS: Final = 300
_SIZE: Final = re.compile(rb"(0|[1-9][0-9]{0,18})\n")
_HEADERS: Final = {
    "Accept-Encoding": "identity",
    "Content-Type": "text/plain; charset=utf-8",
    "User-Agent": "ticket-ledger",
}


class Standing(StrEnum):
    """How a witness stands to the log."""

    UNASKED = "unasked"
    COSIGNS = "cosigns"
    SILENT = "silent"
    """No answer in time, or no connection."""
    INVALID = "invalid"
    """An answer that the protocol does not know, or a signature that does not fit."""
    UNKNOWN = "unknown"
    """It does not know the log's origin or key."""
    CONTRADICTS = "contradicts"
    """It has seen a tree that ours does not begin with: somebody shows two."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness: its key, and the prefix of the URL where checkpoints are submitted."""

    key: Verifier
    url: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a request to cosign; `cosignature` is there when the standing is COSIGNS."""

    standing: Standing
    detail: str = ""
    cosignature: Cosignature | None = None


class WitnessClient:
    """One witness, as asked from one event loop over a connection that is kept."""

    def __init__(self, witness: Witness, seconds: float) -> None:
        self._witness = witness
        self._seconds = seconds
        self._url = f"{witness.url.rstrip('/')}/add-checkpoint"
        self._http = httpx.AsyncClient(timeout=seconds, follow_redirects=False, headers=_HEADERS)
        self._held = 0  # told with a 409 when it is another one: after a start, in a new epoch

    async def close(self) -> None:
        """Close the connection."""
        await self._http.aclose()

    async def cosign(self, note: bytes, prove: Prove) -> Reply:
        """Ask for a cosignature of a checkpoint, for at most the set time.

        Raises what `prove` raises, and Malformed for a note that is no checkpoint.
        """
        head = head_of(note)
        try:
            async with asyncio.timeout(self._seconds):
                return await self._converse(note, head, prove)
        except (Malformed, Integrity) as error:
            return Reply(Standing.INVALID, f"an answer against the protocol: {error}")
        except TimeoutError:
            return Reply(Standing.SILENT, f"no answer within {self._seconds:g} s")
        except (httpx.HTTPError, OSError) as error:
            return Reply(Standing.SILENT, f"no answer ({type(error).__name__})")

    async def _converse(self, note: bytes, head: TreeHead, prove: Prove) -> Reply:
        """Ask from the size that the witness holds, which it tells when it is another one."""
        for _ in range(_TRIES):
            old = self._held if self._held <= head.size else 0
            status, body = await self._post(submission(note, old, prove(old, head.size)))
            if status != _CONFLICT:
                return self._meaning(note, head, status, body)
            told = _SIZE.fullmatch(body)
            if told is None:
                raise Malformed("409 without the size that it holds")
            self._held = int(told[1])
            if self._held > head.size:
                return Reply(
                    Standing.CONTRADICTS,
                    f"it has seen a tree of {self._held} events, this one has {head.size}",
                )
        raise Malformed("409 for the size that it told itself")

    def _meaning(self, note: bytes, head: TreeHead, status: int, body: bytes) -> Reply:
        match status:
            case 200:
                return Reply(Standing.COSIGNS, "", self._cosignature(note, head, body))
            case 422:
                return Reply(
                    Standing.CONTRADICTS,
                    f"the tree of {head.size} events does not begin with the one it has seen",
                )
            case 403 | 404:
                return Reply(Standing.UNKNOWN, f"it does not know the log or its key ({status})")
            case _:
                raise Malformed(f"status {status}")

    def _cosignature(self, note: bytes, head: TreeHead, body: bytes) -> Cosignature:
        if parse_note(note + body).text != head.text():
            raise Malformed("lines of signatures and nothing else are wanted")
        found = cosignatures(note + body, [self._witness.key])
        if not found:
            raise Integrity("no signature of its key")
        if found[0].at > time.time() + _AHEAD_SECONDS:
            raise Integrity("a cosignature from the future")
        self._held = head.size
        return found[0]

    async def _post(self, body: bytes) -> tuple[int, bytes]:
        held = bytearray()
        async with self._http.stream("POST", self._url, content=body) as answer:
            async for piece in answer.aiter_raw():
                held += piece
                if len(held) > _LONGEST_ANSWER:
                    raise Malformed(f"more than {_LONGEST_ANSWER} bytes")
            return answer.status_code, bytes(held)


def submission(note: bytes, old: int, proof: Sequence[bytes]) -> bytes:
    """Return a request's body: the size to go on from, the proof from there, the checkpoint."""
    lines = [f"old {old}", *(b64encode(step).decode() for step in proof)]
    return "\n".join(lines).encode() + b"\n\n" + note
