"""Every route, every role, against the hand-written table; with own and others' things."""

from uuid import uuid4

import pytest
from support.requests_of import REQUESTS, Asked, World, known, new_customer, new_world
from support.serving import Served

import api.app  # noqa: F401 - registers the operations
from api.permissions import NOBODY, Permit, table
from api.routes import OPERATIONS
from domain.values import Role

COLUMNS = (NOBODY, *(role.value for role in Role))
GOOD = {200, 201}
HIDDEN = {403, 404}
BY_RULE = {
    *(("hand_over_ticket", "agent"), ("release_ticket", "agent")),
    *(("approve_identity_change", role) for role in ("agent", "dispute_handler")),
    *(("excuse_approver", role) for role in ("agent", "dispute_handler")),
}
"""The table lets any of them ask; the rule only the one who holds the ticket, or who was drawn."""


def _send(served: Served, token: str | None, asked: Asked, **headers: str) -> int:
    client = served.client(None, token) if token else served.client(None)
    said = {"Idempotency-Key": f"matrix-{uuid4()}"}
    said |= {name.replace("_", "-"): value for name, value in headers.items()}
    if asked.version is not None:
        said["If-Match"] = f'"{asked.version}"'
    body = {"content": asked.content} if asked.content is not None else {"json": asked.body}
    if asked.method == "GET":
        body = {}
    with client.stream(
        asked.method, asked.path, params=asked.params, headers=said, **body
    ) as answer:
        return answer.status_code


def test_the_table_has_a_row_for_every_operation_and_for_nothing_else() -> None:
    assert sorted(table()) == sorted(operation.name for operation in OPERATIONS)
    assert all(tuple(row) == COLUMNS for row in table().values())


def test_every_operation_has_a_request_that_the_matrix_can_send() -> None:
    assert sorted(REQUESTS) == sorted(table())


def test_public_operations_are_those_that_nobody_may_ask() -> None:
    public = {operation.name for operation in OPERATIONS if operation.public}
    assert public == {name for name, row in table().items() if row[NOBODY] is Permit.YES}


@pytest.mark.parametrize("operation", sorted(REQUESTS))
def test_the_table_holds_for_every_role(served: Served, operation: str) -> None:
    row, asked = table()[operation], None
    for role in COLUMNS:
        asked = asked or REQUESTS[operation](World(served))
        status = _send(served, _token(served, role), asked)
        expected = {409} if (operation, role) in BY_RULE else _expected(row[role], role)
        assert status in expected, f"{operation} as {role}: {status}, the table says {row[role]}"
        if status in GOOD and asked.method == "POST":
            asked = None


@pytest.mark.parametrize(
    "operation", sorted(name for name, row in table().items() if row["customer"] is Permit.OWN)
)
def test_a_customer_may_do_it_to_their_own_things(served: Served, operation: str) -> None:
    world = World(served)
    assert _send(served, known(served, world.customer), REQUESTS[operation](world)) in GOOD
    if operation == "find_tickets":
        return
    stranger = known(served, new_customer(served)[2])
    assert _send(served, stranger, REQUESTS[operation](World(served))) == 404


@pytest.mark.parametrize(
    "operation", sorted(name for name, row in table().items() if row["service"] is Permit.OWN)
)
def test_a_service_may_do_it_for_the_customer_whose_thing_it_is(
    served: Served, operation: str
) -> None:
    token = served.tokens["service"]
    world = World(served, "service")
    if "staff" in REQUESTS[operation](world).path:
        own = known(served, served.mint(f"service:{world.contract}"))
        assert _send(served, own, REQUESTS[operation](world)) in GOOD
        return
    asked, customer = REQUESTS[operation](world), known(served, world.customer)
    assert _send(served, token, asked, Ledger_On_Behalf_Token=customer) in GOOD
    again = World(served)
    asserted = {"Ledger_On_Behalf_Of": again.person}
    assert _send(served, token, REQUESTS[operation](again), **asserted) in GOOD
    if operation == "find_tickets":
        return
    last = World(served)
    _, person, stranger = new_customer(served)
    foreign = REQUESTS[operation](last)
    known(served, stranger)
    assert _send(served, token, foreign, Ledger_On_Behalf_Token=stranger) == 404
    assert _send(served, token, foreign, Ledger_On_Behalf_Of=person) == 404


@pytest.mark.parametrize(
    "operation", sorted(name for name, row in table().items() if row["agent"] is Permit.OWN)
)
def test_an_agent_may_do_it_for_themselves(served: Served, operation: str) -> None:
    world = new_world(served)
    own = known(served, served.mint(f"agent:{world.contract}"))
    assert _send(served, own, REQUESTS[operation](world)) in GOOD


def _token(served: Served, role: str) -> str | None:
    return None if role == NOBODY else served.tokens[role]


def _expected(permit: Permit, role: str) -> set[int]:
    """The demonstration person owns nothing of a new world."""
    if permit is Permit.YES:
        return GOOD
    if role == NOBODY:
        return {401}
    if permit is Permit.NO:
        return {403}
    return HIDDEN | GOOD if role in {"customer", "service"} else HIDDEN
