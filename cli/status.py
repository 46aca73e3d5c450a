"""`ledger status`: what a ledger holds."""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any

from cyclopts import Parameter

from cli.connection import Where, local_settings, remote
from cli.output import show
from infra.pool import Pool
from projections import status as projected


def status(
    where: Where | None = None,
    *,
    as_json: Annotated[bool, Parameter(name="--json", help="Print one line of JSON.")] = False,
) -> int:
    """Say what a ledger holds and how far its followers are.

    Example: ledger status --data ./var --json
    """
    where = where or Where()
    found = remote(where).get("/v1/status") if where.url else asyncio.run(_here(where))
    show(found, _lines(found), as_json=as_json)
    return 0


async def _here(where: Where) -> dict[str, Any]:
    settings = local_settings(where)
    url = settings.database_url
    assert url is not None
    pool = Pool(url.get_secret_value(), size=1)
    await pool.open()
    try:
        return await projected.status(pool, settings.data)
    finally:
        await pool.close()


def _lines(found: dict[str, Any]) -> Iterator[str]:
    yield f"position   {found['position']} (epoch {found['epoch']})"
    yield f"tickets    {found['tickets']}"
    yield f"contracts  {found['contracts']}"
    for name, follower in found["followers"].items():
        yield f"follower   {name}: at {follower['position']}, {follower['lag']} behind"
    yield from _elsewhere(found)
    for name, count in found["events"].items():
        yield f"events     {count:>9} {name}"
    if checkpoint := found["checkpoint"]:
        yield f"checkpoint {checkpoint['size']} events, {checkpoint['age']} s ago"
        yield from _cosigned(checkpoint["cosigned"])
    yield from _stamps(found["timestamps"])
    imported = found["imported"]
    if imported["incidents"]:
        yield f"imported   {imported['incidents']} tickets, {imported['updates']} rows"


def _elsewhere(found: dict[str, Any]) -> Iterator[str]:
    if publisher := found["publisher"]:
        at = f"at {publisher['position']}, {publisher['lag']} behind"
        yield f"publisher  {publisher['topic']}: {at}"
    for name, one in found["consumers"].items():
        had = one["parked"] or one["retried"]
        trouble = f", {one['parked']} parked, {one['retried']} retried" if had else ""
        yield f"consumer   {name}: at {one['position']}, {one['lag']} behind{trouble}"


def _cosigned(found: dict[str, Any] | None) -> Iterator[str]:
    if found is None:
        return
    ago = "" if found["age"] is None else f", {found['age']} s ago"
    yield f"cosigned   {found['size']} events by at least {found['quorum']} witnesses{ago}"
    for name, standing in found["witnesses"].items():
        yield f"witness    {name}: {standing}"
    for alarm in found["alarms"]:
        yield f"ALARM      {alarm}"


def _stamps(found: dict[str, Any] | None) -> Iterator[str]:
    if found is None:
        return
    if last := found["last"]:
        yield f"stamped    {last['size']} events, {last['age']} s ago by {last['authority']}"
    if found["trouble"]:
        yield f"no stamp   {found['trouble']}"
