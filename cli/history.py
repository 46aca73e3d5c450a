"""`ledger history`: everything under a contract."""

from cli.connection import Where, remote
from cli.exits import GOOD
from cli.output import show
from cli.viewing import AsJson, history_lines


def history(contract: str, *, as_json: AsJson = False, where: Where | None = None) -> int:
    """Show all tickets, addresses and staff under a contract, and whether work was recorded.

    Example: ledger history SN-2403

    Parameters
    ----------
    contract
        The contract's number.
    """
    found = remote(where or Where()).get(f"/v1/contracts/{contract}/history")
    show(found, history_lines(found), as_json=as_json)
    return GOOD
