"""The key-encryption key: made once, readable by its owner alone, never shown."""

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from domain.errors import Unavailable
from infra.keys import Kek, KekFile, create_kek_file, kek_of_text
from infra.keys.opening import open_keks, open_keys
from infra.settings import read_settings

SECRET = bytes(range(32))
TEXT = base64.b64encode(SECRET).decode()


def test_a_new_file_is_private_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "kek"
    create_kek_file(path)
    before = path.read_bytes()
    create_kek_file(path)
    assert path.read_bytes() == before
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["kek"]


def test_of_many_that_make_it_at_once_one_wins(tmp_path: Path) -> None:
    def make(_: int) -> str:
        create_kek_file(tmp_path / "kek")
        return KekFile(tmp_path / "kek").all()[0].id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(make, range(32)))) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["kek"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o777])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "kek"
    create_kek_file(path)
    path.chmod(mode)
    with pytest.raises(Unavailable, match="chmod 600"):
        KekFile(path)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be read"):
        KekFile(tmp_path / "kek")
    with pytest.raises(Unavailable, match="no key-encryption key can be made"):
        create_kek_file(tmp_path / "nowhere" / "kek")


@pytest.mark.parametrize("text", ["", "short", "c2hvcnQ=", TEXT + TEXT, TEXT[:-1], "ünïcode"])
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(Unavailable) as refused:
        kek_of_text(text)
    assert text == "" or text not in str(refused.value)


def test_a_repr_names_the_key_and_does_not_show_it() -> None:
    kek = kek_of_text(TEXT + "\n")
    assert repr(kek) == f"Kek({kek.id})"
    assert kek.id == Kek(SECRET).id != Kek(bytes(32)).id


def test_the_setting_wins_over_the_file(tmp_path: Path) -> None:
    first = list(open_keks(read_settings(data=tmp_path)).by_id())
    assert list(open_keks(read_settings(data=tmp_path)).by_id()) == first
    assert list(open_keks(read_settings(data=tmp_path, kek=TEXT)).by_id()) == [Kek(SECRET).id]


def test_a_data_directory_gets_its_keys_at_the_first_start(tmp_path: Path) -> None:
    keys = open_keys(read_settings(data=tmp_path))
    secret = keys.secret("commands")
    keys.close()
    again = open_keys(read_settings(data=tmp_path))
    assert again.secret("commands") == secret
    again.close()
    assert {"kek", "keys.sqlite"} <= {file.name for file in tmp_path.iterdir()}
