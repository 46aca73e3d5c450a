"""Where a contract stands: what the rules need of its history, without personal data."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, assert_never
from uuid import UUID

from domain.contract.documents import Category
from domain.contract.events import (
    ContractClosed,
    ContractEvent,
    ContractRegistered,
    Ending,
    PersonNamed,
    Right,
    RightsGranted,
    RightsRevoked,
)


class Grant(NamedTuple):
    """What a named person may do, and until when (None: until revoked)."""

    rights: tuple[Right, ...]
    expires_at: datetime | None


NOTHING = Grant((), None)
"""What a person may do whose rights were revoked."""


@dataclass(frozen=True, slots=True)
class ContractState:
    """A contract after some of its events; before the first one `number` is None.

    `identified` says that the holder of record gave an identity document. `persons` has
    everybody ever named.
    """

    number: str | None = None
    category: Category = Category.UNKNOWN
    holder: UUID | None = None
    language: str = ""
    identified: bool = False
    persons: tuple[tuple[UUID, Grant], ...] = ()
    ending: Ending | None = None

    @property
    def open(self) -> bool:
        """Say whether tickets can be opened under it."""
        return self.number is not None and self.ending is None

    def grant(self, person: UUID) -> Grant | None:
        """Return what a person was given last, None if they were never named."""
        return next((grant for known, grant in self.persons if known == person), None)


def right(state: ContractState, person: UUID, wanted: Right, at: datetime) -> bool:
    """Say whether the person has the right at a moment; the contract's end takes none away."""
    grant = state.grant(person)
    if grant is None or wanted not in grant.rights:
        return False
    return grant.expires_at is None or at < grant.expires_at


def evolve(state: ContractState, event: ContractEvent) -> ContractState:
    """Return the state after `event`; takes every event that was ever recorded."""
    match event:
        case ContractRegistered():
            return replace(
                state,
                number=event.number,
                category=event.category,
                holder=event.holder,
                language=event.language,
                identified=event.document is not None,
            )
        case PersonNamed() | RightsGranted():
            return _given(state, event.person, Grant(event.rights, event.expires_at))
        case RightsRevoked():
            return _given(state, event.person, NOTHING)
        case ContractClosed():
            return replace(state, ending=event.ending)
        case _:
            assert_never(event)


def _given(state: ContractState, person: UUID, grant: Grant) -> ContractState:
    others = tuple(entry for entry in state.persons if entry[0] != person)
    return replace(state, persons=(*others, (person, grant)))
