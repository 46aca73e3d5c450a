"""Logs are lines of JSON that never repeat what an exception says: it may quote somebody."""

import json

import pytest

from infra import logs


def test_an_exception_is_told_by_type_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    try:
        int("Ada Lovelace, ada@example.net")
    except ValueError:
        logs.logger("test").exception("it failed", position=7)
    said = json.loads(capsys.readouterr().err)
    assert said["error"] == "ValueError"
    assert said["position"] == 7
    assert any("test_logs.py" in place for place in said["at"])
    assert "Ada" not in json.dumps(said)


def test_less_severe_messages_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("warning")
    logs.logger("test").info("unimportant")
    logs.logger("test").warning("important")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == [
        "important"
    ]
    logs.configure("info")


def test_a_line_says_when_where_and_how_severe(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    logs.logger("supervisor").info("child started again", child="api")
    said = json.loads(capsys.readouterr().err)
    assert said["area"] == "supervisor"
    assert said["level"] == "info"
    assert said["timestamp"].endswith("Z")
