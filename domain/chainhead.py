"""The head of a chain as text: what is signed of a contract or a stream (docs/format.md).

It says how many events the chain has in a tree of the log and with which one it ends, so that an
event left out of a history shows. No checkpoint can be mistaken for it, nor it for one: where a
checkpoint has its size alone, the second line names the chain.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from domain.checkpoint import MAX_SIZE
from domain.errors import Integrity, Malformed
from domain.merkle import HASH_BYTES
from domain.stream import Stream, StreamKind
from domain.values import is_code

SUFFIX: Final = "/head"
"""What follows the log's origin in the first line, and in the name of the key that signs."""

Chain = str | Stream
"""All events under a contract, by its number, or all events of a stream."""

_NUMBER: Final = r"([1-9][0-9]{0,18})"
_HASH: Final = r"([0-9a-f]{64})"
_FORM: Final = re.compile(
    rf"([^\s+]{{1,200}}){SUFFIX}\n([ -~]{{1,100}})\ncount {_NUMBER}\nposition {_NUMBER}\n"
    rf"last {_HASH}\nsize {_NUMBER}\nroot {_HASH}\n"
)


def chain_text(chain: Chain) -> str:
    """Return a chain's name: `contract NUMBER` or `stream KIND ID`; raise Malformed."""
    if isinstance(chain, Stream):
        return f"stream {chain.kind} {chain.id}"
    if not is_code(chain):
        raise Malformed("not a contract's number", "chain")
    return f"contract {chain}"


def parse_chain(text: str) -> Chain:
    """Return the chain that a text names; raise Malformed."""
    match text.split(" "):
        case ["contract", number] if is_code(number):
            return number
        case ["stream", kind, name]:
            try:
                stream = Stream(StreamKind(kind), UUID(name))
            except ValueError:
                raise Malformed("no such kind of stream, or not an id", "chain") from None
            if str(stream.id) == name:
                return stream
    raise Malformed("`contract NUMBER` or `stream KIND ID` is wanted", "chain")


@dataclass(frozen=True, slots=True)
class ChainHead:
    """How a chain ends within the first `size` events of the log `origin`.

    It has `count` events there; the last one is at `position` and has the leaf hash `last`. `root`
    is that of the tree of `size` leaves.
    """

    origin: str
    chain: Chain
    count: int
    position: int
    last: bytes
    size: int
    root: bytes

    @property
    def name(self) -> str:
        """Return the text's first line, which is also the name of the key that signs it."""
        return self.origin + SUFFIX

    def text(self) -> str:
        """Return the text that is signed; raise Malformed for what is no head."""
        if not 1 <= self.count <= self.position <= self.size <= MAX_SIZE:
            raise Malformed("no such number of events in a tree of this size", "count")
        if len(self.last) != HASH_BYTES or len(self.root) != HASH_BYTES:
            raise Malformed(f"not a hash of {HASH_BYTES} bytes")
        return (
            f"{self.name}\n{chain_text(self.chain)}\ncount {self.count}\n"
            f"position {self.position}\nlast {self.last.hex()}\n"
            f"size {self.size}\nroot {self.root.hex()}\n"
        )


def parse_chain_head(text: str) -> ChainHead:
    """Return what a text says; raise Malformed for what is not in this form, to the byte."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise Malformed("not the head of a chain")
    origin, chain, count, position, last, size, root = match.groups()
    head = ChainHead(
        origin,
        parse_chain(chain),
        int(count),
        int(position),
        bytes.fromhex(last),
        int(size),
        bytes.fromhex(root),
    )
    head.text()  # refuses numbers that cannot be
    return head


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One event of a chain: its number there, the leaf hash before it, its own leaf hash."""

    number: int
    previous: bytes | None
    leaf: bytes


def check_chain(head: ChainHead, links: Iterable[ChainLink]) -> None:
    """Raise Integrity unless these are all events of the chain, in order, up to its head."""
    name, count, last = chain_text(head.chain), 0, None
    for link in links:
        if link.number != count + 1:
            raise Integrity(f"{name}: event {count + 1} is missing, {link.number} follows")
        if link.previous != last:
            raise Integrity(f"{name}: event {link.number} does not follow the one before it")
        count, last = link.number, link.leaf
    if count != head.count:
        raise Integrity(f"{name}: the head says {head.count} events, here are {count}")
    if last != head.last:
        raise Integrity(f"{name}: the head ends with another event")
