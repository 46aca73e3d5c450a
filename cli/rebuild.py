"""`ledger rebuild`: a view computed again from the first event."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Literal

from cli.connection import Where, local_settings
from cli.exits import GOOD
from cli.output import progress, show
from cli.viewing import AsJson
from domain.errors import Malformed
from projections.rebuild import Difference, rebuild_queue


def rebuild(view: Literal["queue"], *, as_json: AsJson = False, where: Where | None = None) -> int:
    """Compute a view again from the first event, beside the old one, and put it in its place.

    Reads go on meanwhile. It may be cut off and run again. Timelines and histories are read from
    the events themselves: there is nothing of them to rebuild.

    Example: ledger rebuild queue

    Parameters
    ----------
    view
        The queue.
    """
    owner = local_settings(where or Where()).database_owner_url
    if owner is None:
        raise Malformed("names no database role that may do this", "LEDGER_DATABASE_OWNER_URL")
    with progress(f"rebuilding {view}") as done:
        difference = rebuild_queue(owner.get_secret_value(), lambda at, _head: done(at))
    found = {"view": view, "changed": not difference.empty, **asdict(difference)}
    show(found, _lines(difference), as_json=as_json)
    return GOOD


def _lines(difference: Difference) -> Iterator[str]:
    yield f"rebuilt {difference.rows} rows as of position {difference.position}"
    if difference.empty:
        yield "nothing changed: the old rows and the rebuilt ones are the same"
        return
    yield f"{difference.removed} old rows are gone, {difference.added} rebuilt ones differ"
    for ticket in difference.tickets:
        yield f"changed: ticket {ticket}"
