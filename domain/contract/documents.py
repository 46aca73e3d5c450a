"""Identity documents, sealed field by field. Their form is final: stored events contain it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.values import Sealed


class Category(StrEnum):
    """What kind of holder; `unknown` only for imported contracts."""

    INDIVIDUAL = "individual"
    INDIVIDUAL_ENTREPRENEUR = "individual_entrepreneur"
    LEGAL_ENTITY = "legal_entity"
    GOVERNMENT_AGENCY = "government_agency"
    UNKNOWN = "unknown"


ORGANISATIONS: Final = frozenset({Category.LEGAL_ENTITY, Category.GOVERNMENT_AGENCY})
"""The categories that act through people alone."""


class ContactKind(StrEnum):
    """How a contact is reached."""

    MAIL = "mail"
    PHONE = "phone"
    POST = "post"


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach the holder."""

    kind: ContactKind
    value: Sealed


@dataclass(frozen=True, slots=True)
class Passport:
    """A passport; countries are ISO 3166-1 alpha-2, dates ISO 8601 (YYYY-MM-DD)."""

    country: Sealed
    number: Sealed
    name: Sealed
    birth_date: Sealed
    issued_by: Sealed
    issued_on: Sealed
    expires_on: Sealed | None


@dataclass(frozen=True, slots=True)
class Entrepreneur:
    """A person in business: passport and registration number."""

    passport: Passport
    registration_number: Sealed


@dataclass(frozen=True, slots=True)
class Representative:
    """Who acts for an organisation: name, passport, and the paper that gives the authority."""

    subject: UUID
    name: Sealed
    passport: Passport
    authority: Sealed


@dataclass(frozen=True, slots=True)
class Organisation:
    """A legal entity or a government agency."""

    name: Sealed
    country: Sealed
    registration_number: Sealed
    representative: Representative


@dataclass(frozen=True, slots=True)
class Document:
    """The holder's identity document: exactly one of the three, fitting the category."""

    passport: Passport | None = None
    entrepreneur: Entrepreneur | None = None
    organisation: Organisation | None = None
