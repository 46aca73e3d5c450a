"""From which addresses was acted under each contract, without an address in the clear.

`views.addresses` has a row for each event under a contract and each address that it names: that
of the connection and, where a service asserts one for its customer, that one too (`asserted`).
Columns: `event`, `asserted`, `position`, `contract`, `type` and `recorded_at` of the event;
`actor`, `actor_kind`, `actor_role`, `on_behalf_of`; `address` and `network`, keyed hashes of the
address and of its /24 (IPv4) or /64 (IPv6); `label`, the name of the known network around it.

Rows go when `SubjectErased` for the purpose address covers them, or `MessageErased` their event.
What is erased cannot be opened again, so a rebuild makes no row of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import orjson

from domain.erasure import SubjectErased
from domain.ticket.events import MessageErased
from domain.values import ActorKind, Purpose, Role
from infra.codec import Codec
from infra.envelope import ADDRESS, ActorPart, BehalfPart, Envelope, parse
from infra.networks import Address, Labels, network_of, parse_address
from infra.reading import commitments, recorded_of
from infra.sealing import SealedRow
from infra.secrets import Secrets
from infra.sqlfiles import load_sql
from projections.opening import Connection
from projections.projection import Cursor, Followed

NAME: Final = "addresses"

_SQL: Final = load_sql(__file__, "addresses.sql")
_ERASURES: Final = frozenset({"SubjectErased", "MessageErased"})
_ACTOR: Final = msgspec.json.Decoder(ActorPart).decode
_BEHALF: Final = msgspec.json.Decoder(BehalfPart | None).decode


@dataclass(frozen=True, slots=True)
class Digests:
    """The keyed hashes of an address and of its network, 32 bytes each."""

    address: bytes
    network: bytes


def digests(secrets: Secrets, address: Address) -> Digests:
    """Return what an address is found by without being kept in the clear."""
    network = str(network_of(address))
    return Digests(secrets.digest(NAME, str(address)), secrets.digest(NAME, network))


def addresses_in(text: str) -> Iterator[tuple[bool, Address]]:
    """Yield the addresses of an event's sealed text: (only asserted?, address)."""
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError:
        return
    if not isinstance(said, dict):
        return
    for name, asserted in (("address", False), ("asserted", True)):
        one = said.get(name)
        address = parse_address(one) if isinstance(one, str) else None
        if address is not None:
            yield asserted, address


@dataclass(frozen=True, slots=True)
class AddressesWriter:
    """Keeps the keyed hashes of addresses, with the names that known networks have."""

    codec: Codec
    secrets: Secrets
    labels: Labels

    def followed(self) -> Followed:
        """Return it as the runner follows it."""
        return Followed(NAME, self.apply)

    def apply(self, cursor: Cursor, envelopes: Sequence[bytes]) -> None:
        """Write what the events say of addresses, in the caller's transaction.

        What is erased within the batch was kept a moment before, and goes.
        """
        parts = [parse(envelope) for envelope in envelopes]
        self._keep(cursor, [one for one in parts if one.contract and ADDRESS in one.sealed])
        for one, envelope in zip(parts, envelopes, strict=True):
            if one.type in _ERASURES:
                _erase(cursor, recorded_of(one, envelope).event, one.position)

    def _keep(self, cursor: Cursor, parts: Sequence[Envelope]) -> None:
        texts = self._texts(cursor, parts)
        known: dict[Address, tuple[bytes, bytes, str | None]] = {}
        rows = []
        for one in parts:
            for asserted, address in addresses_in(texts.get(one.id) or ""):
                if address not in known:
                    made = digests(self.secrets, address)
                    known[address] = made.address, made.network, self.labels.of(address)
                rows.append((*_who_and_when(one, asserted=asserted), *known[address]))
        if rows:
            cursor.execute(_SQL["keep"], [list(column) for column in zip(*rows, strict=True)])

    def _texts(self, cursor: Cursor, parts: Sequence[Envelope]) -> dict[UUID, str | None]:
        """Return the sealed texts by event, None for what was erased; opened together."""
        if not parts:
            return {}
        cursor.execute(_SQL["sealed_addresses"], [[one.id for one in parts]])
        rows = {row[0]: SealedRow(*row) for row in cursor.fetchall()}
        pairs = [
            (rows[one.id], said)
            for one in parts
            if one.id in rows
            for said in commitments(one)
            if said.field == ADDRESS
        ]
        texts = self.codec.sealer.open_all(pairs)
        return {row.event_id: text for (row, _), text in zip(pairs, texts, strict=True)}


def _who_and_when(parts: Envelope, *, asserted: bool) -> tuple[Any, ...]:
    actor, behalf = _ACTOR(parts.actor), _BEHALF(parts.on_behalf_of)
    return (
        parts.id,
        asserted,
        parts.position,
        parts.contract.number if parts.contract else None,
        parts.type,
        parts.recorded_at,
        actor.id,
        actor.kind.value,
        actor.role.value if actor.role else None,
        behalf.id if behalf else None,
    )


def _erase(cursor: Cursor, event: object, position: int) -> None:
    """Take away what an erasure covers; addresses under a contract go for everybody."""
    match event:
        case SubjectErased(contract=contract, purposes=purposes) if Purpose.ADDRESS in purposes:
            cursor.execute(_SQL["erase_contract"], {"contract": contract, "position": position})
        case MessageErased(event=erased, purposes=purposes) if Purpose.ADDRESS in purposes:
            cursor.execute(_SQL["erase_event"], {"event": erased})
        case _:
            pass


@dataclass(frozen=True, slots=True)
class Use:
    """Events under one contract by one actor, from an address (`exact`) or its network alone.

    `asserted`: the address is the one that a service said its customer, `on_behalf_of`, has.
    """

    contract: str
    exact: bool
    asserted: bool
    actor: UUID
    actor_kind: ActorKind
    actor_role: Role | None
    on_behalf_of: UUID | None
    label: str | None
    events: int
    first_at: datetime
    last_at: datetime
    first_position: int
    last_position: int


async def uses(found: Digests, connection: Connection, limit: int) -> tuple[Use, ...]:
    """Return who acted from an address or its network under which contracts, exact ones first."""
    asked = {"address": found.address, "network": found.network, "limit": limit}
    cursor = await connection.execute(_SQL["uses"], asked)
    return tuple(Use(*row) for row in await cursor.fetchall())
