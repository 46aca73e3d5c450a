"""`ledger redrive`: what a consumer parked is tried again."""

from typing import Annotated

from cyclopts import Parameter

from cli.connection import Where, data_directory, local_settings
from cli.exits import GOOD
from cli.output import show
from consumers.redriving import redrive as try_again
from domain.errors import Malformed
from infra.settings import read_settings


def redrive(
    group: str,
    where: Where | None = None,
    *,
    as_json: Annotated[bool, Parameter(name="--json", help="Print one line of JSON.")] = False,
) -> int:
    """Let a consumer try again what it parked, in order, when the reason was mended.

    The running consumer does so at once; what fails again stays parked, and `ledger status` tells.

    Example: ledger redrive webhooks --data ./var

    Parameters
    ----------
    group
        Name of the consumer, as `ledger status` shows it.
    where
        Which ledger; its database must run.
    """
    found = try_again(_consumer_url(where or Where()), group)
    lines = [f"{group}: {found['events']} events of {found['streams']} streams are handled again"]
    if found["sendings"]:
        lines.append(f"{group}: {found['sendings']} sendings are tried again")
    show({"group": group, **found}, lines, as_json=as_json)
    return GOOD


def _consumer_url(where: Where) -> str:
    """Return the named database as role ledger_consumer, else that of the running ledger."""
    named = read_settings(data=data_directory(where)).database_consumer_url
    if where.url or named is None:
        named = local_settings(where).database_consumer_url
    if named is None:
        raise Malformed("name the database as role ledger_consumer", "LEDGER_DATABASE_CONSUMER_URL")
    return named.get_secret_value()
