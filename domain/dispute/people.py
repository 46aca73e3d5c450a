"""Who decides in a dispute: people who are signed in, and two of them where it takes two."""

from typing import Final
from uuid import UUID

from domain.errors import Refused
from domain.values import Actor, Assurance, Role

HANDLERS: Final = frozenset({Role.DISPUTE_HANDLER, Role.SUPERVISOR})
"""The roles in which who holds a contract is confirmed, or departed from."""


def handler(actor: Actor) -> None:
    """Refuse whoever does not decide about determinations."""
    if actor.role not in HANDLERS:
        raise Refused("dispute-by-handlers", "dispute handlers and supervisors decide this")
    signed_in(actor)


def signed_in(actor: Actor) -> None:
    """Refuse a key in place of a person."""
    if actor.assurance is not Assurance.INTERACTIVE:
        raise Refused("interactive-required", "sign in to decide: an API key decides nothing")


def second_person(actor: Actor, first: UUID) -> None:
    """Refuse the first person, also under another token."""
    signed_in(actor)
    if actor.id == first:
        raise Refused("second-person-required", "somebody else has to confirm what you asked for")
