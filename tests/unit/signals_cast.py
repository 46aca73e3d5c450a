"""What is recorded in the examples of signals, and from where customers connected."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

from unit.cast import AGENT, NOW, REASON, SPECIALIST, identity, recorded, said, uid

from domain.contract.events import PersonNamed, Right
from domain.contract.ownership.vocabulary import ChangeKind
from domain.dispute.events import ClaimReceived, ClaimRefused
from domain.dispute.vocabulary import ClaimRule, Wish
from domain.identity.proof import Capacity
from domain.identity_change.events import IdentityChangeRequested
from domain.log import Recorded
from domain.signals.connections import Connection
from domain.signals.signal import Named, Thresholds
from domain.stream import Stream, StreamKind
from domain.ticket.events import Channel, WorkRecorded

DAY = timedelta(days=1)
TICKET = uid(500)
THRESHOLDS = Thresholds(
    network_visits=3,
    address_contracts=3,
    address_within=10 * DAY,
    refused_claims=2,
    refused_within=30 * DAY,
    reset_within=14 * DAY,
    claimants=3,
    claimants_within=7 * DAY,
    opened_contracts=3,
    opened_within=10 * DAY,
)


def claim(number: int, claimant: int) -> ClaimReceived:
    """Return somebody's claim, on the telephone."""
    return ClaimReceived(
        claim=uid(number),
        claimant=uid(claimant),
        capacity=Capacity.IN_PERSON,
        wish=Wish.TRANSFER,
        channel=Channel.PHONE,
        ticket=TICKET,
        order=None,
        attachments=(),
        recordings=(),
        name=None,
        document=None,
        contact=None,
        words=said(),
    )


def refusal(number: int) -> ClaimRefused:
    """Return the refusal of a claim."""
    return ClaimRefused(uid(number), ClaimRule.AUTHORITY_UNPROVEN, AGENT.id, (), REASON)


def named_person(number: int, *, login: bool = True) -> PersonNamed:
    """Return that a person got rights, and can sign in or not."""
    told = identity("issuer and subject") if login else None
    return PersonNamed(uid(number), identity("Ben"), told, (Right.READ,), None)


def change_requested(ticket: UUID = TICKET) -> IdentityChangeRequested:
    """Return that a transfer was asked for by a ticket."""
    return IdentityChangeRequested(
        contract="C-1",
        ticket=ticket,
        dispute=None,
        kind=ChangeKind.TRANSFER,
        version=1,
        asker=AGENT.id,
        applicant=uid(60),
        capacity=Capacity.IN_PERSON,
        holders=(),
        together=None,
        contacts=(),
        mandate=None,
        orders=(),
        contacts_version=1,
        contacts_given=1,
        name=None,
        words=None,
    )


def worked() -> WorkRecorded:
    """Return that work was done."""
    return WorkRecorded(SPECIALIST, said(), said(), None, None)


def history(*events: tuple[float, object]) -> list[Recorded]:
    """Return events, each so many days after the beginning; positions count from 1."""
    stream = Stream(StreamKind.TICKET, TICKET)
    return [
        recorded(event, position, stream=stream, recorded_at=NOW + days * DAY)
        for position, (days, event) in enumerate(events, 1)
    ]


def event(position: int, days: float) -> Named:
    """Return an event as signals name it."""
    return Named(uid(position), position, "MessagePosted", NOW + days * DAY)


def connected(position: int, days: float, network: str, stream: int = 1, **more: Any) -> Connection:
    """Return a connection from a network, in a ticket under contract C-1."""
    usual = {"contract": "C-1", "address": f"address in {network}".encode()}
    fields: dict[str, Any] = {**usual, **more}
    stream_id = TICKET if stream == 0 else uid(900 + stream)
    return Connection(
        event=event(position, days), stream=stream_id, network=network.encode(), **fields
    )


def visits(*networks: str) -> Iterator[Connection]:
    """Yield a visit a day, each in a ticket of its own."""
    for position, network in zip(count(1), networks, strict=False):
        yield connected(position, position, network, position)
