"""`ledger timeline`: what happened on a ticket."""

from cli.connection import Where, remote
from cli.exits import GOOD
from cli.output import show
from cli.viewing import AsJson, all_pages, ticket_id, timeline_lines


def timeline(ticket: str, *, as_json: AsJson = False, where: Where | None = None) -> int:
    """Show who did what on a ticket, when and from where, oldest first.

    Example: ledger timeline INC0000045

    Parameters
    ----------
    ticket
        Its id, its number, or another system's reference.
    """
    ledger = remote(where or Where())
    page = all_pages(ledger, f"/v1/tickets/{ticket_id(ledger, ticket)}/timeline")
    show(page, timeline_lines(page), as_json=as_json)
    return GOOD
