"""A command finds a running ledger by its data directory, and says what to do when none runs."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.connection import READY, Where, data_directory, find_ready, local_settings, settings_for
from domain.errors import Malformed, Unavailable
from infra.files import hold

SAID: dict[str, Any] = {
    "schema": 1,
    "url": "http://127.0.0.1:1",
    "data": "/somewhere",
    "tokens": {"agent": "t"},
    "customer_contract": "DEMO-1",
    "pids": {"supervisor": 1},
    "dsn": {"app": "postgresql://app", "follower": "postgresql://follower"},
    "kafka": None,
    "log": None,
}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LEDGER_DATA", "LEDGER_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_the_data_directory_is_given_or_set_or_var(monkeypatch: pytest.MonkeyPatch) -> None:
    assert data_directory(Where()) == Path("var")
    monkeypatch.setenv("LEDGER_DATA", "/set")
    assert data_directory(Where()) == Path("/set")
    assert data_directory(Where(data=Path("/given"))) == Path("/given")


def test_what_a_running_ledger_said_is_found(tmp_path: Path) -> None:
    with hold(tmp_path):
        (tmp_path / READY).write_text(json.dumps(SAID))
        ready = find_ready(tmp_path)
    assert ready.url == SAID["url"]
    assert ready.tokens == {"agent": "t"}


def test_what_a_killed_ledger_left_is_not_believed(tmp_path: Path) -> None:
    with hold(tmp_path):
        (tmp_path / READY).write_text(json.dumps(SAID))
    with pytest.raises(Unavailable, match="no ledger runs"):
        find_ready(tmp_path)


def test_a_ledger_that_is_starting_is_named_so(tmp_path: Path) -> None:
    with hold(tmp_path), pytest.raises(Unavailable, match="still starting"):
        find_ready(tmp_path)


@pytest.mark.parametrize("left", ["", "{}", '{"schema": 2, "more": true}', "[]"])
def test_what_another_version_said_is_refused(tmp_path: Path, left: str) -> None:
    with hold(tmp_path):
        (tmp_path / READY).write_text(left)
        with pytest.raises(Unavailable, match="another version"):
            find_ready(tmp_path)


def test_settings_are_those_of_the_running_ledger(tmp_path: Path) -> None:
    with hold(tmp_path):
        (tmp_path / READY).write_text(json.dumps(SAID))
        settings = settings_for(find_ready(tmp_path))
    assert settings.data == Path("/somewhere")
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://app"
    assert settings.database_owner_url is None


def test_a_named_database_needs_nothing_that_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LEDGER_DATABASE_URL", "postgresql://elsewhere")
    settings = local_settings(Where(data=tmp_path / "nothing"))
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://elsewhere"


def test_a_ledger_far_away_has_no_local_settings() -> None:
    with pytest.raises(Malformed, match="--url"):
        local_settings(Where(url="http://far.example", token="t"))
