"""The `ledger` command: what there is, and what every command's end means."""

import os
import sys
import traceback
from collections.abc import Sequence
from importlib import metadata
from typing import Final, NoReturn

from cyclopts import App, CycloptsError

from cli.exits import BUG, GOOD, USAGE, exit_code
from infra import logs

_COMMANDS: Final = (
    # name, where it is, what it does (so that `ledger --help` loads none of them)
    ("up", "cli.up:up", "Start the whole ledger on this machine."),
    ("status", "cli.status:status", "Say what a ledger holds and how far its followers are."),
    ("token", "cli.people:token", "Make a person and a token for a development ledger."),
    ("operator", "cli.operators:operator", "Let the first operator of a ledger in production in."),
    ("migrate", "cli.migrating:migrate", "Bring the database to the form this version needs."),
    ("doctor", "cli.doctor:doctor", "Check that nothing on this machine endangers the ledger."),
    ("import", "cli.importing:app", "Take over the history of another system."),
    ("timeline", "cli.timeline:timeline", "Show what happened on a ticket."),
    ("history", "cli.history:history", "Show everything under a contract."),
    ("replay", "cli.replay:replay", "Compute a view as of a moment."),
    ("rebuild", "cli.rebuild:rebuild", "Compute a view again from the first event."),
    ("fsck", "cli.fsck:fsck_", "Verify everything that is stored."),
    ("export", "cli.export:export", "Write a history to a zip that others can check."),
    ("verify", "cli.verify:verify", "Check an export, without any ledger."),
    ("keys", "cli.keys:app", "Make, show and replace the keys of the ledger."),
    ("redrive", "cli.redrive:redrive", "Let a consumer handle again what it parked."),
    ("continue", "cli.continuation:continue_", "Go on after a restore that lost events."),
)


def build(called: str) -> App:
    """Return the command line; only the module of the `called` command is ever loaded."""
    app = App(
        name="ledger",
        help="Every action on every ticket, as an immutable, checkable event.",
        help_epilogue="Example: ledger up --data ./var",
        version=lambda: metadata.version("ticket-ledger"),
        result_action="return_value",
        suppress_keyboard_interrupt=False,
    )
    for name, where, text in _COMMANDS:
        if name == called:
            app.help_epilogue = ""  # the command brings its own help and example
            app.command(where, name=name)
        else:
            app.command(_elsewhere, name=name, help=text)
    return app


def _elsewhere() -> None:
    """Stand for a command that was not called."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit with its code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code. An error is one message, never a stack trace."""
    try:
        logs.configure()
        result = build(next(iter(arguments), ""))(arguments, exit_on_error=False)
        return result if isinstance(result, int) else GOOD
    except CycloptsError:  # it was explained on standard error
        return USAGE
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last place to explain it
        return _explain(error)


def _explain(error: BaseException) -> int:
    code = exit_code(error)
    text = str(error)
    if code == BUG:
        place = traceback.extract_tb(error.__traceback__)[-1]
        # what nobody foresaw may quote anything: its text could be personal
        text = f"unexpected {type(error).__name__} at {place.filename}:{place.lineno}"
    elif isinstance(error, KeyboardInterrupt):
        text = "interrupted"
    elif not text:
        text = type(error).__name__
    try:
        sys.stderr.write(f"ledger: {text}\n")
    except OSError:
        os.close(2)
    return code
