"""Searches for a person: recorded of who asks before the answer is given, and bounded."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

from starlette.responses import Response

from api.answers import shown
from api.schemas.searching import Search
from api.sealing import optional, sealed
from api.writes import Write
from domain.access import ACCESS, NotePersonSearch
from domain.handling import Reading, Step
from domain.stream import Stream, StreamKind
from domain.values import Purpose
from projections.opening import Connection

S = TypeVar("S", bound=Search)
Find = Callable[[Connection, int], Awaitable[Sequence[object]]]

_SHOWN: Final = 500


async def searched(
    write: Write[S], what: str, purpose: Purpose, listed: str, find: Find, **more: Any
) -> Response:
    """Record that `what` is searched for, then answer with what `find` finds, up to so many.

    `listed` names the member of the answer that has it; `more` is the rest of the answer. The same
    key again is the same search. Raises Refused for the basis `other` without words.
    """
    call = write.call
    who = call.actor.id
    note = NotePersonSearch(
        **call.who_and_when,
        basis=write.body.basis,
        asked=sealed(what, who, purpose),
        words=optional(write.body.words, who, Purpose.CHECK),
    )

    async def plan(_reading: Reading) -> tuple[Step, ...]:
        return (Step(ACCESS, Stream(StreamKind.ACCESS, who), note),)

    accepted = await write.handle(plan)
    async with call.services.reads.pool.connection() as connection:
        found = await find(connection, _SHOWN + 1)
    view = {**more, listed: found[:_SHOWN], "more": len(found) > _SHOWN}
    headers = {"ETag": f'"{accepted.version}"', "Ledger-Position": str(accepted.position)}
    return shown(view, headers)
