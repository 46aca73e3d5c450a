"""Facts about a contract. Class names and field names are a storage format: they never change."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.contract.documents import Category, Contact, Document
from domain.contract.ownership.events import OwnershipEvent
from domain.erasure import KeysDestroyed, SubjectErased
from domain.notification.events import MailForm, NotificationKind
from domain.values import Sealed


class Right(StrEnum):
    """What a person may do under a contract; identity data is nobody's to change here."""

    READ = "read"
    WRITE = "write"
    MANAGE_PERSONS = "manage_persons"


class Ending(StrEnum):
    """Why a contract ended."""

    BY_CUSTOMER = "by_customer"
    BY_PROVIDER = "by_provider"
    EXPIRED = "expired"


class Authority(StrEnum):
    """On whose word everything under a contract is held."""

    COURT = "court"
    PROSECUTOR = "prosecutor"
    POLICE = "police"
    REGULATOR = "regulator"
    COUNSEL = "counsel"


@dataclass(frozen=True, slots=True)
class ContractRegistered:
    """A contract and its holder of record; an imported one: category unknown, no document."""

    number: str
    category: Category
    holder: UUID
    language: str
    document: Document | None
    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class PersonNamed:
    """A person got rights under the contract; `login` is issuer and subject of their token.

    `expires_at` None: until revoked.
    """

    person: UUID
    name: Sealed
    login: Sealed | None
    rights: tuple[Right, ...]
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class RightsGranted:
    """A named person has exactly these rights from now on."""

    person: UUID
    rights: tuple[Right, ...]
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class RightsRevoked:
    """A named person has no right under the contract any more."""

    person: UUID
    reason: Sealed | None


@dataclass(frozen=True, slots=True)
class ContractClosed:
    """The contract ended: no ticket can be opened under it any more."""

    ending: Ending
    reason: Sealed | None


@dataclass(frozen=True, slots=True)
class LegalHoldPlaced:
    """Nothing under the contract is erased; `reference` names the order, `review_at` a check."""

    hold: UUID
    authority: Authority
    reference: Sealed
    review_at: datetime


@dataclass(frozen=True, slots=True)
class LegalHoldReleaseRequested:
    """Somebody asked for the release of a hold; somebody else has to confirm it."""

    hold: UUID
    requester: UUID
    reason: Sealed


@dataclass(frozen=True, slots=True)
class LegalHoldReleased:
    """A hold ended: asked for by one person, confirmed by another."""

    hold: UUID
    requester: UUID
    confirmer: UUID


@dataclass(frozen=True, slots=True)
class PreferencesStated:
    """How a person wants to be told of their tickets from now on; it replaces what they said.

    `language` None: the ticket's; `mail` None: the contract's contacts.
    """

    person: UUID
    language: str | None
    mail: Sealed | None
    form: MailForm
    unwanted: tuple[NotificationKind, ...]


ContractEvent = (
    ContractRegistered
    | PersonNamed
    | RightsGranted
    | RightsRevoked
    | ContractClosed
    | OwnershipEvent
    | LegalHoldPlaced
    | LegalHoldReleaseRequested
    | LegalHoldReleased
    | PreferencesStated
    | SubjectErased
    | KeysDestroyed
)
