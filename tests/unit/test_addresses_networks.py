"""Addresses and networks have one form each; known networks have names."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Malformed
from infra.networks import Address, Labels, network_of, parse_address
from infra.settings import read_settings
from projections.addresses import addresses_in

ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))
PREFIX = {4: 24, 6: 64}


@given(st.ip_addresses(v=4))
def test_one_address_has_one_form_however_it_is_written(address: IPv4Address) -> None:
    mapped = IPv6Address(f"::ffff:{address}")
    ways = (str(address), str(mapped), mapped.exploded, mapped.exploded.upper(), f"{mapped}%eth0")
    assert {parse_address(way) for way in ways} == {address}


@given(st.ip_addresses(v=6))
def test_an_ipv6_address_has_one_form_too(address: IPv6Address) -> None:
    ways = {parse_address(way) for way in (str(address), address.exploded.upper(), f"{address}%1")}
    assert ways == {address.ipv4_mapped or address}


@given(ADDRESSES, st.integers(min_value=0))
def test_neighbours_are_one_network_and_others_are_not(address: Address, other: int) -> None:
    host = address.max_prefixlen - PREFIX[address.version]
    around = network_of(address)
    assert address in around
    assert around.prefixlen == PREFIX[address.version]
    near = type(address)(int(address) ^ (other % 2**host))
    assert network_of(near) == around
    far = type(address)(int(address) ^ (1 << host))
    assert network_of(far) != around


@given(ADDRESSES, st.data())
def test_the_smallest_known_network_names_an_address(address: Address, data: st.DataObject) -> None:
    lengths = data.draw(
        st.lists(st.integers(0, address.max_prefixlen), min_size=1, max_size=5, unique=True)
    )
    entries = [f"{ip_network(f'{address}/{one}', strict=False)}=n{one}" for one in lengths]
    if any(entry.startswith("::ffff:") for entry in entries):
        return
    assert Labels(entries).of(address) == f"n{max(lengths)}"
    flipped = type(address)(int(address) ^ (1 << address.max_prefixlen - 1))
    assert Labels(entries).of(flipped) == ("n0" if 0 in lengths else None)


def test_no_known_network_names_nothing() -> None:
    assert Labels().of(ip_address("192.0.2.1")) is None
    assert Labels(["192.0.2.0/24=office"]).of(ip_address("2001:db8::1")) is None


@pytest.mark.parametrize(
    "entry",
    [
        *("192.0.2.0/24", "192.0.2.1/24=office", "=x", "192.0.2.0/24=", "office=192.0.2.0/24"),
        *(
            "192.0.2.0/24=two words",
            "192.0.2.0/33=x",
            "::ffff:192.0.2.0/120=x",
            f"::/64={'n' * 65}",
        ),
    ],
)
def test_what_names_no_network_is_refused(entry: str, tmp_path: Path) -> None:
    with pytest.raises(Malformed) as refused:
        read_settings(data=tmp_path, labelled_networks=(entry,))
    assert "LEDGER_LABELLED_NETWORKS" in str(refused.value)
    assert entry not in str(refused.value)


def test_a_network_named_twice_is_refused(tmp_path: Path) -> None:
    entries = ("192.0.2.0/24=a", "192.0.2.0/24=b")
    with pytest.raises(Malformed, match="named twice"):
        read_settings(data=tmp_path, labelled_networks=entries)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"address":"192.0.2.1","port":1}', [(False, "192.0.2.1")]),
        (
            '{"address":"::ffff:192.0.2.1","asserted":"2001:DB8::1"}',
            [(False, "192.0.2.1"), (True, "2001:db8::1")],
        ),
        ('{"address":null,"asserted":"not one"}', []),
        ("", []),
        ("192.0.2.1", []),
        ("[1]", []),
    ],
)
def test_what_an_event_says_of_addresses_is_read(text: str, found: list[tuple[bool, str]]) -> None:
    assert [(asserted, str(one)) for asserted, one in addresses_in(text)] == found
