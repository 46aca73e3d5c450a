"""The words of ownership that stand in a contract's events, and the forms they share."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from domain.contract.documents import Category, Document


class Together(StrEnum):
    """Whether any one of several holders acts for all, or all only together."""

    ANY = "any"
    ALL = "all"


class ChangeKind(StrEnum):
    """What a change of identity data is."""

    FIRST_IDENTITY = "first_identity"
    RENEWAL = "renewal"
    NAME_CHANGE = "name_change"
    REGISTER_EXTRACT = "register_extract"
    REPRESENTATIVE = "representative"
    CONTACTS = "contacts"
    TRANSFER = "transfer"
    AUTHORITY = "authority"


class Warned(StrEnum):
    """Of what a holder was warned."""

    EMPLOYEES_NAME = "employees_name"


class AuthorityEnding(StrEnum):
    """Why an authority ended."""

    LEFT = "left"
    REVOKED = "revoked"
    DIED = "died"
    ORDER = "order"


class OrderSource(StrEnum):
    """What kind of authority gave an order."""

    COURT = "court"
    BAILIFF = "bailiff"
    POLICE = "police"
    PROSECUTOR = "prosecutor"
    NOTARY = "notary"
    REGISTRY = "registry"
    OTHER = "other"


class OrderEffect(StrEnum):
    """What an order asks for."""

    TRANSFER = "transfer"
    HOLD = "hold"
    DISCLOSURE = "disclosure"
    GUARDIANSHIP = "guardianship"
    OTHER = "other"


class OrderStanding(StrEnum):
    """Whether an order is to be followed now."""

    PENDING = "pending"
    IN_FORCE = "in_force"
    APPEALED = "appealed"
    SET_ASIDE = "set_aside"


class Doubt(StrEnum):
    """Why it is not determined who the holder of record is."""

    DECEASED = "deceased"
    DISSOLVED = "dissolved"
    CONFLICTING_EXTRACTS = "conflicting_extracts"
    NO_PROVEN_AUTHORITY = "no_proven_authority"


class Settlement(StrEnum):
    """What ended a doubt."""

    AGREEMENT = "agreement"
    ORDER = "order"
    MISTAKEN = "mistaken"


class FreezeGround(StrEnum):
    """Why nothing of a contract's ownership may change for a while: never a claim alone."""

    SEVERAL_CLAIMANTS = "several_claimants"
    HOLDER_ASKS = "holder_asks"
    ORDER = "order"
    FORGED_PAPERS = "forged_papers"
    CREDENTIALS_STOLEN = "credentials_stolen"


@dataclass(frozen=True, slots=True)
class Holder:
    """A holder of record with the identity document they gave."""

    id: UUID
    category: Category
    document: Document


@dataclass(frozen=True, slots=True)
class HeldBy:
    """A holder of record without anything personal; `representative` acts for an organisation."""

    id: UUID
    category: Category
    representative: UUID | None


def held_by(holder: UUID, category: Category, document: Document) -> HeldBy:
    """Return what of a holder is not personal."""
    organisation = document.organisation
    acting = None if organisation is None else organisation.representative.subject
    return HeldBy(holder, category, acting)
