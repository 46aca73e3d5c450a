"""Addresses and networks in one form each, and the names of known networks."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from domain.errors import Malformed
from domain.values import is_code

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST: Final = 80
"""Characters of the longest address with a zone."""

_ZONE: Final = re.compile(r"%[A-Za-z0-9._~-]{1,32}$")
_AROUND: Final = {4: 24, 6: 64}
_MAPPED: Final = IPv6Network("::ffff:0:0/96")


def parse_address(text: str) -> Address | None:
    """Return the address that `text` is: zone dropped, IPv4 in IPv6 unwrapped; None if none."""
    bare = _ZONE.sub("", text)
    if len(text) > LONGEST or not text.isascii() or "%" in bare:
        return None
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def network_of(address: Address) -> Network:
    """Return the network that counts as one place: /24 of IPv4, /64 of IPv6."""
    return ip_network(f"{address}/{_AROUND[address.version]}", strict=False)


class Labels:
    """The names of known networks, such as offices and agencies; of nested ones the inner counts.

    An entry is `CIDR=name`. Raises Malformed for one that is not, and for a network named twice.
    """

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self._names: dict[tuple[int, int, int], str] = {}
        for entry in entries:
            network, name = _named(entry)
            key = _key(network.network_address, network.prefixlen)
            if self._names.setdefault(key, name) != name:
                raise Malformed("a network is named twice", "labelled_networks")
        self._lengths = {
            version: sorted({key[1] for key in self._names if key[0] == version}, reverse=True)
            for version in _AROUND
        }

    def of(self, address: Address) -> str | None:
        """Return the name of the smallest known network around an address; None: not known."""
        for length in self._lengths[address.version]:
            name = self._names.get(_key(address, length))
            if name is not None:
                return name
        return None


def _key(address: Address, length: int) -> tuple[int, int, int]:
    return address.version, length, int(address) >> (address.max_prefixlen - length)


def _named(entry: str) -> tuple[Network, str]:
    text, equals, name = entry.partition("=")
    try:
        network = ip_network(text)
    except ValueError:
        raise Malformed(
            "is no CIDR=name, such as 192.0.2.0/24=office", "labelled_networks"
        ) from None
    if not equals or not is_code(name):
        raise Malformed("a name has 1 to 64 letters, digits or ._-", "labelled_networks")
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        raise Malformed("write IPv4 networks as IPv4", "labelled_networks")
    return network, name
