"""Bodies of the contract operations."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from api.schemas.common import Answer, Body, Country, Day, Language, Line, Mail, Number, Short, Time
from domain.contract.documents import Category, ContactKind
from domain.contract.events import Ending, Right
from domain.contract.ownership.vocabulary import Together
from domain.notification.events import MailForm
from projections.contract_findings import Finding

Subject = Annotated[str, StringConstraints(max_length=255, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]


class Passport(Body):
    """A passport; `country` is ISO 3166-1 alpha-2."""

    country: Country
    number: Line
    name: Line
    birth_date: Day
    issued_by: Line
    issued_on: Day
    expires_on: Day | None = None


class Entrepreneur(Body):
    """A person in business."""

    passport: Passport
    registration_number: Line


class Representative(Body):
    """Who acts for an organisation, and by which paper."""

    name: Line
    passport: Passport
    authority: Line


class Organisation(Body):
    """A legal entity or a government agency."""

    name: Line
    country: Country
    registration_number: Line
    representative: Representative


class Document(Body):
    """The holder's identity document: exactly one of the three, fitting the category."""

    passport: Passport | None = None
    entrepreneur: Entrepreneur | None = None
    organisation: Organisation | None = None


class Contact(Body):
    """One way to reach the holder."""

    kind: ContactKind
    value: Line


class Holder(Body):
    """Somebody who holds a contract; `id` null: somebody new."""

    id: UUID | None = None
    category: Category
    document: Document


class RegisterContract(Body):
    """A contract with the identity document that its holder gave.

    `joint` hold it too, and say whether any or all of them act; `used_by` is the organisation that
    uses what a person registers: it is warned.
    """

    number: Number
    category: Category
    language: Language
    document: Document
    contacts: tuple[Contact, ...] = Field((), max_length=20)
    joint: tuple[Holder, ...] = Field((), max_length=9)
    together: Together | None = None
    used_by: Line | None = None


class Login(Body):
    """Issuer (the `iss` of the token) and subject by which somebody signs in."""

    issuer: Subject
    subject: Subject


class NamePerson(Body):
    """Somebody who gets rights under the contract."""

    name: Line
    login: Login | None = None
    rights: tuple[Right, ...] = Field(max_length=3)
    expires_at: Time | None = None


class GrantRights(Body):
    """Exactly what the person may do from now on."""

    rights: tuple[Right, ...] = Field(max_length=3)
    expires_at: Time | None = None


class RevokeRights(Body):
    """Why the person may do nothing any more."""

    reason: Short | None = None


class StatePreferences(Body):
    """How the person wants to be told of their tickets; it replaces what they said before.

    `language` null: the ticket's; `mail` null: the contract's contacts of record. What concerns
    identity, access and disputes is told in any case, at the contacts of record.
    """

    language: Language | None = None
    mail: Mail | None = None
    form: MailForm = MailForm.HTML
    unwanted: tuple[Literal["acknowledgement", "status", "message"], ...] = Field((), max_length=3)


class CloseContract(Body):
    """Why the contract ends."""

    ending: Ending
    reason: Short | None = None


class PersonView(Answer):
    """A named person and their rights."""

    person: UUID
    rights: list[Right]


class ContractView(Answer):
    """A contract without its identity data."""

    number: str
    category: Category
    holder: UUID
    language: str
    closed: bool
    version: int
    persons: list[PersonView]


class HeldView(Answer):
    """A holder with the document as it was given; texts that were erased are null."""

    id: UUID
    category: Category
    document: dict[str, Any] | None


class IdentityVersion(Answer):
    """One version of the identity of record; `change` is null for the registration's."""

    version: int
    change: UUID | None
    holders: list[HeldView]
    together: Together | None
    contacts: list[Contact]


class IdentityView(Answer):
    """The holder's document and contacts, and all that was before; this read was recorded."""

    number: str
    category: Category
    holder: UUID
    document: Document | None
    contacts: list[Contact]
    versions: list[IdentityVersion]


class Imported(Answer):
    """What another system's log says that its people did; they are never this ledger's staff."""

    events: int
    actors: list[UUID]
    tickets: list[UUID]
    kinds: dict[str, int]
    sources: dict[str, int]


class Searched(Answer):
    """What the finding rests on: the contract's chain from its first event to `last_count`."""

    from_position: int
    to_position: int
    as_of_position: int
    last_count: int
    events: int
    tickets: int
    kinds: dict[str, int]


class Engineers(Answer):
    """Whether this ledger's staff worked on the customer's systems; others are in `imported`."""

    worked: bool
    finding: Finding
    imported: Imported
    searched: Searched


class History(Answer):
    """Everything under one contract, and what was searched to say so."""

    number: str
    as_of_position: int
    registered: bool
    engineers: Engineers
