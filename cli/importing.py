"""`ledger import`: take over the history of another system, once and as it was told."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn
from zoneinfo import ZoneInfo

from cyclopts import App, Parameter

from cli import importing_options as options
from cli.connection import Where, local_settings
from cli.exits import GOOD
from cli.importing_names import Names
from cli.importing_run import Done, Importer
from cli.output import note, progress, show
from domain.errors import Malformed, Unavailable
from domain.handling import Handler
from domain.importing.eventlog import EventLog
from domain.importing.rows import Assembled, Form, Problem, assemble
from domain.importing.servicenow import ServiceNow
from domain.importing.table import read_table
from infra.keys.opening import open_keys
from infra.secrets import Secrets
from infra.settings import Settings
from infra.store import open_log

MOST_BYTES: Final = 64 * 1024 * 1024
"""The largest file that is read; a longer log is cut between cases."""

SHOWN: Final = 20
"""How many problems a person is shown; --json tells all."""

app = App(
    name="import",
    help="Take over the history of another system. It may be cut off and run again.",
    help_epilogue="",
    result_action="return_value",
)


@dataclass(frozen=True, slots=True)
class _Asked:
    file: Path
    form: Form
    delimiter: str
    skip_bad: bool
    as_json: bool


@app.command
def servicenow(
    file: options.File,
    *,
    timezone: options.Zone,
    skip_bad: options.SkipBad = False,
    as_json: options.AsJson = False,
    where: Where | None = None,
) -> int:
    """Take over an incident log of ServiceNow: one row for every update of an incident.

    Example: ledger import servicenow incidents.csv --timezone UTC
    """
    form = ServiceNow(ZoneInfo(timezone), datetime.now(UTC))
    return _take_over(_Asked(file, form, ",", skip_bad, as_json), where)


@app.command
def csv(  # noqa: PLR0913 - one argument an option
    file: options.File,
    *,
    case: Annotated[str, Parameter(help="Column that says which ticket a row belongs to.")],
    activity: Annotated[str, Parameter(help="Column that says what was done.")],
    time: Annotated[str, Parameter(help="Column that says when.")],
    timezone: options.Zone,
    actor: Annotated[str | None, Parameter(help="Column that says who did it.")] = None,
    contract: Annotated[str | None, Parameter(help="Column with the contract number.")] = None,
    delimiter: options.Delimiter = ",",
    time_format: options.TimeFormat = None,
    map: options.Mapping = None,  # noqa: A002 - the option is called so
    skip_bad: options.SkipBad = False,
    as_json: options.AsJson = False,
    where: Where | None = None,
) -> int:
    """Take over any event log, by the names of its columns.

    Example: ledger import csv log.csv --case id --activity step --time at --timezone UTC
    --map opened=new done=closed
    """
    form = EventLog(
        case,
        activity,
        time,
        ZoneInfo(timezone),
        datetime.now(UTC),
        actor_column=actor,
        contract_column=contract,
        time_format=time_format,
        statuses=options.statuses_of(map or ()),
    )
    return _take_over(_Asked(file, form, options.delimiter_of(delimiter), skip_bad, as_json), where)


def _take_over(asked: _Asked, where: Where | None) -> int:
    settings = local_settings(where or Where())
    begun = time.monotonic()
    note(f"reading {asked.file}")
    log = _read(asked)
    if log.problems and not asked.skip_bad:
        _refuse(asked, log.problems)
    try:
        done, conflicts = asyncio.run(_record(asked, log, settings))
    except Unavailable as error:
        raise Unavailable(f"{error}; run the same command again, it goes on from here") from error
    if conflicts and not asked.skip_bad:
        _refuse(asked, conflicts)
    _report(asked, done, (*log.problems, *conflicts), time.monotonic() - begun)
    return GOOD


def _read(asked: _Asked) -> Assembled:
    """Return the file's cases and problems. Raises Malformed when nothing in it can be used."""
    try:
        if asked.file.stat().st_size > MOST_BYTES:
            raise Malformed(f"is larger than {MOST_BYTES} bytes: cut it between cases", "FILE")
        content = asked.file.read_bytes()
    except OSError as error:
        raise Malformed(f"cannot be read: {error.strerror}", "FILE") from None
    table = read_table(content, asked.form.columns, asked.delimiter)
    log = assemble(table.records, asked.form)
    problems = tuple(sorted((*table.problems, *log.problems), key=lambda problem: problem.line))
    if not problems and not log.cases:
        raise Malformed("has no rows", "FILE")
    return Assembled(log.cases, problems)


async def _record(asked: _Asked, log: Assembled, settings: Settings) -> tuple[Done, list[Problem]]:
    """Record what is not recorded yet; nothing when rows contradict what is, unless they may."""
    assert settings.database_url is not None
    keys = open_keys(settings)
    dsn = settings.database_url.get_secret_value()
    try:
        async with open_log(dsn, settings.data, keys) as store:
            importer = Importer(Handler(store), Names(Secrets(keys), asked.form.source))
            entries, conflicts = await importer.compare(log.cases)
            if not conflicts or asked.skip_bad:
                with progress("recording", len(entries)) as bar:
                    await importer.record(entries, bar)
            return importer.done, conflicts
    finally:
        keys.close()


def _refuse(asked: _Asked, problems: Sequence[Problem]) -> NoReturn:
    """Raise Malformed saying what is wrong with the file; nothing of it was recorded."""
    if asked.as_json:
        told = {"recorded": False, "problems": [asdict(problem) for problem in problems]}
        show(told, (), as_json=True)
    heading = f"nothing was recorded: {len(problems)} of its lines cannot be taken over"
    raise Malformed("\n".join((heading, *_lines(problems))), "FILE")


def _report(asked: _Asked, done: Done, left_out: Sequence[Problem], seconds: float) -> None:
    told: dict[str, Any] = {
        "recorded": True,
        "source": asked.form.source,
        **asdict(done),
        "left_out": [asdict(problem) for problem in left_out],
        "seconds": round(seconds, 3),
    }
    lines = [
        f"{done.rows} rows recorded in {seconds:.1f} s, {done.known} were there already",
        f"{done.tickets} tickets, {done.contracts} contracts, {done.events} events",
    ]
    if left_out:
        lines += [f"{len(left_out)} lines were left out", *_lines(left_out)]
    show(told, lines, as_json=asked.as_json)


def _lines(problems: Sequence[Problem]) -> Iterator[str]:
    for problem in problems[:SHOWN]:
        yield f"  line {problem.line}: {problem.reason}"
    if len(problems) > SHOWN:
        yield f"  and {len(problems) - SHOWN} more: --json tells all"
