"""A zip that somebody made to harm its reader is refused before anything of it is read."""

import struct
import zipfile
from pathlib import Path

import pytest

from domain.errors import Malformed
from infra.bundle.alone_checks import BAD, Bag
from infra.bundle.reader import opening

SIZE = 50_000_000


def refused(path: Path) -> None:
    """Require that both readers refuse a zip."""
    with pytest.raises(Malformed), opening(path):
        pass
    with pytest.raises((zipfile.BadZipFile, OSError, *BAD)):
        Bag(str(path))


def zip_of(path: Path, *names: str, compression: int = zipfile.ZIP_STORED) -> Path:
    """Write a zip with a file of each name."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), b"x" * 100, compression)
    return path


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "bag/../../x",
        "bag/./x",
        "bag",
        "bag/",
        "bag/a/b/c/d",
        "bag/a b",
        "bag/\u202e",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    refused(zip_of(tmp_path / "x.zip", name))


def test_two_folders_at_the_top_are_refused(tmp_path: Path) -> None:
    refused(zip_of(tmp_path / "x.zip", "one/a", "two/a"))


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning:zipfile")
def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    refused(zip_of(tmp_path / "x.zip", "bag/a", "bag/a"))


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bag/a", bytes(SIZE))
    assert path.stat().st_size < SIZE / 100
    refused(path)


def test_a_file_that_says_it_is_larger_than_the_zip_is_refused(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "x.zip", "bag/a")
    raw = bytearray(path.read_bytes())
    entry = raw.index(b"PK\x01\x02")
    raw[entry + 20 : entry + 28] = struct.pack("<II", SIZE, SIZE)
    path.write_bytes(bytes(raw))
    refused(path)


def test_files_that_lie_over_each_other_are_refused(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "x.zip", *(f"bag/{number}" for number in range(50)))
    raw = bytearray(path.read_bytes())
    at = raw.index(b"PK\x01\x02")
    while (at := raw.find(b"PK\x01\x02", at + 1)) != -1:
        raw[at + 20 : at + 28] = struct.pack("<II", 5_000, 5_000)
        raw[at + 42 : at + 46] = struct.pack("<I", 0)
    path.write_bytes(bytes(raw))
    refused(path)


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x05\x06" + bytes(18), b"x" * 1000])
def test_what_is_no_zip_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    refused(path)
