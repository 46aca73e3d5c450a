"""The search for personal data finds it however it is written."""

import base64
import json
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import pytest
from support.plaintext import PREFIX, Hit, Markers, search, search_files


def hits(data: bytes, markers: Markers) -> list[Hit]:
    return list(search(data, "here", markers.needles()))


WRITTEN: dict[str, Callable[[str], bytes]] = {
    "utf-8": lambda s: s.encode(),
    "upper case": lambda s: s.upper().encode(),
    "utf-16-le": lambda s: s.encode("utf-16-le"),
    "utf-16-be": lambda s: s.encode("utf-16-be"),
    "hex": lambda s: s.encode().hex().encode(),
    "upper hex": lambda s: s.encode().hex().upper().encode(),
    "json": lambda s: json.dumps(s).encode(),
    "escapes": lambda s: "".join(f"\\u{ord(c):04X}" for c in s).encode(),
    "base64 at 0": lambda s: base64.b64encode(s.encode()),
    "base64 at 1": lambda s: base64.b64encode(b"x" + s.encode()),
    "base64 at 2": lambda s: base64.b64encode(b"xy" + s.encode()),
    "url-safe base64": lambda s: base64.urlsafe_b64encode(b"\xff\xfe" + s.encode()),
    "lower case base64": lambda s: base64.b64encode(b"x" + s.lower().encode()),
}


@pytest.mark.parametrize("how", WRITTEN)
@pytest.mark.parametrize("before", [0, 1, 4095])
def test_a_marker_is_found(how: str, before: int) -> None:
    markers = Markers()
    data = b"\0" * before + WRITTEN[how](markers.text("subject")) + b"\xff" * 50
    assert hits(data, markers)


@pytest.mark.parametrize("how", WRITTEN)
def test_a_value_of_fixed_form_is_found(how: str) -> None:
    markers = Markers()
    data = b"born " + WRITTEN[how](markers.exact("1931-07-19")) + b" there"
    assert hits(data, markers)


def test_a_version_6_address_is_found_as_its_bytes() -> None:
    markers = Markers()
    address = markers.exact("2001:db8:5a3c:9e01::77aa")
    assert hits(b"\x00\x03" + ip_address(address).packed + b"\x80", markers)


@pytest.mark.parametrize("shift", range(3))
def test_base64_is_recognised_whatever_stands_around(shift: int) -> None:
    markers = Markers()
    around = "é%" * 7
    text = around.encode()[:shift] + markers.text("text").encode() + around.encode()
    assert hits(base64.b64encode(text), markers)


def test_other_texts_are_not_taken_for_markers() -> None:
    markers = Markers()
    markers.text("subject")
    markers.exact("1931-07-19")
    assert (
        hits(b"1931-07-18 " + PREFIX[:-1].encode() + b" " + bytes(range(256)) * 99, markers) == []
    )


def test_a_short_value_is_no_marker() -> None:
    with pytest.raises(ValueError, match="short"):
        Markers().exact("ZW")


def test_files_and_their_names_are_searched(tmp_path: Path) -> None:
    markers = Markers()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "leak").write_bytes(b"..." + markers.text("a").encode())
    (tmp_path / f"{markers.word('b')}.txt").write_bytes(b"")
    places = {hit.place for hit in search_files([tmp_path], markers.needles())}
    assert len(places) == 2
