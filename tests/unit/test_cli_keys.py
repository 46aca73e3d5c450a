"""`ledger keys`: made once, shown, replaced; files that others may read are refused."""

import base64
from pathlib import Path
from typing import Any

import orjson
import pytest

from cli.main import run
from infra.notes import Verifier
from projections.log import About, announce


def keys(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = run(["keys", *arguments])
    text = capsys.readouterr().out
    return code, orjson.loads(text) if text.startswith("{") else text


def test_a_key_is_made_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--data", str(tmp_path), "--json")
    code, told = keys(capsys, "new", *where)
    assert code == 0
    assert [key["retired_at"] for key in told["keys"]] == [None]
    assert (tmp_path / "log" / "signing-key").stat().st_mode & 0o777 == 0o600
    assert keys(capsys, "new", *where)[0] == 4
    assert keys(capsys, "show", *where) == (0, told)


def test_a_rotated_key_stays_in_the_history(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--data", str(tmp_path), "--json")
    before = keys(capsys, "new", *where)[1]["keys"][0]
    old = (tmp_path / "log" / "signing-key").read_bytes()
    code, told = keys(capsys, "rotate", *where)
    assert code == 0
    first, second = told["keys"]
    assert first["public"] == before["public"] != second["public"]
    assert first["retired_at"] is not None
    assert second["retired_at"] is None
    assert (tmp_path / "log" / "signing-key").read_bytes() != old


def test_keys_carry_the_origin_once_it_is_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--data", str(tmp_path), "--json")
    assert keys(capsys, "new", *where)[1]["origin"] is None
    announce(tmp_path, About("log.example.net/1", "", 1))
    told = keys(capsys, "show", *where)[1]
    assert told["origin"] == "log.example.net/1"
    assert Verifier.parse(told["keys"][0]["vkey"]).name == "log.example.net/1"
    assert "signs now" in keys(capsys, "show", "--data", str(tmp_path))[1]


def test_a_key_from_the_environment_is_replaced_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_LOG_KEY", base64.b64encode(bytes(32)).decode())
    assert keys(capsys, "new", "--data", str(tmp_path))[0] == 4
    assert keys(capsys, "rotate", "--data", str(tmp_path))[0] == 4
    assert not (tmp_path / "log").exists()
