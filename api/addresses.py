"""Where a request came from, as evidence: a client cannot choose the address recorded for it.

The peer of the socket counts, unless it lies in a trusted network and exactly one header is
configured. Then the header's hops are read from right to left, each written by the one to its
right, for as long as the writer is trusted. What is malformed is never recorded as an address.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_network
from typing import Final

import orjson

from infra.networks import Address, Network, parse_address

Headers = Iterable[tuple[bytes, bytes]]

MAX_HOPS: Final = 32
"""Proxies in a row that are followed; a longer chain says nothing believable."""

_PEERS: Final = 4096
"""Connections whose peer need not be parsed again with each request."""

LAST_PORT: Final = 65535

_PORT: Final = re.compile(r"[0-9]{1,5}")
_PAIR: Final = re.compile(
    r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)|\"([^\"\\]*)\")\s*"
)


class ProxyHeader(StrEnum):
    """The one header that the trusted proxies write."""

    NONE = "none"
    X_FORWARDED_FOR = "X-Forwarded-For"
    FORWARDED = "Forwarded"


class Source(StrEnum):
    """How an address was determined; `undetermined`: a trusted proxy named no address."""

    PEER = "peer"
    X_FORWARDED_FOR = "x-forwarded-for"
    FORWARDED = "forwarded"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class Hop:
    """An address and the port, where known."""

    address: Address
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """Where a request came from, and how that is known."""

    client: Hop | None
    peer: Hop | None
    source: Source
    policy: str

    def sealed_text(self, asserted: Address | None = None) -> str:
        """Return the JSON that is sealed in the event; `asserted` is only what the caller says."""
        client, peer = self.client, self.peer
        form = {
            "address": str(client.address) if client else None,
            "port": client.port if client else None,
            "peer": str(peer.address) if peer else None,
            "source": self.source,
            "policy": self.policy,
        }
        if asserted is not None:
            form["asserted"] = str(asserted)
        return orjson.dumps(form).decode()


class AddressPolicy:
    """Which header is believed, from whom; `version` names this configuration in every event."""

    def __init__(self, header: ProxyHeader, trusted: Iterable[str]) -> None:
        self.header = header
        self.trusted: tuple[Network, ...] = tuple(ip_network(text) for text in trusted)
        config = f"{header}|{','.join(sorted(map(str, self.trusted)))}"
        self.version = f"1-{hashlib.sha256(config.encode()).hexdigest()[:12]}"
        self._name = header.lower().encode()

    def resolve(self, peer: tuple[str, int] | None, headers: Headers) -> Resolved:
        """Return where a request with this socket peer and these headers came from."""
        here = _peer(peer)
        if here is None or self.header is ProxyHeader.NONE or not self._trusts(here.address):
            return Resolved(here, here, Source.PEER, self.version)
        lines = [value for name, value in headers if name.lower() == self._name]
        if not lines:
            return Resolved(here, here, Source.PEER, self.version)
        client = self._walk(lines)
        source = Source(self.header.lower()) if client else Source.UNDETERMINED
        return Resolved(client, here, source, self.version)

    def _walk(self, lines: list[bytes]) -> Hop | None:
        read = forwarded_hop if self.header is ProxyHeader.FORWARDED else node
        hop: Hop | None = None
        for count, element in enumerate(_elements(lines, quoted=read is forwarded_hop)):
            hop = read(element) if count < MAX_HOPS else None
            if hop is None or not self._trusts(hop.address):
                return hop
        return hop

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self.trusted)


@lru_cache(_PEERS)
def _peer(peer: tuple[str, int] | None) -> Hop | None:
    if peer is None:
        return None
    address = parse_address(peer[0])
    return Hop(address, peer[1] or None) if address else None


def node(text: str) -> Hop | None:
    """Read `ADDRESS`, `ADDRESS:PORT` or `[IPv6]:PORT`; None when it is anything else."""
    if text.startswith("["):
        inner, bracket, rest = text[1:].partition("]")
        if not bracket or ":" not in inner or (rest and not rest.startswith(":")):
            return None
        return _hop(inner, rest[1:] if rest else None)
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return _hop(host, port)
    return _hop(text, None)


def _hop(host: str, port: str | None) -> Hop | None:
    address = parse_address(host)
    if address is None:
        return None
    if port is None:
        return Hop(address)
    if not _PORT.fullmatch(port) or not 0 < int(port) <= LAST_PORT:
        return None
    return Hop(address, int(port))


def forwarded_hop(element: str) -> Hop | None:
    """Read the `for` of an RFC 7239 element; None for `unknown`, `_hidden`, what is malformed."""
    found: str | None = None
    for pair in _split_right(element, ";"):
        match = _PAIR.fullmatch(pair)
        if match is None:
            return None
        if match[1].lower() == "for":
            if found is not None:
                return None
            found = match[2] if match[2] is not None else match[3]
    if found is None:
        return None
    host, _, port = found.rpartition(":")
    hidden_port = re.fullmatch(r"_[A-Za-z0-9._-]+", port)
    if hidden_port and host:
        found = host
    if ":" in found and not found.startswith("[") and found.count(":") > 1:
        return None  # RFC 7239, section 6: an IPv6 address stands in brackets
    return node(found)


def _elements(lines: list[bytes], *, quoted: bool) -> Iterator[str]:
    """Yield the list elements of all lines of the header, the last first; empty ones count not.

    From the right, because only there a trusted proxy wrote: a quote that a client left open
    must not swallow what the proxy appended.
    """
    for line in reversed(lines):
        text = line.decode("latin-1")
        parts = _split_right(text, ",") if quoted else reversed(text.split(","))
        for part in parts:
            if stripped := part.strip(" \t"):
                yield stripped


def _split_right(text: str, separator: str) -> Iterator[str]:
    """Split at the separators outside quoted strings, reading from the right end."""
    end, inside = len(text), False
    for at in range(len(text) - 1, -1, -1):
        char = text[at]
        if char == '"':
            first = at
            while first and text[first - 1] == "\\":
                first -= 1
            inside ^= (at - first) % 2 == 0  # an odd run of backslashes escapes the quote
        elif char == separator and not inside:
            yield text[at + 1 : end]
            end = at
    yield text[:end]
