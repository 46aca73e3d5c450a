"""Where a ticket stands: what the rules need of its history, without personal data."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple, assert_never
from uuid import UUID

from domain.erasure import KeysDestroyed
from domain.grown import Grown
from domain.ticket.events import (
    AttachmentAdded,
    Audience,
    Channel,
    ImportedAssignmentRecorded,
    ImportedUpdateRecorded,
    MailReceived,
    MessageCorrected,
    MessageErased,
    MessagePosted,
    MessageRetracted,
    Priority,
    PriorityChanged,
    PromiseKept,
    PromiseKind,
    PromiseMade,
    PromiseMissed,
    Relation,
    Side,
    Status,
    StatusChanged,
    TagAdded,
    TagRemoved,
    TicketAcknowledged,
    TicketAddressed,
    TicketAssigned,
    TicketClaimed,
    TicketEvent,
    TicketHandedOver,
    TicketLinked,
    TicketMovedIn,
    TicketMovedOut,
    TicketOpened,
    TicketReleased,
    WorkRecorded,
)
from domain.values import Purpose

FINAL = frozenset({Status.RESOLVED, Status.CLOSED})
"""Statuses after which the customer waits for nothing."""


class Promise(NamedTuple):
    """An open promise: nobody knows yet whether it will be kept."""

    kind: PromiseKind
    due: datetime


class Posted(NamedTuple):
    """Who wrote a message, and who may read it."""

    side: Side
    audience: Audience


class Elsewhere(NamedTuple):
    """What another system's log said last of an imported ticket."""

    reference: str
    team: UUID | None = None
    assignee: UUID | None = None
    times: int = 0


@dataclass(frozen=True, slots=True)
class TicketState:
    """A ticket after some of its events; before the first one `opened` is false.

    `holder` is the agent who has it. `acknowledged` is asked anew after each reopening.
    `promises` holds at most one of each kind. `mailed`: what came with the mail that opened it is
    kept. `elsewhere` is None unless it was imported.
    `erased` names the events whose texts went, `erasing` the erasures not carried out yet.
    """

    opened: bool = False
    number: str = ""
    contract: str | None = None
    requester: UUID | None = None
    channel: Channel | None = None
    language: str = ""
    follows: UUID | None = None
    status: Status = Status.NEW
    priority: Priority = Priority.NORMAL
    holder: UUID | None = None
    specialist: UUID | None = None
    acknowledged: bool = False
    promises: tuple[Promise, ...] = ()
    tags: frozenset[str] = frozenset()
    messages: Grown[UUID, Posted] = field(default_factory=Grown)
    retracted: Grown[UUID, None] = field(default_factory=Grown)
    attachments: Grown[UUID, Audience] = field(default_factory=Grown)
    mailed: bool = False
    works: Grown[UUID, None] = field(default_factory=Grown)
    links: Grown[tuple[UUID, Relation], None] = field(default_factory=Grown)
    elsewhere: Elsewhere | None = None
    erased: tuple[tuple[UUID, Purpose], ...] = ()
    erasing: frozenset[UUID] = frozenset()

    @property
    def closed(self) -> bool:
        """Say whether nothing more happens between customer and staff here."""
        return self.status is Status.CLOSED

    def due(self, kind: PromiseKind) -> datetime | None:
        """Return when an open promise of this kind is due."""
        return next((promise.due for promise in self.promises if promise.kind is kind), None)


def evolve(state: TicketState, event: TicketEvent) -> TicketState:  # noqa: C901, PLR0911, PLR0912 - one case an event
    """Return the state after `event`; takes every event that was ever recorded."""
    match event:
        case TicketOpened():
            return _opened(state, event)
        case TicketAcknowledged():
            return replace(state, acknowledged=True)
        case PromiseMade(promise=kind, due=due):
            return replace(state, promises=(*_without(state, kind), Promise(kind, due)))
        case PromiseKept(promise=kind) | PromiseMissed(promise=kind):
            return replace(state, promises=_without(state, kind))
        case MessagePosted(message=message, side=side, audience=audience):
            return replace(state, messages=state.messages.plus(message, Posted(side, audience)))
        case MessageCorrected() | TicketMovedOut() | ImportedUpdateRecorded():
            return state
        case MessageRetracted(message=message):
            return replace(state, retracted=state.retracted.plus(message, None))
        case AttachmentAdded(attachment=attachment, audience=audience):
            return replace(state, attachments=state.attachments.plus(attachment, audience))
        case StatusChanged():
            return _moved_on(state, event)
        case TicketClaimed(agent=agent) | TicketAssigned(agent=agent):
            return replace(state, holder=agent)
        case TicketHandedOver(receiver=receiver):
            return replace(state, holder=receiver)
        case TicketReleased():
            return replace(state, holder=None)
        case TicketAddressed(specialist=specialist):
            return replace(state, specialist=specialist)
        case PriorityChanged(priority=priority):
            return replace(state, priority=priority)
        case TagAdded(tag=tag):
            return replace(state, tags=state.tags | {tag})
        case TagRemoved(tag=tag):
            return replace(state, tags=state.tags - {tag})
        case TicketLinked(other=other, relation=relation):
            return replace(state, links=state.links.plus((other, relation), None))
        case TicketMovedIn(contract=contract):
            return replace(state, contract=contract)
        case WorkRecorded(work=work):
            return replace(state, works=state.works.plus(work, None))
        case MailReceived():
            return replace(state, mailed=True)
        case ImportedAssignmentRecorded():
            return _assigned_elsewhere(state, event)
        case MessageErased(erasure=erasure, event=said, purposes=purposes):
            erased = (*state.erased, *((said, purpose) for purpose in purposes))
            return replace(state, erased=erased, erasing=state.erasing | {erasure})
        case KeysDestroyed(erasure=erasure):
            return replace(state, erasing=state.erasing - {erasure})
        case _:
            assert_never(event)


def _without(state: TicketState, kind: PromiseKind) -> tuple[Promise, ...]:
    return tuple(promise for promise in state.promises if promise.kind is not kind)


def _opened(state: TicketState, event: TicketOpened) -> TicketState:
    return replace(
        state,
        opened=True,
        number=event.number,
        contract=event.contract,
        requester=event.requester,
        channel=event.channel,
        language=event.language,
        follows=event.follows,
        priority=event.priority,
        specialist=event.specialist,
        elsewhere=None if event.reference is None else Elsewhere(event.reference),
    )


def _moved_on(state: TicketState, event: StatusChanged) -> TicketState:
    reopened = event.status is Status.REOPENED
    return replace(state, status=event.status, acknowledged=state.acknowledged and not reopened)


def _assigned_elsewhere(state: TicketState, event: ImportedAssignmentRecorded) -> TicketState:
    known = state.elsewhere or Elsewhere("")
    return replace(
        state,
        elsewhere=Elsewhere(
            known.reference,
            # A name that the other log left out says nothing: the last one stands.
            event.team or known.team,
            event.assignee or known.assignee,
            event.times,
        ),
    )
