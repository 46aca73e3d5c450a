"""The address resolver: what a client sends never decides what is recorded for it."""

from ipaddress import ip_address

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.addresses import AddressPolicy, ProxyHeader, Source
from infra.networks import parse_address

TRUSTED = ("10.0.0.0/8", "127.0.0.0/8", "::1/128", "fd00::/8")
PROXY = ("10.0.0.1", 40000)
STRANGER = ("203.0.113.9", 40001)

XFF = AddressPolicy(ProxyHeader.X_FORWARDED_FOR, TRUSTED)
FORWARDED = AddressPolicy(ProxyHeader.FORWARDED, TRUSTED)
NONE = AddressPolicy(ProxyHeader.NONE, TRUSTED)


def _read(policy: AddressPolicy, peer: tuple[str, int] | None, *values: str) -> tuple:
    name = b"forwarded" if policy is FORWARDED else b"x-forwarded-for"
    found = policy.resolve(peer, [(name, value.encode("latin-1")) for value in values])
    client = found.client
    return (str(client.address), client.port) if client else (None, None)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("198.51.100.7",), ("198.51.100.7", None)),
        (("198.51.100.7:4711",), ("198.51.100.7", 4711)),
        (("6.6.6.6, 198.51.100.7",), ("198.51.100.7", None)),
        (("6.6.6.6, 198.51.100.7, 10.1.1.1, 10.2.2.2",), ("198.51.100.7", None)),
        (("6.6.6.6", "198.51.100.7"), ("198.51.100.7", None)),
        (("6.6.6.6", "198.51.100.7, 10.9.9.9"), ("198.51.100.7", None)),
        (("::ffff:198.51.100.7",), ("198.51.100.7", None)),
        (("[::ffff:198.51.100.7]:99",), ("198.51.100.7", 99)),
        (("2001:db8::7",), ("2001:db8::7", None)),
        (("[2001:db8::7]",), ("2001:db8::7", None)),
        (("[2001:db8::7]:443",), ("2001:db8::7", 443)),
        (("fe80::1%eth0",), ("fe80::1", None)),
        (("198.51.100.7, ::ffff:10.1.1.1",), ("198.51.100.7", None)),
        (("10.5.5.5, 10.6.6.6",), ("10.5.5.5", None)),
        (("198.51.100.7,,",), ("198.51.100.7", None)),
        (("6.6.6.6, unknown",), (None, None)),
        (("6.6.6.6, 198.51.100.07",), (None, None)),
        (("6.6.6.6, 198.51.100.7:99999",), (None, None)),
        (("6.6.6.6, 198.51.100.7:0",), (None, None)),
        (("6.6.6.6, [198.51.100.7]",), (None, None)),
        (("6.6.6.6, [2001:db8::7",), (None, None)),
        (("6.6.6.6, [2001:db8::7]x",), (None, None)),
        (("6.6.6.6, <script>",), (None, None)),
        (("6.6.6.6, 198.51.100.7 10.0.0.1",), (None, None)),
        (("6.6.6.6, 3325256711",), (None, None)),
        (("6.6.6.6, fe80::1%" + "z" * 40,), (None, None)),
        (("6.6.6.6, 198.51.100.\xb2",), (None, None)),
        ((", ".join(["10.1.1.1"] * 40),), (None, None)),
    ],
)
def test_x_forwarded_for_is_read_right_to_left(
    values: tuple[str, ...], expected: tuple[str, int]
) -> None:
    assert _read(XFF, PROXY, *values) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("for=198.51.100.7",), ("198.51.100.7", None)),
        (("For=198.51.100.7;proto=https;by=10.0.0.1",), ("198.51.100.7", None)),
        (('for="198.51.100.7:4711"',), ("198.51.100.7", 4711)),
        (('for="198.51.100.7:_hidden"',), ("198.51.100.7", None)),
        (('for="[2001:db8::7]:4711"',), ("2001:db8::7", 4711)),
        (('for="[::ffff:198.51.100.7]"',), ("198.51.100.7", None)),
        (("for=6.6.6.6, for=198.51.100.7, for=10.2.2.2",), ("198.51.100.7", None)),
        (("for=6.6.6.6", "for=198.51.100.7"), ("198.51.100.7", None)),
        (('for=6.6.6.6;x=", for=198.51.100.7;by="10.0.0.1"',), ("198.51.100.7", None)),
        (('for="6.6.6.6, for=198.51.100.7',), ("198.51.100.7", None)),
        (('for=6.6.6.6;x="\\", for=198.51.100.7',), ("198.51.100.7", None)),
        (("for=unknown",), (None, None)),
        (("for=_secret",), (None, None)),
        (("for=6.6.6.6, for=unknown",), (None, None)),
        (('for="2001:db8::7"',), (None, None)),
        (("for=6.6.6.6, proto=https",), (None, None)),
        (("for=6.6.6.6;for=198.51.100.7",), (None, None)),
        (("for=6.6.6.6, 198.51.100.7",), (None, None)),
        (('for="198.51\\.100.7"',), (None, None)),
    ],
)
def test_forwarded_is_read_right_to_left(
    values: tuple[str, ...], expected: tuple[str, int]
) -> None:
    assert _read(FORWARDED, PROXY, *values) == expected


