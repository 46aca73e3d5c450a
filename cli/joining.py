"""Recording people from this machine itself, before anybody could ask for it over HTTP."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from domain.errors import Malformed
from domain.handling import Handler, Reading, Step
from domain.log import Accepted
from domain.staff import STAFF
from domain.staff.commands import GrantRole, JoinStaff
from domain.staff.state import StaffState
from domain.stream import Stream, StreamKind
from domain.values import Actor, ActorKind, Assurance, Provenance, Purpose, Role, Sealed
from infra.ids import new_id
from infra.keys.opening import open_keys
from infra.reader import Reader
from infra.secrets import Secrets
from infra.settings import Settings
from infra.store import open_log
from projections.people import login_text

SEEDER: Final = UUID("00000000-0000-7000-8000-000000000001")
"""The actor of what is recorded so: nobody, at the machine."""


@dataclass(frozen=True, slots=True)
class Joining:
    """Records under fixed names: what one call made, the next one of that name finds."""

    handler: Handler
    secrets: Secrets
    reader: Reader

    async def staff(self, key: str, name: str, login: tuple[str, str], role: Role) -> Accepted:
        """Let whom an issuer's URI and a subject mean act in a role."""
        member = Stream(StreamKind.STAFF, new_id())
        command = JoinStaff(
            by=actor(),
            at=datetime.now(UTC),
            name=identity(name, member.id),
            login=identity(login_text(*login), member.id),
            roles=(role,),
            languages=("en",),
        )
        return await self.record(key, Step(STAFF, member, command))

    async def let_in(
        self, key: str, name: str, login: tuple[str, str], role: Role, known: Collection[UUID]
    ) -> Accepted:
        """Let whom a login means act in a role, whatever became of them; `known` have that login.

        Who belongs to the staff is granted the role; who left joins anew, once however many ask.
        """
        for member in known:
            if (await self._state(member)).active:
                return await self._grant(key, member, role)
        while True:
            joined = await self.staff(key, name, login, role)
            if not joined.replayed:
                return joined
            if (await self._state(joined.id)).active:
                return await self._grant(key, joined.id, role)
            key = f"{key}/{joined.id}"

    async def _grant(self, key: str, member: UUID, role: Role) -> Accepted:
        stream = Stream(StreamKind.STAFF, member)
        version = await self.handler.log.version(stream)
        command = GrantRole(by=actor(), at=datetime.now(UTC), role=role)
        return await self.record(f"{key}/{member}/{version}", Step(STAFF, stream, command))

    async def _state(self, member: UUID) -> StaffState:
        stream = Stream(StreamKind.STAFF, member)
        state: StaffState = (await self.handler.states.load(STAFF, stream, fresh=True)).state
        return state

    async def record(self, key: str, step: Step) -> Accepted:
        """Record what a step decides, once under each name."""

        async def plan(_reading: Reading) -> tuple[Step, ...]:
            return (step,)

        command = self.secrets.command_key("seeding", key, b"")
        said = Provenance(actor=actor(), at=datetime.now(UTC), correlation=new_id())
        return await self.handler.handle(plan, command, said)


@asynccontextmanager
async def joining(settings: Settings) -> AsyncIterator[Joining]:
    """Open the store beside whatever else appends to it; raises Unavailable."""
    if settings.database_url is None:
        raise Malformed("name the database as role ledger_app", "LEDGER_DATABASE_URL")
    keys = open_keys(settings)
    try:
        dsn = settings.database_url.get_secret_value()
        async with open_log(dsn, settings.data, keys) as log:
            yield Joining(Handler(log), Secrets(keys), log.reader)
    finally:
        keys.close()


def actor() -> Actor:
    """Return who acts when it is this machine."""
    return Actor(ActorKind.SYSTEM, SEEDER, None, assurance=Assurance.LOCAL)


def identity(text: str, subject: UUID) -> Sealed:
    """Return a text that belongs to who somebody is."""
    return Sealed(text, subject, Purpose.IDENTITY)
