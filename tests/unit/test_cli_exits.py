"""What went wrong decides the exit code, in one table; no error shows a stack trace."""

import errno

import pytest

from cli import main as command
from cli.exits import exit_code
from domain import errors


def every_error(kind: type = errors.LedgerError) -> set[type]:
    """Return the error tree; rooms above add leaves of their own, which commands never end with."""
    below = (every_error(sub) for sub in kind.__subclasses__() if sub.__module__ == errors.__name__)
    return {kind}.union(*below)


CODES = {
    errors.LedgerError: 3,
    errors.Malformed: 3,
    errors.KeyMissing: 3,
    errors.NotFound: 3,
    errors.Removed: 3,
    errors.KeyReused: 3,
    errors.VersionMissing: 3,
    errors.Unauthenticated: 4,
    errors.NotAllowed: 4,
    errors.Stale: 4,
    errors.Refused: 4,
    errors.Integrity: 1,
    errors.Unavailable: 5,
    errors.OutcomeUnknown: 5,
    errors.NotYetIntegrated: 5,
    errors.Erasing: 5,
    errors.InTheMaking: 5,
    errors.ClockUnfit: 5,
    errors.Forked: 5,
}

FIELDS = {errors.Stale: (1, 2), errors.Refused: ("rule", "why"), errors.Malformed: ("what",)}


def made(kind: type) -> BaseException:
    known = next((FIELDS[base] for base in kind.__mro__ if base in FIELDS), ())
    error = kind(*known)
    assert isinstance(error, BaseException)
    return error


def test_the_table_below_names_every_error() -> None:
    assert every_error() == set(CODES)


@pytest.mark.parametrize("kind", sorted(every_error(), key=lambda kind: kind.__name__))
def test_every_error_has_an_exit_code(kind: type) -> None:
    expected = next(CODES[base] for base in kind.__mro__ if base in CODES)
    assert exit_code(made(kind)) == expected


def test_a_full_disk_is_unavailable() -> None:
    assert exit_code(OSError(errno.ENOSPC, "No space left on device")) == 5


def test_an_interruption_is_130() -> None:
    assert exit_code(KeyboardInterrupt()) == 130


def test_what_nobody_foresaw_is_told_by_type_and_place_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_called: str) -> None:
        raise RuntimeError("Ada Lovelace")

    monkeypatch.setattr(command, "build", fail)
    assert command.run(["status"]) == 70
    told = capsys.readouterr().err
    assert "RuntimeError" in told
    assert "test_cli_exits.py" in told
    assert "Ada" not in told
    assert "Traceback" not in told


def test_an_error_of_ours_is_told_in_its_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_called: str) -> None:
        raise errors.Refused("promise-missing", "say when the customer hears from us next")

    monkeypatch.setattr(command, "build", fail)
    assert command.run(["status"]) == 4
    expected = "ledger: promise-missing: say when the customer hears from us next\n"
    assert capsys.readouterr().err == expected
