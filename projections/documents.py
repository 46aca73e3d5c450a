"""Under which contracts a document's number is known: a hint for people, which proves nothing.

A number is kept as a keyed hash of the document's type, country and normalised number, and goes
when the identity of its subject is erased. The follower opens the sealed numbers of an event once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.contract.documents import Document, Passport
from domain.contract.events import ContractRegistered
from domain.contract.ownership.events import JointHoldersNamed
from domain.erasure import SubjectErased
from domain.errors import Malformed
from domain.identity.normal import DocumentType, document_key_text
from domain.identity_change.events import IdentityChangeRequested
from domain.log import Recorded
from domain.values import Purpose, Sealed
from infra.codec import Codec
from infra.secrets import Secrets
from infra.sqlfiles import load_sql
from projections.opening import Connection, open_events
from projections.projection import Cursor, Followed

NAME: Final = "documents"

_SQL: Final = load_sql(__file__, "documents.sql")
_TYPES: Final = frozenset(
    {"ContractRegistered", "JointHoldersNamed", "IdentityChangeRequested", "SubjectErased"}
)
_NUMBERS: Final = r"(^|\.)(country|number|registration_number)$"


@dataclass(frozen=True, slots=True)
class Numbered:
    """A number on a document: where it stands in the event, and in which country it counts."""

    field: str
    type: DocumentType
    country: Sealed
    number: Sealed


def digest(secrets: Secrets, kind: DocumentType, country: str, number: str) -> bytes:
    """Return the keyed hash by which a document's number is found, however it is typed, 32 bytes.

    Raises Malformed when country or number has neither letter nor digit.
    """
    return secrets.digest(NAME, document_key_text(kind, country, number))


@dataclass(frozen=True, slots=True)
class Hint:
    """The same document is known under another contract, as that of another subject."""

    contract: str
    subject: UUID
    same_as: UUID


@dataclass(frozen=True, slots=True)
class DocumentsWriter:
    """Keeps the keyed hashes of the numbers on documents."""

    codec: Codec
    secrets: Secrets

    def followed(self) -> Followed:
        """Return it as the runner follows it."""
        return Followed(NAME, self.apply)

    def apply(self, cursor: Cursor, envelopes: Sequence[bytes]) -> None:
        """Write what the events say of documents, in the caller's transaction."""
        for recorded in open_events(cursor, self.codec, envelopes, _TYPES, _NUMBERS):
            self._write(cursor, recorded)

    def _write(self, cursor: Cursor, recorded: Recorded) -> None:
        contract = recorded.contract[0] if recorded.contract else None
        if isinstance(recorded.event, SubjectErased):
            if Purpose.IDENTITY in recorded.event.purposes:
                erased = {"subject": recorded.event.subject, "contract": contract}
                cursor.execute(_SQL["erase"], erased)
            return
        for found in numbers_of(recorded.event):
            made = self._digest(found)
            if made is not None:
                row = {
                    "event": recorded.id,
                    "field": found.field,
                    "contract": contract,
                    "subject": found.number.subject,
                    "digest": made,
                    "position": recorded.position,
                }
                cursor.execute(_SQL["keep"], row)

    def _digest(self, found: Numbered) -> bytes | None:
        """Return the keyed hash; None when it was erased, or says nothing."""
        if found.country.text is None or found.number.text is None:
            return None
        try:
            return digest(self.secrets, found.type, found.country.text, found.number.text)
        except Malformed:
            return None


def numbers_of(event: object) -> Iterator[Numbered]:
    """Yield every number on the documents that an event brings."""
    match event:
        case ContractRegistered(document=Document() as document):
            yield from _of_document(document, "document")
        case JointHoldersNamed(holders=holders) | IdentityChangeRequested(holders=holders):
            for place, holder in enumerate(holders):
                yield from _of_document(holder.document, f"holders.{place}.document")
        case _:
            pass


def _of_document(document: Document, where: str) -> Iterator[Numbered]:
    if document.passport is not None:
        yield _passport(document.passport, f"{where}.passport")
    if (business := document.entrepreneur) is not None:
        yield _passport(business.passport, f"{where}.entrepreneur.passport")
        field, country = f"{where}.entrepreneur", business.passport.country
        yield _registration(field, country, business.registration_number)
    if (house := document.organisation) is not None:
        field = f"{where}.organisation"
        yield _registration(field, house.country, house.registration_number)
        yield _passport(house.representative.passport, f"{field}.representative.passport")


def _passport(passport: Passport, where: str) -> Numbered:
    return Numbered(where, DocumentType.PASSPORT, passport.country, passport.number)


def _registration(where: str, country: Sealed, number: Sealed) -> Numbered:
    return Numbered(where, DocumentType.REGISTRATION, country, number)


async def known(
    connection: Connection, contract: str, event: UUID | None = None
) -> tuple[Hint, ...]:
    """Return where documents of this contract, or of one of its events, are known too."""
    asked = {"contract": contract, "event": event}
    cursor = await connection.execute(_SQL["known"], asked)
    return tuple(Hint(*row) for row in await cursor.fetchall())


@dataclass(frozen=True, slots=True)
class Giving:
    """A number was given under a contract, by the event at `position`, as that of `subject`.

    `representative`: who acts for the holder. `version` is the identity version that it came with,
    None where its `change` was never applied; `present`: the identity of record still has it.
    """

    contract: str
    subject: UUID
    representative: bool
    version: int | None
    change: UUID | None
    position: int
    at: datetime
    present: bool


async def givings(found: bytes, connection: Connection, limit: int) -> tuple[Giving, ...]:
    """Return where a number was given, by contract and position."""
    cursor = await connection.execute(_SQL["givings"], {"digest": found, "limit": limit})
    return tuple(Giving(*row) for row in await cursor.fetchall())
