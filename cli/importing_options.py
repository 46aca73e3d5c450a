"""What the options of `ledger import` may say; anything else is wrong usage (exit code 2)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from domain.ticket.events import Status

_SAMPLE: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def _zone(_: object, name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError("no such time zone; zones are UTC, Europe/Lisbon, ...") from None


def _delimiter(_: object, text: str) -> None:
    if len(delimiter_of(text)) != 1 or text in '"\r\n':
        raise ValueError("one character, or `tab`")


def _time_format(_: object, form: str | None) -> None:
    if form is None:
        return
    try:
        datetime.strptime(_SAMPLE.strftime(form), form)  # noqa: DTZ007 - only tried out
    except ValueError as error:
        raise ValueError(f"not a strptime format: {error}") from None


def _mapping(_: object, pairs: Sequence[str]) -> None:
    statuses_of(pairs)


def delimiter_of(text: str) -> str:
    """Return the character that `text` names."""
    return "\t" if text in {"tab", r"\t"} else text


def statuses_of(pairs: Sequence[str]) -> dict[str, Status]:
    """Return activity -> status of ACTIVITY=STATUS pairs. Raises ValueError saying which."""
    found: dict[str, Status] = {}
    for pair in pairs:
        activity, equals, status = pair.rpartition("=")
        if not equals or not activity.strip() or status not in set(Status):
            raise ValueError(f"{pair!r} is not ACTIVITY=STATUS with one of {', '.join(Status)}")
        if found.setdefault(activity.strip(), Status(status)) != status:
            raise ValueError(f"{activity!r} is mapped to two statuses")
    return found


File = Annotated[Path, Parameter(help="CSV file, UTF-8, with the names of the columns first.")]
Zone = Annotated[
    str, Parameter(validator=_zone, help="Zone of the file's local times, e.g. Europe/Lisbon.")
]
SkipBad = Annotated[
    bool, Parameter(negative=(), help="Leave lines out that are broken, and say which.")
]
AsJson = Annotated[bool, Parameter(name="--json", negative=(), help="Print one JSON line.")]
Delimiter = Annotated[
    str, Parameter(validator=_delimiter, help="What stands between columns, or `tab`.")
]
TimeFormat = Annotated[
    str | None, Parameter(validator=_time_format, help="strptime format. Default: ISO 8601.")
]
Mapping = Annotated[
    list[str] | None,
    Parameter(
        name="--map",
        negative=(),
        consume_multiple=True,
        validator=lambda kind, pairs: _mapping(kind, pairs or ()),
        help="ACTIVITY=STATUS: that activity moves a ticket to that status.",
    ),
]
