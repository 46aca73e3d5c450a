"""Identity documents: from what was sent to sealed values, and opened data as plain texts."""

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar
from uuid import UUID

from api.schemas import contracts as forms
from api.sealing import identity
from domain.contract.documents import (
    Document,
    Entrepreneur,
    Organisation,
    Passport,
    Representative,
)
from domain.contract.ownership.vocabulary import Holder
from domain.values import Purpose, Sealed
from infra.ids import new_id

T = TypeVar("T")


def document_of(sent: forms.Document, holder: UUID) -> Document:
    """Return the document, each field sealed as its subject's data."""
    return Document(
        passport=_passport(sent.passport, holder) if sent.passport else None,
        entrepreneur=_entrepreneur(sent.entrepreneur, holder) if sent.entrepreneur else None,
        organisation=_organisation(sent.organisation, holder) if sent.organisation else None,
    )


def _passport(sent: forms.Passport, subject: UUID) -> Passport:
    return Passport(
        country=identity(sent.country, subject),
        number=identity(sent.number, subject),
        name=identity(sent.name, subject),
        birth_date=identity(sent.birth_date, subject),
        issued_by=identity(sent.issued_by, subject),
        issued_on=identity(sent.issued_on, subject),
        expires_on=identity(sent.expires_on, subject) if sent.expires_on else None,
    )


def _entrepreneur(sent: forms.Entrepreneur, holder: UUID) -> Entrepreneur:
    return Entrepreneur(
        passport=_passport(sent.passport, holder),
        registration_number=identity(sent.registration_number, holder),
    )


def _organisation(sent: forms.Organisation, holder: UUID) -> Organisation:
    person, who = sent.representative, new_id()
    return Organisation(
        name=identity(sent.name, holder),
        country=identity(sent.country, holder),
        registration_number=identity(sent.registration_number, holder),
        representative=Representative(
            subject=who,
            name=identity(person.name, who),
            passport=_passport(person.passport, who),
            authority=identity(person.authority, who),
        ),
    )


def holder_of(sent: forms.Holder) -> Holder:
    """Return a holder with their document; somebody new gets an id."""
    who = sent.id or new_id()
    return Holder(who, sent.category, document_of(sent.document, who))


def of_purpose(value: T, purpose: Purpose) -> T:
    """Return a document, or any form with sealed fields, kept for another purpose."""
    if isinstance(value, Sealed):
        return replace(value, purpose=purpose)
    if is_dataclass(value) and not isinstance(value, type):
        within = {one.name: getattr(value, one.name) for one in fields(value)}
        return replace(value, **{name: of_purpose(one, purpose) for name, one in within.items()})
    return value


def plain(value: Any) -> Any:
    """Return opened data with each sealed text as the text itself."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"text", "erased"}:
        return value["text"]
    return {name: plain(item) for name, item in value.items()}
