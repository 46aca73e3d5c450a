"""Exports while an order of a court is confidential: for whom they are made, and as of when."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from support.disputes import claimed, opened, soon
from support.exports import made, post
from support.ownership import Ask, elsewhere, order, refused, sent
from support.requests_of import World, new_world
from support.serving import Served

from domain.access import ReadingBasis
from domain.chainhead import Chain
from domain.errors import Refused
from domain.handling import Handler, Reading
from domain.stream import Stream, StreamKind
from domain.values import Actor, ActorKind, Provenance, Role
from projections.exporting.record import Recording, stream_of
from projections.exporting.secrecy import Secrecy
from projections.exporting.wanted import Wanted

HOLDERS = {"recipient": "The holder", "legal_basis": "data_subject_request"}
SUBJECT = ReadingBasis.DATA_SUBJECT_REQUEST
LATER = timedelta(hours=2)


@pytest.fixture(scope="module")
def world(served: Served) -> World:
    """A contract whose ticket has a copy of an order that is confidential for an hour."""
    world = new_world(served)
    copies = {"ticket": world.ticket, "copies": [world.attachment]}
    ordered(world, confidential_until=soon(hours=1), **copies)
    return world


def ordered(world: World, **more: Any) -> dict[str, Any]:
    """Record an order; return the answer."""
    return sent(world.served, "compliance", order(world, **more))


def stand(world: World, made: dict[str, Any], **more: Any) -> None:
    """Say how an order stands now."""
    version = world.served.get("supervisor", f"/v1/contracts/{world.contract}").json()["version"]
    path = f"/v1/contracts/{world.contract}/orders/{made['order']}/standing"
    sent(world.served, "compliance", Ask(path, {"standing": "in_force"} | more, version))


def wanted(served: Served, chain: Chain, basis: ReadingBasis, position: int | None) -> Wanted:
    """Return what is wanted of a chain, as of a position or as of now."""
    at = datetime.now(UTC)
    return Wanted(
        chain=chain,
        position=position or run(served, served.services.log.head()).position,
        bag=uuid4(),
        by=Actor(ActorKind.STAFF, uuid4(), Role.COMPLIANCE),
        at=at,
        recipient="Somebody",
        basis=basis.value,
        words="A treaty.",
        withhold=frozenset(),
        zone=ZoneInfo("UTC"),
    )


def run(served: Served, asked: Coroutine[Any, Any, Any]) -> Any:
    """Run something where the API runs; return its answer."""
    return asyncio.run_coroutine_threadsafe(asked, served.loop).result(60)


def told(
    served: Served,
    chain: Chain,
    basis: ReadingBasis = SUBJECT,
    position: int | None = None,
    later: timedelta = timedelta(),
) -> str:
    """Return with which words a bag is refused, '' when it is not."""
    services, asked = served.services, wanted(served, chain, basis, position)
    reading = Reading(services.handler.states, fresh=True)
    try:
        run(served, Secrecy(services.log.reader, asked).require_kept(reading, asked.at + later))
    except Refused as error:
        return str(error)
    return ""


def test_the_holder_gets_no_bag_that_tells_of_a_confidential_order(served: Served) -> None:
    world = elsewhere(new_world(served))
    made_order = ordered(world, confidential_until=soon(hours=1))
    path, position = f"/v1/contracts/{world.contract}", made_order["position"]
    answer = post(served, path, **HOLDERS)
    assert refused(answer) == "order-confidential"
    assert f"before {position}" in answer.json()["detail"]
    assert refused(post(served, path, **HOLDERS, at_position=position)) == "order-confidential"
    assert made(served, path, **HOLDERS, at_position=position - 1)
    assert made(served, path, legal_basis="court_order"), "who ordered it may be told"
    stand(world, made_order)
    assert made(served, path, **HOLDERS), "it is not confidential any more"


def test_only_on_official_bases_a_bag_tells_of_a_confidential_order(world: World) -> None:
    through = {one.value for one in ReadingBasis if not told(world.served, world.contract, one)}
    assert through == {"court_order", "authority_request", "legal_obligation"}


def test_a_bag_is_for_everybody_when_the_time_of_the_order_is_over(world: World) -> None:
    assert told(world.served, world.contract)
    assert not told(world.served, world.contract, later=LATER)


def test_a_ticket_with_a_copy_of_a_confidential_order_is_not_told(world: World) -> None:
    served, ticket = world.served, Stream(StreamKind.TICKET, UUID(world.ticket))
    position = int(told(served, ticket).rpartition("before ")[2])
    assert told(served, ticket, position=position)
    assert not told(served, ticket, position=position - 1)
    other = served.open_ticket("supervisor", contract=world.contract)["id"]
    assert not told(served, Stream(StreamKind.TICKET, UUID(other)))


def test_a_dispute_under_the_contract_is_not_told_either(served: Served) -> None:
    world = elsewhere(new_world(served))
    case = opened(world)
    dispute = Stream(StreamKind.DISPUTE, UUID(case.id))
    assert not told(served, dispute)
    made_order = ordered(world, confidential_until=soon(hours=1))
    claimed(case, order=made_order["order"])
    assert told(served, dispute).endswith(f"before {made_order['position']}")
    assert not told(served, dispute, ReadingBasis.AUTHORITY_REQUEST)


def test_no_bag_is_recorded_when_an_order_became_confidential_meanwhile(served: Served) -> None:
    world = elsewhere(new_world(served))
    made_order, services = ordered(world), served.services
    asked = wanted(served, world.contract, SUBJECT, None)
    handler, secrecy = Handler(services.log), Secrecy(services.log.reader, asked)
    run(served, secrecy.require_kept(Reading(handler.states, fresh=True), asked.at))
    stand(world, made_order, confidential_until=soon(hours=1))
    key = services.secrets.command_key("tests", str(uuid4()), b"")
    exported = run(served, stream_of(handler, world.contract))
    said, data = Provenance(asked.by, asked.at, asked.bag), served.settings.data
    recording = Recording(handler, key, data, asked, secrecy, exported, said)
    with pytest.raises(Refused, match="order-confidential"):
        run(served, recording.sign(bytes(32)))
    assert recording.accepted is None
