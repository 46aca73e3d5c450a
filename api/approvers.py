"""Who may be drawn to approve a change of identity data, and since when they have their role."""

import random
from datetime import datetime
from typing import Final

from api.calls import Call
from domain.identity.standing import role_since
from domain.identity_change.approving import SPECIALISTS
from domain.identity_change.commands import Candidate
from domain.limits import CANDIDATES_PER_DRAW
from domain.staff import STAFF
from domain.staff.state import StaffState, acts_as
from domain.stream import Stream, StreamKind
from domain.values import Role
from projections import people

_PAGE: Final = 200


async def candidates(call: Call) -> tuple[Candidate, ...]:
    """Return staff in a fitting role, each in the one they have had longest.

    Of very many, as many as are drawn among at most, chosen by the system too.
    """
    found = [one for member in await _staff(call) if (one := await _candidate(call, member))]
    if len(found) > CANDIDATES_PER_DRAW:
        found = random.SystemRandom().sample(found, CANDIDATES_PER_DRAW)
    return tuple(found)


async def since(call: Call, member: Stream, role: Role) -> datetime | None:
    """Return since when somebody has had a role; None: they have it not."""
    history = [recorded async for recorded in call.services.log.read(member)]
    return role_since(history, role)


async def _staff(call: Call) -> list[Stream]:
    members: list[Stream] = []
    after = 0
    async with call.services.reads.pool.connection() as connection:
        while rows := await people.staff_page(connection, after, _PAGE):
            members += [Stream(StreamKind.STAFF, row.staff) for row in rows]
            after = rows[-1].position
    return members


async def _candidate(call: Call, member: Stream) -> Candidate | None:
    state: StaffState = (await call.services.confirmed.load(STAFF, member)).state
    fitting = [role for role in SPECIALISTS if acts_as(state, role)]
    had = [(at, role) for role in fitting if (at := await since(call, member, role)) is not None]
    if not had:
        return None
    at, role = min(had)
    return Candidate(member.id, role, at)
