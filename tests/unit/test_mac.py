"""Our HMAC is HMAC."""

import hmac

from hypothesis import given
from hypothesis import strategies as st

from infra.mac import mac


@given(key=st.binary(max_size=200), message=st.binary(max_size=3000))
def test_it_equals_the_standard_librarys(key: bytes, message: bytes) -> None:
    assert mac(key, message) == hmac.digest(key, message, "sha256")


def test_it_gives_the_value_of_rfc_4231() -> None:
    """RFC 4231, section 4.2."""
    value = mac(b"\x0b" * 20, b"Hi There")
    assert value.hex() == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
