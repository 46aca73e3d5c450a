"""A part of a running ledger is told what it has a use for, and nothing that is for others."""

from pathlib import Path

import pytest

from cli.surroundings import Surroundings
from infra.postgres import Role
from infra.settings import read_settings

URLS = {
    Role.APP: "LEDGER_DATABASE_URL",
    Role.OWNER: "LEDGER_DATABASE_OWNER_URL",
    Role.FOLLOWER: "LEDGER_DATABASE_FOLLOWER_URL",
    Role.ERASER: "LEDGER_DATABASE_ERASER_URL",
    Role.CONSUMER: "LEDGER_DATABASE_CONSUMER_URL",
}
OTHERS = {
    "LEDGER_LOG_KEY": "a key",
    "LEDGER_KAFKA_BOOTSTRAP": "kafka.example:9092",
    "LEDGER_KAFKA_PASSWORD": "a password",
    "LEDGER_SMTP_URL": "smtp://who:secret@mail.example:25",
    "LEDGER_WEBHOOKS": "[]",
    "LEDGER_CONSUMER_DATABASE_URL": "postgresql://elsewhere",
}


@pytest.fixture(name="around")
def _around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Surroundings:
    for role, name in URLS.items():
        monkeypatch.setenv(name, f"postgresql://{role}@db.example/ledger")
    for name, value in OTHERS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LEDGER_LOG_LEVEL", "warning")
    return Surroundings(tmp_path, read_settings(), None, None)


@pytest.mark.parametrize("role", URLS)
def test_a_part_gets_the_urls_of_its_roles_alone(around: Surroundings, role: Role) -> None:
    told = around.variables(role)
    assert {name for name in URLS.values() if name in told} == {URLS[role]}
    assert told[URLS[role]] == f"postgresql://{role}@db.example/ledger"


def test_a_part_gets_what_is_for_everybody_and_nothing_that_is_for_few(
    around: Surroundings, tmp_path: Path
) -> None:
    told = around.variables()
    assert told["LEDGER_LOG_LEVEL"] == "warning"
    assert told["LEDGER_DATA"] == str(tmp_path)
    assert not told.keys() & OTHERS.keys()


def test_few_get_what_is_for_them(around: Surroundings) -> None:
    assert set(around.signing()) == {"LEDGER_LOG_KEY"}
    assert set(around.kafka()) == {"LEDGER_KAFKA_BOOTSTRAP", "LEDGER_KAFKA_PASSWORD"}
    assert set(around.consuming()) == {
        "LEDGER_SMTP_URL",
        "LEDGER_WEBHOOKS",
        "LEDGER_CONSUMER_DATABASE_URL",
    }
