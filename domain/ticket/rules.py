"""Rules that many commands share; each raises Refused with its name."""

from datetime import datetime

from domain.errors import Refused
from domain.limits import PROMISE_HORIZON
from domain.ticket.events import Side
from domain.ticket.state import TicketState
from domain.values import Actor, ActorKind, Role, Sealed
from domain.vocabulary import TEMPLATES

_CUSTOMER_KINDS = frozenset({ActorKind.CUSTOMER, ActorKind.SERVICE})
_CUSTOMER_ROLES = frozenset({Role.CUSTOMER, Role.SERVICE})
"""A service (the portal) only brings what customers say, whoever acts as one."""


def side_of(actor: Actor) -> Side:
    """Return for whom the actor speaks."""
    customers = actor.kind in _CUSTOMER_KINDS or actor.role in _CUSTOMER_ROLES
    return Side.CUSTOMER if customers else Side.STAFF


def staff_only(actor: Actor) -> None:
    """Refuse what customers ask."""
    if side_of(actor) is Side.CUSTOMER:
        raise Refused("staff-only", "only staff can do this to a ticket")


def not_closed(state: TicketState) -> None:
    """Refuse what a closed ticket no longer takes."""
    if state.closed:
        raise Refused(
            "ticket-closed",
            "the ticket is closed: it takes internal notes, corrections, tags, links, moves and "
            "work records; a customer's reply opens a new ticket linked to it",
        )


def holder_or_supervisor(state: TicketState, actor: Actor) -> None:
    """Refuse to let others dispose of a ticket that somebody holds."""
    if actor.id != state.holder and actor.role is not Role.SUPERVISOR:
        raise Refused(
            "holder-or-supervisor-only",
            "only the agent who holds the ticket or a supervisor can pass it on or release it",
        )


def reason_to_take(state: TicketState, taker: object, reason: Sealed | None) -> None:
    """Refuse to take, without a reason, what is held by or addressed to somebody else."""
    if reason is not None:
        return
    if state.holder not in (None, taker):
        raise Refused("held-needs-reason", "somebody else holds the ticket: say why it moves")
    if state.specialist not in (None, taker):
        raise Refused(
            "addressed-needs-reason",
            "the ticket is addressed to a named specialist: say why somebody else takes it",
        )


def known_template(template: str | None) -> None:
    """Refuse a template that the vocabulary has not."""
    if template is not None and template not in TEMPLATES:
        raise Refused("template-unknown", f"templates are {', '.join(sorted(TEMPLATES))}")


def can_be_promised(at: datetime, due: datetime) -> None:
    """Refuse a promised moment that is past or too far away to mean anything."""
    if due <= at:
        raise Refused("next-update-in-future", "the next promised update lies in the past")
    if due > at + PROMISE_HORIZON:
        raise Refused(
            "next-update-too-far", f"an update is promised within {PROMISE_HORIZON.days} days"
        )
