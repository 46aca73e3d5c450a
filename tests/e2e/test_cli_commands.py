"""Every command explains itself, and ends with the code that says what happened."""

from pathlib import Path

import pytest
from support.running import ledger

COMMANDS = {
    "up": (),
    "status": (),
    "token": ("--role", "agent", "--subject", "ada"),
    "operator": ("--issuer", "urn:login", "--subject", "ada", "--name", "Ada"),
    "migrate": (),
    "doctor": (),
    "import servicenow": ("FILE", "--timezone", "UTC"),
    "import csv": ("FILE", "--case", "c", "--activity", "a", "--time", "t", "--timezone", "UTC"),
    "timeline": ("INC0000045",),
    "history": ("SN-2403",),
    "replay": ("queue", "--position", "1"),
    "rebuild": ("queue",),
    "continue": (),
    "export": (
        *("contract", "C-1", "--out", "bag.zip", "--recipient", "R", "--legal-basis", "consent"),
    ),
}
NEEDS_A_LEDGER = sorted(set(COMMANDS) - {"up"})


def test_the_list_of_commands_names_each() -> None:
    listed = ledger("--help")
    assert listed.returncode == 0
    for name in COMMANDS:
        assert name.split()[0] in listed.stdout


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_has_an_example_and_offers_json(name: str) -> None:
    explained = ledger(*name.split(), "--help")
    assert explained.returncode == 0, explained.stderr
    assert f"ledger {name}" in explained.stdout.partition("Example")[2]
    assert "--json" in explained.stdout
    assert "--data" in explained.stdout


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_an_option_that_does_not_exist_is_a_wrong_usage(name: str) -> None:
    wrong = ledger(*name.split(), *COMMANDS[name], "--no-such-option")
    assert wrong.returncode == 2
    assert "no-such-option" in wrong.stderr
    assert wrong.stdout == ""


def test_a_command_that_does_not_exist_is_a_wrong_usage() -> None:
    assert ledger("statsu").returncode == 2


@pytest.mark.parametrize("name", NEEDS_A_LEDGER)
def test_without_a_running_ledger_it_is_unavailable_and_says_how_to_start_one(
    name: str, tmp_path: Path
) -> None:
    log = tmp_path / "log.csv"
    log.write_text("c,a,t\n1,New,2026-01-02T03:04:05\n")
    arguments = [str(log) if given == "FILE" else given for given in COMMANDS[name]]
    if name == "import servicenow":
        return  # it reads its file first: test_import_servicenow.py
    ended = ledger(*name.split(), *arguments, "--data", str(tmp_path / "nothing"))
    assert ended.returncode == 5, ended.stderr
    assert "ledger up" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "nothing").exists()


def test_a_ledger_elsewhere_that_does_not_answer_is_unavailable() -> None:
    ended = ledger("status", "--url", "http://127.0.0.1:9", "--token", "x")
    assert ended.returncode == 5
    assert "does not answer" in ended.stderr


def test_a_ledger_elsewhere_needs_a_token() -> None:
    ended = ledger("status", "--url", "http://127.0.0.1:9")
    assert ended.returncode == 3
    assert "--token" in ended.stderr
