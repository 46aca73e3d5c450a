"""What a bag says that it is of, and which chains belong to that."""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

import msgspec

from domain.chainhead import Chain, chain_text, parse_chain
from domain.errors import Malformed
from domain.stream import Stream, StreamKind
from infra.bundle import layout
from infra.bundle.reader import BagReader
from infra.bundle.told import data_of
from infra.envelope import Envelope
from infra.notes import MAX_BYTES

_TICKETS: Final = frozenset({"DisputeOpened", "ClaimReceived"})
_CONTRACTS: Final = frozenset({"DisputeOpened", "DisputeAttached"})


class About(msgspec.Struct, frozen=True):
    """What `export.json` says of the bag, as far as it is checked."""

    chain: str
    chains: tuple[str, ...]
    as_of_position: int

    @property
    def of(self) -> Chain:
        """Return the chain of what was exported; raise Malformed."""
        return parse_chain(self.chain)

    @property
    def whole(self) -> tuple[Chain, ...]:
        """Return every chain that has to be here whole; raise Malformed."""
        return tuple(map(parse_chain, self.chains))


def about_of(bag: BagReader) -> About:
    """Return what a bag says that it is of; raise Malformed, Integrity."""
    try:
        return msgspec.json.decode(bag.read(layout.PAYLOAD + layout.ABOUT, MAX_BYTES), type=About)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Malformed("cannot be read", layout.ABOUT) from None


def named_in(parts: Envelope, of: Chain) -> Iterator[Chain]:
    """Yield the chains that an event of an exported dispute names: they belong to its bag."""
    if Stream(parts.stream.kind, parts.stream.id) != of or parts.stream.kind != StreamKind.DISPUTE:
        return
    data = data_of(parts)
    ticket, contract = data.get("ticket"), data.get("contract")
    try:
        if parts.type in _TICKETS:
            yield Stream(StreamKind.TICKET, UUID(str(ticket)))
        if parts.type in _CONTRACTS and contract is not None:
            yield parse_chain(f"contract {contract}")
    except ValueError:
        raise Malformed("not a ticket's id", "data.ticket") from None


def subject_of(bag: BagReader) -> tuple[str, int]:
    """Return the chain that a bag is of, and as of which position; raise Malformed, Integrity."""
    about = about_of(bag)
    return chain_text(about.of), about.as_of_position
