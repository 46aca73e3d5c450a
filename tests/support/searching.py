"""Searching for people over HTTP, and what is recorded of it."""

from typing import Any

import httpx
from support.serving import Served


def searched(served: Served, path: str, body: dict[str, Any], upto: int) -> dict[str, Any]:
    """Search as a dispute handler, in a view that has got to a position; return the answer."""
    body = {"basis": "legal_claim", **body}
    found: list[httpx.Response] = []

    def answers() -> bool:
        found.append(served.post("dispute_handler", path, body, Ledger_Position=str(upto)))
        return found[-1].status_code != 503

    served.until(answers)
    assert found[-1].status_code == 200, found[-1].text
    return dict(found[-1].json())


def searches(served: Served, after: int) -> list[dict[str, Any]]:
    """Return the envelopes of the searches recorded since."""
    statement = """
        SELECT envelope FROM ledger.envelopes
        WHERE type = 'PersonSearched' AND position > %s ORDER BY position
    """
    with served.database() as connection:
        return [row[0] for row in connection.execute(statement, [after])]
