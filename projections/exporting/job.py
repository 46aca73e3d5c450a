"""What is said between the API and the process that makes a bag: one JSON line each way.

It goes through pipes: there are secrets in the settings and personal data in the rest, which stand
neither on a command line nor in an environment.
"""

from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from pydantic import BaseModel, SecretStr

from domain import errors
from domain.errors import Integrity, LedgerError
from domain.log import Accepted, CommandKey
from domain.values import Provenance
from infra.settings import Settings
from projections.exporting.wanted import Wanted

_ERRORS: Final = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, LedgerError)
}


@dataclass(frozen=True, slots=True)
class Job:
    """An export to make: what is wanted, who asked from where, the command it is recorded under.

    `settings` are those that `read_settings` takes, secrets in the clear.
    """

    settings: dict[str, Any]
    wanted: Wanted
    said: Provenance
    key: CommandKey


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended: the answer of its recording, else the name and the values of an error."""

    accepted: Accepted | None = None
    error: str = ""
    values: tuple[str | int, ...] = ()


def given_settings(settings: Settings) -> dict[str, Any]:
    """Return the settings that were given, in the form in which they can be given again."""
    return {name: _plain(getattr(settings, name)) for name in settings.model_fields_set}


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value


def write_job(job: Job) -> bytes:
    """Return a job as a line."""
    return msgspec.json.encode(job, enc_hook=_encoded) + b"\n"


def read_job(line: bytes) -> Job:
    """Return the job of a line."""
    return msgspec.json.decode(line, type=Job, dec_hook=_decoded)


def write_outcome(outcome: Accepted | LedgerError) -> bytes:
    """Return how it ended as a line."""
    if isinstance(outcome, Accepted):
        return msgspec.json.encode(Outcome(outcome)) + b"\n"
    values: tuple[str | int, ...] = (str(outcome),)
    if is_dataclass(outcome):
        values = tuple(getattr(outcome, field.name) for field in fields(outcome))
    return msgspec.json.encode(Outcome(None, type(outcome).__name__, values)) + b"\n"


def read_outcome(line: bytes) -> Accepted:
    """Return the answer of a recorded export, else raise the error with which it ended."""
    outcome = msgspec.json.decode(line, type=Outcome)
    if outcome.accepted is not None:
        return outcome.accepted
    raise _ERRORS.get(outcome.error, Integrity)(*outcome.values)


def _encoded(value: Any) -> Any:
    if isinstance(value, ZoneInfo):
        return value.key
    raise TypeError(f"{type(value).__name__} has no form in a job")


def _decoded(kind: type, value: Any) -> Any:
    if kind is ZoneInfo:
        return ZoneInfo(value)
    raise TypeError(f"{kind.__name__} is not read from a job")
