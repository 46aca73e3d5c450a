"""`ledger replay`: a view as of a moment."""

from typing import Annotated, Literal

from cyclopts import Parameter

from cli.connection import Where, remote
from cli.exits import GOOD
from cli.output import show
from cli.viewing import (
    AsJson,
    all_pages,
    history_lines,
    queue_lines,
    ticket_id,
    timeline_lines,
)
from domain.errors import Malformed


def replay(
    view: Literal["queue", "timeline", "history"],
    of: str | None = None,
    *,
    at: Annotated[str | None, Parameter(help="A time, such as 2026-01-02T03:04:05Z.")] = None,
    position: Annotated[int | None, Parameter(help="A position of the ledger.")] = None,
    basis: Annotated[
        Literal["recorded", "occurred"],
        Parameter(help="What the ledger knew, or what had happened (needs --at)."),
    ] = "recorded",
    as_json: AsJson = False,
    where: Where | None = None,
) -> int:
    """Compute a view as of a moment, inclusive: what stood there then.

    Example: ledger replay timeline INC0000045 --at 2016-03-01T12:00:00Z --basis occurred

    Parameters
    ----------
    view
        The queue, a ticket's timeline, or a contract's history.
    of
        Which ticket (id, number, reference) or contract.
    """
    if (at is None) == (position is None):
        raise Malformed("give either --at or --position", "replay")
    if (of is None) != (view == "queue"):
        raise Malformed("name a ticket or a contract, for the queue neither", "replay")
    ledger = remote(where or Where())
    moment = {"as_of": at, "as_of_position": position, "as_of_basis": basis}
    if view == "queue":
        found = all_pages(ledger, "/v1/queue", **moment)
        show(found, queue_lines(found), as_json=as_json)
    elif view == "timeline":
        ticket = ticket_id(ledger, of or "")
        found = all_pages(ledger, f"/v1/tickets/{ticket}/timeline", **moment)
        show(found, timeline_lines(found), as_json=as_json)
    else:
        found = ledger.get(f"/v1/contracts/{of}/history", **moment)
        show(found, history_lines(found), as_json=as_json)
    return GOOD
