"""The identity of record as compliance reads it: every version, and what was noted beside it."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from api.identity import plain
from api.services import Services
from domain.errors import Integrity
from domain.stream import Stream, StreamKind
from infra.envelope import parse
from projections import documents
from projections.opening import Opened, open_envelopes
from projections.telling import what_of

Json = dict[str, Any]

_SHOWN: Final = frozenset(
    {
        *("ContractRegistered", "JointHoldersNamed", "IdentityChanged", "HolderWarned"),
        *("AuthorityGiven", "AuthorityEnded", "OrderRecorded", "OrderStandingChanged"),
        *("HolderDoubted", "DoubtSettled"),
    }
)
_MANDATE: Final = ("person", "holder", "capacity")


async def of_record(services: Services, contract: Stream, number: str) -> Json:
    """Return everything on record of who holds a contract, opened; None for erased texts."""
    reader = services.log.reader
    stream = [one async for one in reader.envelopes(contract) if parse(one).type in _SHOWN]
    events = await _open(services, stream)
    requests = await _requests(services, events)
    told = _Told(requests)
    for one in events:
        told.take(one, plain(what_of(one)))
    if not told.versions:
        raise Integrity("the contract has no first event")
    async with services.log.reader.pool.connection() as connection:
        hints = await documents.known(connection, number)
    present = told.versions[-1]
    first = present["holders"][0]
    return {
        "number": number,
        "category": first["category"],
        "holder": first["id"],
        "language": told.language,
        "document": first["document"],
        "contacts": present["contacts"],
        "versions": told.versions,
        "authorities": told.authorities,
        "orders": list(told.orders.values()),
        "doubts": list(told.doubts.values()),
        "warnings": told.warnings,
        "known_under": hints,
    }


async def _open(services: Services, envelopes: list[bytes]) -> list[Opened]:
    async with services.log.reader.pool.connection() as connection:
        return await open_envelopes(connection, services.log.codec.sealer, envelopes)


async def _requests(services: Services, events: Iterable[Opened]) -> dict[str, Json]:
    """Return what each applied change asked for: its stream's first event, opened."""
    first: list[bytes] = []
    for one in events:
        if one.parts.type == "IdentityChanged":
            change = Stream(StreamKind.IDENTITY_CHANGE, UUID(what_of(one)["change"]))
            async for envelope in services.log.reader.envelopes(change):
                first.append(envelope)
                break
    opened = await _open(services, first)
    return {str(one.parts.stream.id): plain(what_of(one)) for one in opened}


class _Told:
    """What a contract's events tell of its ownership."""

    def __init__(self, requests: dict[str, Json]) -> None:
        self.requests = requests
        self.language = ""
        self.versions: list[Json] = []
        self.authorities: list[Json] = []
        self.orders: dict[str, Json] = {}
        self.doubts: dict[str, Json] = {}
        self.warnings: list[Json] = []

    def take(self, opened: Opened, what: Json) -> None:
        """Take one event."""
        at = {"at": opened.parts.recorded_at}
        match opened.parts.type:
            case "ContractRegistered":
                self._registered(opened, what)
            case "JointHoldersNamed":
                self.versions[-1]["holders"].extend(what["holders"])
                self.versions[-1]["together"] = what["together"]
            case "IdentityChanged":
                self._changed(opened, what)
            case "HolderWarned":
                self.warnings.append({**at, **what})
            case "AuthorityGiven":
                self.authorities.append({**at, "change": what["change"], **what["mandate"]})
            case "AuthorityEnded":
                self._ended(what, at)
            case "OrderRecorded" | "OrderStandingChanged":
                known = self.orders.get(what["order"], at)
                self.orders[what["order"]] = {**known, **what}
            case "HolderDoubted" | "DoubtSettled":
                known = self.doubts.get(what["doubt"], at)
                settled = opened.parts.type == "DoubtSettled"
                self.doubts[what["doubt"]] = {**known, **what, "settled": settled}
            case _:
                pass

    def _registered(self, opened: Opened, what: Json) -> None:
        document = what.get("document")
        self.language = what["language"]
        holder = {"id": what["holder"], "category": what["category"], "document": document}
        self.versions.append(
            {
                "version": 0 if document is None else 1,
                "change": None,
                "kind": "registration",
                "since": opened.parts.recorded_at,
                "holders": [holder],
                "together": None,
                "contacts": what.get("contacts", []),
            }
        )

    def _changed(self, opened: Opened, what: Json) -> None:
        """Add a version; what its change did not ask for stays as it was."""
        before, asked = self.versions[-1], self.requests.get(what["change"], {})
        self.versions.append(
            {
                "version": what["version"],
                "change": what["change"],
                "kind": what["kind"],
                "since": opened.parts.recorded_at,
                "holders": asked.get("holders") or before["holders"],
                "together": what["together"],
                "contacts": asked.get("contacts") or before["contacts"],
            }
        )

    def _ended(self, what: Json, at: Json) -> None:
        same = [what[name] for name in _MANDATE]
        for one in self.authorities:
            if [one[name] for name in _MANDATE] == same:
                one.setdefault("ended", {**at, "ending": what["ending"]})
