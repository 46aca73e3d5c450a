"""What the routes of disputes share: the dispute of the path, as of any moment, and its view."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from api.calls import Call
from api.cases import events_of
from api.writes import Write, answer
from domain.contract import CONTRACT
from domain.contract.state import ContractState
from domain.decider import Decider
from domain.dispute import DISPUTE
from domain.dispute.plans import Case
from domain.dispute.state import DisputeState
from domain.errors import NotFound
from domain.handling import Folded, Plan
from domain.stream import Stream, StreamKind
from projections.as_of import Moment

PATH: Final = "/v1/disputes/{id}"
"""The path of one dispute."""


async def dispute_of(call: Call, moment: Moment | None = None) -> tuple[Case, Folded]:
    """Return the dispute of the path and where it stood at a moment, else raise NotFound."""
    stream = Stream(StreamKind.DISPUTE, call.path_id())
    folded = await standing(call, DISPUTE, stream, moment)
    state: DisputeState = folded.state
    if state.ticket is None:
        raise NotFound("there is no such dispute")
    contract = None
    if state.contract is not None:
        contract = await call.services.contract_stream(state.contract)
    return Case(stream.id, contract), folded


async def standing(
    call: Call, decider: Decider[Any, Any, Any], stream: Stream, moment: Moment | None
) -> Folded:
    """Return where a stream stood at a moment; without one, where it stands now."""
    if moment is None:
        return await call.services.handler.states.load(decider, stream, fresh=True)
    version, state = 0, decider.initial
    async for recorded in call.services.log.read(stream, upto=moment.position):
        happened = recorded.occurred_at or recorded.recorded_at
        if moment.occurred is not None and happened > moment.occurred:
            break
        version, state = recorded.version, decider.evolve(state, recorded.event)
    return Folded(version, state)


async def contract_state(call: Call, case: Case) -> ContractState | None:
    """Return the contract that the dispute is about, None while nobody has said which."""
    if case.contract is None:
        return None
    state: ContractState = (await call.services.handler.states.load(CONTRACT, case.contract)).state
    return state


async def concerned(call: Call, case: Case) -> UUID:
    """Return as whose data reasons are sealed: the holder's, or the dispute's until it has one."""
    contract = await contract_state(call, case)
    return (contract.holder if contract is not None else None) or case.dispute


async def record(write: Write[Any], plan: Plan, decided: Stream | None = None) -> Response:
    """Record a step and answer with what its first event made; `decided` is what If-Match names."""
    return await answer(write.call, await write.handle(plan, decided))


def item_of(
    dispute: UUID, folded: Folded, opened: Mapping[str, Any], at: datetime
) -> dict[str, Any]:
    """Return where a dispute stands, without anything personal; `opened` is its first event."""
    state: DisputeState = folded.state
    return {
        "id": dispute,
        "number": opened["number"],
        "kind": opened["kind"],
        "language": opened["language"],
        "contract": state.contract,
        "ticket": state.ticket,
        "opened_at": at,
        "undecided": len(state.claims) - len(state.decided),
        "closed": state.closed,
        "version": folded.version,
    }


async def view_of(call: Call, case: Case, folded: Folded, moment: Moment) -> dict[str, Any]:
    """Return a dispute as staff read it as of a moment, its texts opened."""
    state: DisputeState = folded.state
    events = await events_of(call, case.stream, folded.version)
    return {
        **item_of(case.dispute, folded, events[0]["what"], events[0]["recorded_at"]),
        "as_of_position": moment.position,
        "claims": [
            {"claim": key, **one._asdict(), "upheld": state.decided.get(key)}
            for key in state.claims
            if (one := state.claims.get(key))
        ],
        "determination": state.determination and state.determination._asdict(),
        "departure": state.departure and state.departure._asdict(),
        "suspension": state.suspension and state.suspension._asdict(),
        **await _in_contract(call, case, moment),
        "events": events,
    }


async def _in_contract(call: Call, case: Case, moment: Moment) -> dict[str, Any]:
    """Return what of the dispute stands in its contract's stream."""
    if case.contract is None:
        return {"contract_version": None, "freeze": None}
    folded = await standing(call, CONTRACT, case.contract, moment)
    state: ContractState = folded.state
    frozen = state.ownership.freeze
    own = frozen is not None and frozen.dispute == case.dispute
    return {
        "contract_version": folded.version,
        "freeze": frozen._asdict() if frozen is not None and own else None,
    }
