"""Risk signals as of a moment, computed when somebody asks.

They need no table of their own: the cases of a contract are its own chain, connections are in the
view `addresses`, what somebody opened is in their access stream. So a threshold that an operator
changes counts at once, and as of any moment.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from domain.access import EvidenceRead, Exported, IdentityRead
from domain.contract.events import ContractRegistered
from domain.errors import NotFound
from domain.log import Recorded
from domain.signals.cases import of_cases
from domain.signals.connections import Connection, shared_addresses, unseen_networks
from domain.signals.signal import Named, Signal, Thresholds, named
from domain.signals.staff import Opening, opened_without_ticket
from domain.staff.events import StaffJoined
from domain.values import ActorKind, OriginKind
from infra.envelope import parse
from infra.reading import recorded_of
from infra.settings import Settings
from infra.sqlfiles import load_sql
from projections.as_of import Moment, resolve
from projections.opening import Connection as Database
from projections.opening import Reads

_SQL: Final = load_sql(__file__, "signals.sql")
_OF_CASES: Final = [
    *("ContractRegistered", "PersonNamed", "RightsRevoked", "AccessRestored"),
    *("IdentityChangeRequested", "ClaimReceived", "ClaimRefused"),
    *("TagAdded", "TagRemoved", "WorkRecorded"),
]
_OF_STAFF: Final = [
    *("StaffJoined", "ContractRegistered", "IdentityRead", "EvidenceRead", "Exported")
]


def thresholds_of(settings: Settings) -> Thresholds:
    """Return from when on something is a signal here."""
    return Thresholds(
        network_visits=settings.signals_network_visits,
        address_contracts=settings.signals_address_contracts,
        address_within=timedelta(seconds=settings.signals_address_seconds),
        refused_claims=settings.signals_refused_claims,
        refused_within=timedelta(seconds=settings.signals_refused_seconds),
        reset_within=timedelta(seconds=settings.signals_reset_seconds),
        claimants=settings.signals_claimants,
        claimants_within=timedelta(seconds=settings.signals_claimants_seconds),
        opened_contracts=settings.signals_opened_contracts,
        opened_within=timedelta(seconds=settings.signals_opened_seconds),
    )


async def contract_signals(
    reads: Reads, number: str, thresholds: Thresholds, *, moment: Moment | None = None
) -> tuple[Signal, ...]:
    """Return the signals about a contract as of `moment` (now when None), the oldest first.

    Raises NotFound when it was not registered then. Addresses that were erased are no ground.
    """
    asked = await _asked(reads, moment)
    asked["contract"] = number
    async with reads.pool.connection() as connection:
        history = await _events(connection, "history", asked | {"types": _OF_CASES})
        if not any(isinstance(one.event, ContractRegistered) for one in history):
            raise NotFound("no such contract at that moment")
        own = await _connections(connection, "connections", asked)
        asked["addresses"] = sorted({one.address for one in own})
        sharing = await _connections(connection, "sharing", asked)
    found = (
        *of_cases(history, thresholds),
        *unseen_networks(history, own, thresholds),
        *shared_addresses(number, sharing, thresholds),
    )
    return _in_order(found)


async def staff_signals(
    reads: Reads, staff: UUID, thresholds: Thresholds, *, moment: Moment | None = None
) -> tuple[Signal, ...]:
    """Return the signals about a member of the staff as of `moment`, the oldest first.

    Raises NotFound when they had not joined then.
    """
    asked = await _asked(reads, moment)
    asked["staff"] = staff
    async with reads.pool.connection() as connection:
        events = await _events(connection, "opened", asked | {"types": _OF_STAFF})
        if not any(isinstance(one.event, StaffJoined) for one in events):
            raise NotFound("no such staff member at that moment")
        opened = [(number, one) for one in events if (number := opens(one)) is not None]
        asked["contracts"] = [number for number, _ in opened]
        asked["times"] = [one.recorded_at for _, one in opened]
        rows = await (await connection.execute(_SQL["nearest"], asked)).fetchall()
    openings = [
        Opening(named(one), number, one.actor.role, _seconds(row[0]))
        for (number, one), row in zip(opened, rows, strict=True)
    ]
    return _in_order(tuple(opened_without_ticket(openings, thresholds)))


def opens(recorded: Recorded) -> str | None:
    """Return the contract that was opened; None for what is no opening by a person here."""
    here = recorded.origin.kind is OriginKind.LIVE and recorded.actor.kind is ActorKind.STAFF
    match recorded.event:
        case ContractRegistered(number=number) if here:
            return number
        case IdentityRead(contract=contract) | EvidenceRead(contract=contract) if here:
            return contract
        case Exported(contract=contract) if here:
            return contract
        case _:
            return None


def _seconds(given: Any) -> timedelta | None:
    return None if given is None else timedelta(seconds=float(given))


def _in_order(found: Sequence[Signal]) -> tuple[Signal, ...]:
    return tuple(sorted(found, key=lambda one: (one.since, one.kind, one.events[0].position)))


async def _asked(reads: Reads, moment: Moment | None) -> dict[str, Any]:
    as_of = moment or await resolve(reads)
    return {"position": as_of.position, "occurred": as_of.occurred}


async def _events(connection: Database, name: str, asked: dict[str, Any]) -> list[Recorded]:
    cursor = connection.cursor(binary=True)
    await cursor.execute(_SQL[name], asked)
    return [recorded_of(parse(row[0]), row[0]) for row in await cursor.fetchall()]


async def _connections(connection: Database, name: str, asked: dict[str, Any]) -> list[Connection]:
    cursor = connection.cursor(binary=True)
    await cursor.execute(_SQL[name], asked)
    return [Connection(Named(*row[:4]), *row[4:]) for row in await cursor.fetchall()]
