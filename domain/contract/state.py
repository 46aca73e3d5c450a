"""Where a contract stands: what the rules need of its history, without personal data."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from domain.contract.documents import Category
from domain.contract.events import (
    Authority,
    ContractClosed,
    ContractEvent,
    ContractRegistered,
    Ending,
    LegalHoldPlaced,
    LegalHoldReleased,
    LegalHoldReleaseRequested,
    PersonNamed,
    PreferencesStated,
    Right,
    RightsGranted,
    RightsRevoked,
)
from domain.contract.ownership.events import IdentityChanged
from domain.contract.ownership.state import UNOWNED, Contacts, Ownership, people
from domain.contract.ownership.state import evolve as evolve_ownership
from domain.contract.ownership.vocabulary import held_by
from domain.erasure import NO_ERASURES, Erasures, KeysDestroyed, SubjectErased


class Grant(NamedTuple):
    """What a named person may do, and until when (None: until revoked)."""

    rights: tuple[Right, ...]
    expires_at: datetime | None


NOTHING = Grant((), None)
"""What a person may do whose rights were revoked."""


class Hold(NamedTuple):
    """A legal hold in force; `release_asked_by` is who asked for its release."""

    id: UUID
    authority: Authority
    review_at: datetime
    release_asked_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class ContractState:
    """A contract after some of its events; before the first one `number` is None.

    `identified` says that the holder of record gave an identity document; `holder` is the first
    of several. `persons` has everybody ever named, `holds` the legal holds in force.
    """

    number: str | None = None
    category: Category = Category.UNKNOWN
    holder: UUID | None = None
    language: str = ""
    identified: bool = False
    persons: tuple[tuple[UUID, Grant], ...] = ()
    ending: Ending | None = None
    ownership: Ownership = UNOWNED
    holds: tuple[Hold, ...] = ()
    erasures: Erasures = NO_ERASURES

    @property
    def open(self) -> bool:
        """Say whether tickets can be opened under it."""
        return self.number is not None and self.ending is None

    def grant(self, person: UUID) -> Grant | None:
        """Return what a person was given last, None if they were never named."""
        return next((grant for known, grant in self.persons if known == person), None)

    def hold(self, wanted: UUID) -> Hold | None:
        """Return a legal hold in force."""
        return next((hold for hold in self.holds if hold.id == wanted), None)


UNREAD: Final = ContractState()
"""No contract: what stands in a command before its plan read one."""


def right(state: ContractState, person: UUID, wanted: Right, at: datetime) -> bool:
    """Say whether the person has the right at a moment; the contract's end takes none away.

    While access is suspended nobody has any.
    """
    grant = state.grant(person)
    if state.ownership.suspended is not None or grant is None or wanted not in grant.rights:
        return False
    return grant.expires_at is None or at < grant.expires_at


def evolve(state: ContractState, event: ContractEvent) -> ContractState:  # noqa: C901, PLR0911 - one case an event
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
                ownership=_registered(event),
            )
        case PersonNamed() | RightsGranted():
            return _given(state, event.person, Grant(event.rights, event.expires_at))
        case RightsRevoked():
            return _given(state, event.person, NOTHING)
        case ContractClosed():
            return replace(state, ending=event.ending)
        case IdentityChanged():
            first = event.holders[:1]
            return replace(
                state,
                holder=first[0].id if first else state.holder,
                category=first[0].category if first else state.category,
                identified=True,
                ownership=evolve_ownership(state.ownership, event),
            )
        case LegalHoldPlaced(hold=hold, authority=authority, review_at=review_at):
            return replace(state, holds=(*state.holds, Hold(hold, authority, review_at)))
        case LegalHoldReleaseRequested(hold=hold, requester=requester):
            return replace(state, holds=tuple(_asked(one, hold, requester) for one in state.holds))
        case LegalHoldReleased(hold=hold):
            return replace(state, holds=tuple(one for one in state.holds if one.id != hold))
        case PreferencesStated():
            return state
        case SubjectErased():
            return replace(state, erasures=state.erasures.plus(event))
        case KeysDestroyed():
            return replace(state, erasures=state.erasures.without(event))
        case _:
            return replace(state, ownership=evolve_ownership(state.ownership, event))


def _registered(event: ContractRegistered) -> Ownership:
    contacts = Contacts(1, len(event.contacts))
    if event.document is None:
        return Ownership(contacts=contacts)
    holder = held_by(event.holder, event.category, event.document)
    return Ownership(version=1, holders=(holder,), contacts=contacts, ever=people((holder,)))


def _asked(hold: Hold, wanted: UUID, requester: UUID) -> Hold:
    return hold._replace(release_asked_by=requester) if hold.id == wanted else hold


def _given(state: ContractState, person: UUID, grant: Grant) -> ContractState:
    others = tuple(entry for entry in state.persons if entry[0] != person)
    return replace(state, persons=(*others, (person, grant)))
