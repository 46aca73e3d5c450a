"""Searching for a document: what is asked, and what is answered."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.schemas.common import Answer, Country, Line
from api.schemas.searching import Search
from domain.identity.normal import DocumentType


class SearchDocument(Search):
    """Which document: of a passport its number, of a register's extract the registration number.

    `country` is ISO 3166-1 alpha-2. Separators, capitals and look-alike letters make no difference.
    """

    type: DocumentType
    country: Country
    number: Line


class DocumentGiving(Answer):
    """A document with this number was given under a contract, as that of `subject`.

    `representative`: the subject acts for the holder, an organisation. `version` is the identity
    version that it came with, `change` the identity change that brought it, null at registration;
    a change that was never applied made no version. `position` and `at` are those of the event in
    which it was given. `present`: it stands in the identity of record as that is now.
    """

    contract: str
    subject: UUID
    representative: bool
    version: int | None
    change: UUID | None
    position: int
    at: datetime
    present: bool


class DocumentGivings(Answer):
    """Where a document with this number was given, by contract; `says` what that is worth.

    `more`: there are more than are shown. What was erased is not found.
    """

    says: str = Field(examples=["A hint that proves nothing."])
    given: list[DocumentGiving]
    more: bool
