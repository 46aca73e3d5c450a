"""Whom it is told: at an address of their own, or at the contacts of record of the contract."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from consumers.notifications.reading import Book, Event, fold
from consumers.notifications.told import Addressee
from domain.contract import CONTRACT
from domain.contract.documents import Contact, ContactKind
from domain.contract.events import ContractRegistered, PreferencesStated, Right
from domain.contract.ownership.events import IdentityChanged
from domain.contract.state import ContractState, right
from domain.identity_change.events import IdentityChangeRequested
from domain.notification.events import MailForm, NotificationFailure
from domain.stream import Stream, StreamKind
from domain.ticket.events import TicketOpened
from domain.values import Sealed
from infra.mail.addresses import valid_address
from infra.pdf.wording import LANGUAGES

_UNSTATED: Final = MailForm.HTML


@dataclass(frozen=True, slots=True)
class Standing:
    """A contract as it stands, with what its persons prefer and where its holders are reached."""

    number: str
    state: ContractState
    preferences: dict[UUID, PreferencesStated]
    contacts: tuple[Contact, ...]

    def entitled(self, person: UUID, at: datetime) -> bool:
        """Say whether somebody holds the contract, or may read under it; nobody while suspended."""
        if self.state.ownership.suspended is not None:
            return False
        return self.holds(person) or right(self.state, person, Right.READ, at)

    def holds(self, person: UUID | None) -> bool:
        """Say whether somebody is a holder of the contract."""
        holders = {self.state.holder, *(one.id for one in self.state.ownership.holders)}
        return person is not None and person in holders

    def preferred(self, person: UUID | None) -> PreferencesStated | None:
        """Return what somebody prefers who may be told at all."""
        if person is None or not self.entitled(person, datetime.now(UTC)):
            return None
        return self.preferences.get(person)


async def standing_of(book: Book, number: str, before: int) -> Standing:
    """Return the contract with this number as it stood before a position, its texts opened."""
    events = await book.contract(number, before)
    state: ContractState = fold(CONTRACT, events)
    stated: dict[UUID, Event] = {}
    for one in events:
        if isinstance(one.recorded.event, PreferencesStated):
            stated[one.recorded.event.person] = one
    preferences = {}
    for person, one in stated.items():
        opened = (await book.opened(one)).event
        if isinstance(opened, PreferencesStated):
            preferences[person] = opened
    return Standing(number, state, preferences, await _contacts(book, events, state))


async def _contacts(book: Book, events: list[Event], state: ContractState) -> tuple[Contact, ...]:
    """Return the ways to reach the holders: those that the last version with any gave."""
    if not state.ownership.contacts.given:
        return ()
    wanted = state.ownership.contacts.version
    for one in events:
        match one.recorded.event:
            case ContractRegistered() if wanted <= 1:
                return _given((await book.opened(one)).event)
            case IdentityChanged(version=version, change=change) if version == wanted:
                stream = Stream(StreamKind.IDENTITY_CHANGE, change)
                requested = await book.case(stream, one.recorded.position)
                return _given((await book.opened(requested[0])).event)
            case _:
                pass
    return ()


def _given(event: object) -> tuple[Contact, ...]:
    if isinstance(event, ContractRegistered | IdentityChangeRequested):
        return event.contacts
    return ()


def of_record(standing: Standing, asker: UUID | None, *languages: str) -> Addressee:
    """Return the holders of a contract, at the contacts of record alone."""
    mails = tuple(one.value for one in standing.contacts if one.kind is ContactKind.MAIL)
    preferred = standing.preferred(standing.state.holder)
    stated = (preferred.language or "") if preferred else ""
    form = preferred.form if preferred else _UNSTATED
    language = _language(stated, *languages, standing.state.language)
    person = asker if standing.holds(asker) else None  # nobody else reads what goes there
    return _addressee(standing.number, person, language, form, mails)


def of_person(standing: Standing, opened: TicketOpened) -> Addressee:
    """Return who opened a ticket: at the address that they gave, else at those of record."""
    person = opened.requester
    preferred = standing.preferred(person)
    if preferred is None:
        return of_record(standing, person, opened.language)
    language = _language(preferred.language or "", opened.language, standing.state.language)
    own = preferred.mail
    if own is not None and own.text is not None and valid_address(own.text):
        return _addressee(standing.number, person, language, preferred.form, (own,))
    mails = tuple(one.value for one in standing.contacts if one.kind is ContactKind.MAIL)
    told = person if standing.holds(person) else None
    return _addressee(standing.number, told, language, preferred.form, mails)


def of_enquiry(opened: TicketOpened) -> Addressee:
    """Return who made a general enquiry, if the contact that they gave is a mail address."""
    given = () if opened.contact is None else (opened.contact,)
    return _addressee(None, opened.requester, _language(opened.language), _UNSTATED, given)


def of_sender(sender: Sealed, language: str) -> Addressee:
    """Return who wrote a mail."""
    return _addressee(None, None, _language(language), _UNSTATED, (sender,))


def _addressee(
    contract: str | None,
    person: UUID | None,
    language: str,
    form: MailForm,
    found: tuple[Sealed, ...],
) -> Addressee:
    readable = [one for one in found if one.text is not None]
    unique = {valid_address(one.text): one for one in readable if one.text}
    to = tuple(
        Sealed(address, one.subject, one.purpose)
        for address, one in unique.items()
        if address is not None
    )
    failure = None
    if not found:
        failure = NotificationFailure.NO_ADDRESS
    elif not readable:
        failure = NotificationFailure.ERASED
    elif not to:
        failure = NotificationFailure.INVALID_ADDRESS
    return Addressee(contract, person, language, form, to, failure)


def _language(*stated: str) -> str:
    """Return the first of these languages that mail is written in, else English."""
    known = (one.partition("-")[0].lower() for one in stated)
    return next((one for one in known if one in LANGUAGES), "en")
