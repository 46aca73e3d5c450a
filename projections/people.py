"""The directory: which staff member, or which person under which contract, a credential names.

Logins are found by a keyed hash of issuer and subject; neither is kept in the clear. The follower
opens the sealed login of an event once, to hash it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
import orjson

from domain.contract.events import PersonNamed
from domain.erasure import SubjectErased
from domain.log import Recorded
from domain.staff.events import ApiKeyIssued, StaffJoined
from domain.values import Purpose
from infra.codec import Codec
from infra.secrets import Secrets
from infra.sqlfiles import load_sql
from projections.opening import Connection, open_events
from projections.projection import Cursor, Followed

NAME: Final = "people"

_SQL: Final = load_sql(__file__, "people.sql")
_TYPES: Final = frozenset({"StaffJoined", "PersonNamed", "ApiKeyIssued", "SubjectErased"})


def login_text(issuer: str, subject: str) -> str:
    """Return the text of a login as events seal it."""
    return orjson.dumps({"issuer": issuer, "subject": subject}).decode()


@dataclass(frozen=True, slots=True)
class PeopleWriter:
    """Fills the directory from envelopes."""

    codec: Codec
    secrets: Secrets

    def followed(self) -> Followed:
        """Return the directory as the runner follows it."""
        return Followed(NAME, self.apply)

    def apply(self, cursor: Cursor, envelopes: Sequence[bytes]) -> None:
        """Write what the events say of logins and keys, in the caller's transaction."""
        for recorded in open_events(cursor, self.codec, envelopes, _TYPES, "^login$"):
            self._write(cursor, recorded)

    def _write(self, cursor: Cursor, recorded: Recorded) -> None:
        match recorded.event:
            case StaffJoined(login=login):
                staff = recorded.stream.id
                row = {
                    "staff": staff,
                    "position": recorded.position,
                    "joined": recorded.id,
                    "joined_at": recorded.recorded_at,
                }
                cursor.execute(_SQL["keep_staff"], row)
                self._login(cursor, recorded, staff, login.text, None)
            case PersonNamed(person=person, login=login):
                contract = recorded.contract[0] if recorded.contract else None
                self._login(cursor, recorded, person, login.text if login else None, contract)
            case ApiKeyIssued(key=key):
                cursor.execute(_SQL["keep_key"], {"key": key, "staff": recorded.stream.id})
            case SubjectErased(subject=subject, contract=contract, purposes=purposes):
                if Purpose.IDENTITY in purposes:
                    erased = {"person": subject, "contract": contract}
                    cursor.execute(_SQL["erase_login"], erased)

    def _login(
        self, cursor: Cursor, recorded: Recorded, person: UUID, text: str | None, number: str | None
    ) -> None:
        stream = recorded.stream.id
        if text is None:  # nobody signs in as them, or their key was destroyed
            cursor.execute(_SQL["drop_login"], {"stream": stream, "person": person})
            return
        login = orjson.loads(text)
        row = {
            "stream": stream,
            "person": person,
            "login": self.secrets.login(login["issuer"], login["subject"]),
            "contract": number,
            "position": recorded.position,
        }
        cursor.execute(_SQL["keep_login"], row)


@dataclass(frozen=True, slots=True)
class Entry:
    """Whom a login names: a staff member (`contract` None), or a person under a contract."""

    person: UUID
    contract: str | None


async def find_login(connection: Connection, login: bytes) -> tuple[Entry, ...]:
    """Return whom the hashed login names, the first named first."""
    cursor = await connection.execute(_SQL["find_login"], {"login": login})
    return tuple(Entry(*row) for row in await cursor.fetchall())


async def find_key(connection: Connection, key: UUID) -> UUID | None:
    """Return the staff member whose API key it is."""
    cursor = await connection.execute(_SQL["find_key"], {"key": key})
    row = await cursor.fetchone()
    return row[0] if row else None


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A staff member: `position` orders the list, `joined` is the event with the sealed name."""

    staff: UUID
    position: int
    joined: UUID
    joined_at: datetime


class StaffCursor(msgspec.Struct):
    """Where the next page of the list of staff begins: after who joined at this position."""

    asked: str
    after: int


async def staff_page(
    connection: Connection, after: int, limit: int, staff: UUID | None = None
) -> list[StaffRow]:
    """Return staff who joined after the position, in order; or one of them alone."""
    asked = {"after": after, "limit": limit, "staff": staff}
    cursor = await connection.execute(_SQL["staff_page"], asked)
    return [StaffRow(*row) for row in await cursor.fetchall()]
