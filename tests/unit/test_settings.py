"""Settings come from variables and secret files; a wrong one is named, its value never shown."""

from pathlib import Path

import pytest

from domain.errors import Malformed
from infra.settings import Settings, read_settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"LEDGER_{name.upper()}", raising=False)
    monkeypatch.delenv("LEDGER_SECRETS", raising=False)


def test_everything_has_a_default() -> None:
    assert read_settings().data == Path("var")


def test_every_setting_says_what_it_is() -> None:
    for name, field in Settings.model_fields.items():
        assert len(field.description or "") > 20, name


def test_a_variable_sets_and_an_argument_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_DATA", "/from/variable")
    assert read_settings().data == Path("/from/variable")
    assert read_settings(data=Path("/given")).data == Path("/given")


def test_a_secret_comes_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ledger_kek").write_text("from a file\n")
    monkeypatch.setenv("LEDGER_SECRETS", str(tmp_path))
    kek = read_settings().kek
    assert kek is not None
    assert kek.get_secret_value() == "from a file"


def test_a_variable_wins_over_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ledger_kek").write_text("from a file")
    monkeypatch.setenv("LEDGER_SECRETS", str(tmp_path))
    monkeypatch.setenv("LEDGER_KEK", "from a variable")
    kek = read_settings().kek
    assert kek is not None
    assert kek.get_secret_value() == "from a variable"


def test_a_wrong_value_is_refused_by_name_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_LISTEN_FD", "s3cret")
    with pytest.raises(Malformed, match="LEDGER_LISTEN_FD") as refusal:
        read_settings()
    assert "s3cret" not in str(refusal.value)


def test_a_json_setting_that_is_no_json_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_TRUSTED_PROXIES", "10.0.0.0/8")
    with pytest.raises(Malformed, match="LEDGER_TRUSTED_PROXIES"):
        read_settings()


def test_a_directory_of_secrets_that_is_missing_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LEDGER_SECRETS", str(tmp_path / "missing"))
    with pytest.raises(Malformed, match="LEDGER_SECRETS"):
        read_settings()


def test_printed_settings_show_no_secret() -> None:
    shown = repr(read_settings(kek="s3cret", database_url="postgresql://a:s3cret@b/c"))
    assert "s3cret" not in shown


@pytest.mark.parametrize("topic", ["ledger.events.2", "shop.events.published", "shop.events.dlt"])
def test_a_topic_that_another_ledgers_could_become_is_refused(topic: str) -> None:
    with pytest.raises(Malformed, match="LEDGER_KAFKA_TOPIC"):
        read_settings(kafka_topic=topic)
    assert read_settings(kafka_topic="shop2.events-2").kafka_topic == "shop2.events-2"