@pytest.mark.parametrize("policy", [XFF, FORWARDED, NONE])
@pytest.mark.parametrize("value", ["6.6.6.6", "for=6.6.6.6", 'for="[2001:db8::6]"'])
def test_a_peer_outside_the_trusted_networks_is_recorded_itself(
    policy: AddressPolicy, value: str
) -> None:
    assert _read(policy, STRANGER, value) == STRANGER


def test_without_a_configured_header_even_a_trusted_peer_is_recorded_itself() -> None:
    assert _read(NONE, PROXY, "6.6.6.6") == PROXY


def test_the_header_that_is_not_configured_is_not_read() -> None:
    both = [(b"x-forwarded-for", b"6.6.6.6"), (b"forwarded", b"for=198.51.100.7")]
    found = FORWARDED.resolve(PROXY, both)
    assert found.client is not None
    assert found.client.address == ip_address("198.51.100.7")


def test_a_v4_mapped_peer_counts_as_its_ipv4_address() -> None:
    found = XFF.resolve(("::ffff:10.0.0.1", 5), [(b"X-Forwarded-For", b"198.51.100.7")])
    assert found.peer is not None
    assert (str(found.peer.address), found.source) == ("10.0.0.1", Source.X_FORWARDED_FOR)


def test_without_a_socket_peer_nothing_is_recorded() -> None:
    assert _read(XFF, None, "6.6.6.6") == (None, None)


def test_the_sealed_text_names_address_port_peer_source_and_policy() -> None:
    found = XFF.resolve(PROXY, [(b"x-forwarded-for", b"198.51.100.7:81")])
    assert orjson.loads(found.sealed_text()) == {
        "address": "198.51.100.7",
        "port": 81,
        "peer": "10.0.0.1",
        "source": "x-forwarded-for",
        "policy": XFF.version,
    }


def test_what_the_caller_asserts_stands_beside_what_was_seen() -> None:
    text = XFF.resolve(STRANGER, []).sealed_text(asserted=ip_address("198.51.100.7"))
    form = orjson.loads(text)
    assert (form["address"], form["asserted"]) == ("203.0.113.9", "198.51.100.7")


def test_the_policy_version_changes_with_the_configuration() -> None:
    other = AddressPolicy(ProxyHeader.X_FORWARDED_FOR, ("10.0.0.0/8",))
    assert len({XFF.version, FORWARDED.version, NONE.version, other.version}) == 4


@given(forged=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=200))
def test_nothing_left_of_what_the_proxy_appended_changes_the_result_xff(forged: str) -> None:
    assert _read(XFF, PROXY, f"{forged}, 198.51.100.7") == ("198.51.100.7", None)


@given(forged=st.text(st.sampled_from('for=6.";,\\:[] _x'), max_size=60))
def test_nothing_left_of_what_the_proxy_appended_changes_the_result_forwarded(forged: str) -> None:
    value = f'{forged}, for="198.51.100.7:81";proto=https;by=""'
    assert _read(FORWARDED, PROXY, value) == ("198.51.100.7", 81)


@given(text=st.text(max_size=60))
def test_whatever_parses_is_an_address_that_reads_back(text: str) -> None:
    address = parse_address(text)
    assert address is None or parse_address(str(address)) == address
