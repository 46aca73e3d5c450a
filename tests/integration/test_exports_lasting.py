"""A bag that is written outside of the data directory tells nothing that was erased meanwhile."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from support.exports import erased
from support.requests_of import new_customer
from support.serving import Served

from domain.errors import Erasing
from domain.values import Actor, ActorKind, Provenance, Role
from infra.keys.opening import open_keys
from infra.store import open_log
from projections.exporting.lasting import require_lasting
from projections.exporting.record import export
from projections.exporting.wanted import Wanted


def _export(served: Served, number: str, out: Path, progress: Callable[[int], None]) -> None:
    """Make a bag as somebody on the ledger's own machine does."""
    settings, by = served.settings, Actor(ActorKind.SYSTEM, uuid4(), Role.OPERATOR)
    assert settings.database_url is not None
    dsn, keys = settings.database_url.get_secret_value(), open_keys(settings)

    async def make() -> None:
        async with open_log(dsn, settings.data, keys) as log:
            wanted = Wanted(
                chain=number,
                position=(await log.head()).position,
                bag=uuid4(),
                by=by,
                at=datetime.now(UTC),
                recipient="The district court",
                basis="court_order",
                words=None,
                withhold=frozenset(),
                zone=ZoneInfo("UTC"),
            )
            said = Provenance(by, wanted.at, wanted.bag)
            key = served.services.secrets.command_key("tests", str(wanted.bag), b"")
            await export(log, settings, wanted, said, key, out, progress)

    try:
        asyncio.run(make())
    finally:
        keys.close()


def _erase(served: Served, number: str, person: str) -> int:
    """Have a person's identity erased; return the position of that when it is carried out."""
    path = f"/v1/contracts/{number}/persons/{person}/revoke"
    version = served.get("compliance", f"/v1/contracts/{number}").json()["version"]
    revoked = served.post("supervisor", path, {"reason": "Gone."}, version=version)
    assert revoked.status_code == 200, revoked.text
    body = {"contract": number, "purposes": ["identity"], "basis": "consent_withdrawn"}
    done = served.post("compliance", f"/v1/subjects/{person}/erasures", body)
    assert done.status_code == 201, done.text
    erased(served)
    return int(done.json()["position"])


def test_a_bag_during_which_something_was_erased_does_not_appear(
    served: Served, tmp_path: Path
) -> None:
    number, person, _ = new_customer(served)
    erased(served)
    out, positions = tmp_path / "bag.zip", list[int]()

    def meanwhile(_events: int) -> None:
        if not positions:
            positions.append(_erase(served, number, person))

    with pytest.raises(Erasing, match="make it again"):
        _export(served, number, out, meanwhile)
    assert list(tmp_path.iterdir()) == []
    with served.database() as connection:
        recorded = connection.execute(
            "SELECT count(*) FROM ledger.events WHERE type = 'Exported' AND position > %s",
            positions,
        ).fetchone()
    assert recorded == (0,)
    _export(served, number, out, lambda _: None)
    assert out.exists()


def test_what_is_erased_after_a_bag_was_recorded_does_not_spoil_it(served: Served) -> None:
    number, person, _ = new_customer(served)
    erased(served)
    position, services = _erase(served, number, person), served.services

    def lasts(begun: int, upto: int) -> bool:
        asked = require_lasting(services.log.reader.pool, begun, upto)
        try:
            asyncio.run_coroutine_threadsafe(asked, served.loop).result(60)
        except Erasing:
            return False
        return True

    with served.database() as connection:
        row = connection.execute("SELECT max(position) FROM ledger.events").fetchone()
    assert row is not None
    assert lasts(position - 1, position - 1)
    assert not lasts(position - 1, position)
    assert not lasts(position, row[0]), "it was not carried out yet"
    assert lasts(row[0], row[0])
