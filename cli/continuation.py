"""`ledger continue`: go on after a restore that lost events."""

import time
from dataclasses import asdict

from cli.connection import Where, local_settings
from cli.exits import GOOD
from cli.output import show
from domain.errors import Malformed
from infra import erasurelist
from infra.continuation import continue_ledger
from infra.flusher import KEEP_SECONDS
from infra.keys.opening import open_keys


def continue_(where: Where | None = None, *, json: bool = False) -> int:
    """Go on after a restore that lost events that were acknowledged.

    Opens the next epoch: the events that survived stay, what was lost is quoted in the event
    `LedgerContinued`, and positions go on from the last surviving one. Views that had read lost
    events must be computed again (`ledger rebuild`). Refused while nothing is lost.

    Example: ledger continue --data ./var

    Parameters
    ----------
    where
        Which ledger; its database must run.
    json
        Print one line of JSON.
    """
    settings = local_settings(where or Where())
    eraser = settings.database_eraser_url
    erasurelist.apply_in(settings, eraser.get_secret_value() if eraser else None)
    if settings.database_owner_url is None:
        raise Malformed("names no database role that may do this", "LEDGER_DATABASE_OWNER_URL")
    keys = open_keys(settings)
    try:
        owner = settings.database_owner_url.get_secret_value()
        done = continue_ledger(owner, settings.data, keys)
    finally:
        keys.close()
    # Processes that run learn of it from the head file; then they take appends again.
    time.sleep(2 * KEEP_SECONDS)
    lost = f"{done.survived_position + 1} to at least {done.lost_position}"
    lines = (
        f"epoch {done.epoch} begins at position {done.position}",
        f"lost: positions {lost} of epoch {done.lost_epoch}",
    )
    show(asdict(done), lines, as_json=json)
    return GOOD
