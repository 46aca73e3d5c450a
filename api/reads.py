"""Reading: query strings, the moment asked for, waiting for a position the client has seen."""

from typing import Final, TypeVar

import orjson
from pydantic import ValidationError

from api.calls import Call
from api.schemas.common import AsOf, Body
from api.writes import malformed
from domain.errors import Malformed, Unavailable
from projections.as_of import Basis, Moment, resolve
from projections.wait import wait_for

B = TypeVar("B", bound=Body)

POSITION: Final = "Ledger-Position"
_LIST: Final = frozenset({"status"})
_INTEGERS: Final = frozenset({"limit", "as_of_position", "from", "to", "covering", "epoch"})
_DIGITS: Final = 15


def query(call: Call, form: type[B]) -> B:
    """Return the query string in its form; raise Malformed for what does not fit."""
    given: dict[str, object] = {}
    for name, text in call.request.query_params.multi_items():
        if name in _LIST:
            given.setdefault(name, []).append(text)  # type: ignore[attr-defined]
        elif name in given:
            raise Malformed("named more than once", name if name in form.model_fields else "")
        else:
            integer = name in _INTEGERS and text.isascii() and text.isdigit()
            given[name] = int(text) if integer and len(text) <= _DIGITS + 1 else text
    try:
        return form.model_validate_json(orjson.dumps(given))
    except ValidationError as error:
        raise malformed(error) from None
    except (TypeError, ValueError):
        raise Malformed("the query is not Unicode text") from None


async def moment_of(call: Call, asked: AsOf) -> Moment | None:
    """Return the moment asked for, None when none is; raise Malformed, NotFound."""
    if asked.as_of is None and asked.as_of_position is None and asked.as_of_basis == "recorded":
        return None
    return await resolve(
        call.services.reads,
        as_of=asked.as_of,
        as_of_position=asked.as_of_position,
        basis=Basis(asked.as_of_basis),
    )


async def moment_or_now(call: Call, asked: AsOf) -> Moment:
    """Return the moment asked for, now when none is; raise Malformed, NotFound."""
    return await moment_of(call, asked) or await resolve(call.services.reads)


async def require_recorded(call: Call, position: int, where: str) -> None:
    """Raise Malformed, naming the field, when the ledger has no such position."""
    head = await call.services.log.head()
    if position > head.position:
        raise Malformed(f"the ledger has {head.position} events", where)


async def wait(call: Call, projection: str) -> None:
    """Wait until the projection has read what the client has seen, else raise Unavailable."""
    given = call.header(POSITION)
    if given is None:
        return
    if not given.isascii() or not given.isdigit() or len(given) > _DIGITS:
        raise Malformed("send the position as it was given", POSITION)
    if int(given) > (await call.services.log.head()).position:
        raise Malformed("the ledger has no such position", POSITION)
    await reach(call, projection, int(given))


async def reach(call: Call, projection: str, position: int) -> None:
    """Wait until the projection has read up to a position, else raise Unavailable."""
    services = call.services
    async with services.reads.pool.connection() as connection:
        within = services.settings.read_wait_seconds
        if not await wait_for(connection, projection, position, within):
            raise Unavailable(f"{projection} has not read up to position {position} yet: try again")
