"""`ledger redrive`: what a consumer parked is tried again."""

from typing import Annotated

from cyclopts import Parameter

from cli.connection import Where, local_settings
from cli.exits import GOOD
from cli.output import show
from consumers.redriving import redrive as try_again
from domain.errors import Malformed


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
    settings = local_settings(where or Where())
    if settings.database_consumer_url is None:
        raise Malformed("names no database role that may do this", "LEDGER_DATABASE_CONSUMER_URL")
    found = try_again(settings.database_consumer_url.get_secret_value(), group)
    lines = [f"{group}: {found['events']} events of {found['streams']} streams are handled again"]
    if found["sendings"]:
        lines.append(f"{group}: {found['sendings']} sendings are tried again")
    show({"group": group, **found}, lines, as_json=as_json)
    return GOOD
