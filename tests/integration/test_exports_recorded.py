"""What an export leaves in access streams: under which contract it was made, and who fetched it."""

from typing import Any

import orjson
import pytest
from support.disputes import Dispute, opened
from support.exports import made
from support.requests_of import World, new_world
from support.serving import Served

MAKER = "dispute_handler"


@pytest.fixture(scope="module")
def world(served: Served) -> World:
    return new_world(served)


@pytest.fixture(scope="module")
def case(world: World) -> Dispute:
    """Return a dispute under the world's contract."""
    return opened(world)


def _reads_after(served: Served, position: int) -> list[tuple[str, dict[str, Any]]]:
    """Return what compliance read since: type and data, all in their own access stream."""
    with served.database() as connection:
        rows = connection.execute(
            "SELECT envelope FROM ledger.events WHERE position > %s"
            " AND type IN ('EvidenceRead', 'IdentityRead') ORDER BY position",
            [position],
        ).fetchall()
    events = [orjson.loads(row[0]) for row in rows]
    for one in events:
        assert one["stream"]["kind"] == "access"
        assert one["stream"]["id"] == one["actor"]["id"]
        assert one["actor"]["role"] == "compliance"
        assert one["contract"] is None
    return [(one["type"], one["data"]) for one in events]


def _fetched(served: Served, role: str, export: dict[str, Any]) -> int:
    """Fetch an export; return the position at which that is recorded."""
    answer = served.get(role, f"/v1/exports/{export['id']}")
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"PK")
    return int(answer.headers["ledger-position"])


def _contract_of(served: Served, export: dict[str, Any]) -> str | None:
    """Return the contract that stands in the event of an export."""
    with served.database() as connection:
        row = connection.execute(
            "SELECT envelope FROM ledger.events WHERE position = %s", [export["position"]]
        ).fetchone()
    assert row is not None
    event = orjson.loads(row[0])
    assert event["type"] == "Exported"
    assert event["contract"] is None
    return None if event["data"]["contract"] is None else str(event["data"]["contract"])


def test_who_fetches_a_bag_of_another_leaves_what_they_read(world: World) -> None:
    served, contract = world.served, world.contract
    export = made(served, f"/v1/contracts/{contract}", MAKER)
    assert _fetched(served, MAKER, export) == export["position"]
    assert _reads_after(served, export["position"]) == [], "its maker's export says so"
    read_at = _fetched(served, "compliance", export)
    assert read_at > export["position"]
    assert _reads_after(served, export["position"]) == [("IdentityRead", {"contract": contract})]
    again = _fetched(served, "compliance", export)
    assert again > read_at, "every time"


def test_the_bag_of_a_ticket_shows_it_as_far_as_it_was_exported(world: World) -> None:
    served, contract = world.served, world.contract
    ticket = served.open_ticket("supervisor", contract=contract)
    path = f"/v1/tickets/{ticket['id']}"
    posted = served.post("supervisor", f"{path}/messages", {"text": "More."})
    assert posted.status_code == 201, posted.text
    export = made(served, path, MAKER, at_position=ticket["position"])
    assert _contract_of(served, export) == contract
    _fetched(served, "compliance", export)
    evidence = {"case": ticket["id"], "version": ticket["version"], "contract": contract}
    assert posted.json()["version"] > ticket["version"]
    assert _reads_after(served, export["position"]) == [
        ("EvidenceRead", evidence),
        ("IdentityRead", {"contract": contract}),
    ]


def test_the_bag_of_a_dispute_shows_its_evidence(case: Dispute) -> None:
    served, contract = case.served, case.contract
    version = case.version
    export = made(served, case.path, MAKER)
    assert _contract_of(served, export) == contract
    _fetched(served, "compliance", export)
    evidence = {"case": case.id, "version": version, "contract": contract}
    assert _reads_after(served, export["position"]) == [
        ("EvidenceRead", evidence),
        ("IdentityRead", {"contract": contract}),
    ]
