"""One request on its way to an answer: who asks, whether they may, what it is about.

The order of checks is fixed: 401; 403 and 404; 400 without a key; replay of a known key; 428; 422;
412; 409. A router asks for what it needs in that order: the contract or ticket, then the write.
"""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request

from api.auth.principals import Principal
from api.operations import Operation
from api.permissions import Permit, allowed_role, table
from api.services import Services
from domain.contract import CONTRACT
from domain.contract.events import Right
from domain.contract.state import right
from domain.errors import Malformed, NotAllowed, NotFound, Unauthenticated
from domain.handling import Folded, Plan, Reading, Step
from domain.stream import Stream, StreamKind
from domain.ticket import TICKET
from domain.ticket.state import TicketState
from domain.values import Actor, Behalf, Provenance, Purpose, Role, Sealed, is_code
from infra.ids import new_id
from infra.networks import Address, parse_address

BEHALF_TOKEN: Final = "Ledger-On-Behalf-Token"  # noqa: S105 - a header's name
BEHALF_PERSON: Final = "Ledger-On-Behalf-Of"
BEHALF_ADDRESS: Final = "Ledger-On-Behalf-Address"

_SCHEME: Final = "bearer "


class Call:
    """A request of somebody who may ask for this operation.

    `customer` is whose own things count where `permit` is OWN: the asker, or the person on whose
    behalf a service asks (None: nobody's).
    """

    __slots__ = (
        "_asserted_address",
        "_row",
        "actor",
        "at",
        "behalf",
        "customer",
        "decided",
        "operation",
        "permit",
        "principal",
        "request",
        "services",
    )

    principal: Principal
    permit: Permit
    actor: Actor

    def __init__(self, request: Request, operation: Operation, services: Services) -> None:
        self.request = request
        self.operation = operation
        self.services = services
        self.at = datetime.now(UTC)
        self.behalf: Behalf | None = None
        self.customer: Principal | None = None
        self.decided: Stream | None = None
        self._asserted_address: Address | None = None

    async def admit(self) -> None:
        """Find out who asks and whether a role of theirs allows the operation.

        Raises Unauthenticated, TooMany, NotAllowed.
        """
        services = self.services
        principal = await services.principals.of(self._credential())
        services.limits.take(principal.id)
        role, self.permit = allowed_role(table()[self.operation.name], principal.roles)
        self.principal = principal
        self.actor = principal.actor(role)
        if role is Role.CUSTOMER:
            self.customer = principal
        elif role is Role.SERVICE:
            await self._stand_in()

    def header(self, name: str) -> str | None:
        """Return a header's value; raise Malformed when it was sent twice."""
        wanted = name.lower().encode()
        values = [value for sent, value in self.request.scope["headers"] if sent == wanted]
        if len(values) > 1:
            raise Malformed("the header was sent more than once", name)
        return values[0].decode("latin-1") if values else None

    def _credential(self) -> str:
        value = self.request.headers.get("authorization", "")
        if value[: len(_SCHEME)].lower() != _SCHEME:
            raise Unauthenticated("send Authorization: Bearer TOKEN")
        return value[len(_SCHEME) :].strip()

    async def _stand_in(self) -> None:
        """Note for whom a service asks: proved by their own token, or only asserted."""
        token, person = self.header(BEHALF_TOKEN), self.header(BEHALF_PERSON)
        asserted = []
        if (address := self.header(BEHALF_ADDRESS)) is not None:
            self._asserted_address = parse_address(address)
            if self._asserted_address is None:
                raise Malformed("not an IP address", BEHALF_ADDRESS)
            asserted.append("address")
        if token is not None:
            self.customer = await self.services.principals.of(token)
            if Role.CUSTOMER not in self.customer.roles:
                raise NotAllowed("a service stands in for customers only")
        elif person is not None:
            self.customer = _asserted(self.principal, person)
            asserted.append("person")
        if self.customer is not None:
            self.behalf = Behalf(self.customer.id, tuple(sorted(asserted)))

    def path_id(self, name: str = "id") -> UUID:
        """Return an id out of the path; what is no id names nothing."""
        try:
            return UUID(self.request.path_params[name])
        except ValueError:
            raise NotFound("not there, or not yours") from None

    def path_number(self) -> str:
        """Return the contract's number out of the path."""
        number = str(self.request.path_params["number"])
        if not is_code(number):
            raise NotFound("not there, or not yours")
        return number

    async def contract(self, number: str) -> Stream:
        """Return the stream of a contract that the asker may work with, else raise NotFound."""
        stream = await self.services.contract_stream(number)
        if stream is None:
            raise NotFound("not there, or not yours")
        if self.permit is Permit.OWN:
            await self._has_right(number, stream)
        return stream

    async def ticket(self, *, fresh: bool = False) -> tuple[Stream, TicketState]:
        """Return the ticket of the path, if the asker may work with it, else raise NotFound."""
        stream = Stream(StreamKind.TICKET, self.path_id())
        states = self.services.handler.states
        folded = await states.load(TICKET, stream, fresh=fresh)
        if not folded.version and not fresh:
            folded = await states.load(TICKET, stream, fresh=True)
        if not folded.version:
            raise NotFound("not there, or not yours")
        state: TicketState = folded.state
        await self.own_ticket(state)
        return stream, state

    async def own_ticket(self, state: TicketState) -> None:
        """Raise NotFound unless the ticket is one that the asker may know of."""
        if self.permit is not Permit.OWN:
            return
        if state.contract is not None:
            await self.contract(state.contract)
        elif self.customer is None or state.requester != self.customer.id or self.customer.asserted:
            raise NotFound("not there, or not yours")

    def guarded(self, ticket: Stream, plan: Plan) -> Plan:
        """Return the plan that is refused should the ticket no longer be the asker's to know."""
        if self.permit is not Permit.OWN:
            return plan

        async def checked(reading: Reading) -> tuple[Step, ...]:
            state: TicketState = (await reading.state(TICKET, ticket)).state
            if state.opened:
                await self.own_ticket(state)
            return await plan(reading)

        return checked

    async def _has_right(self, number: str, stream: Stream) -> None:
        person = self.customer.person_in(number) if self.customer else None
        if person is None:
            raise NotFound("not there, or not yours")
        folded: Folded = await self.services.confirmed.load(CONTRACT, stream)
        if not right(folded.state, person, Right.READ, self.at):
            raise NotFound("not there, or not yours")
        if not right(folded.state, person, self.operation.right, self.at):
            raise NotAllowed(f"it needs the right {self.operation.right} under the contract")
        self._act_as(person)

    def _act_as(self, person: UUID) -> None:
        """Act as the person who the customer is under this contract."""
        if self.behalf is not None:
            self.behalf = Behalf(person, self.behalf.asserted)
        elif self.actor.id != person:
            role = self.actor.role
            self.actor = Actor(
                self.actor.kind, person, role, None, self.actor.issuer, self.actor.assurance
            )

    @property
    def who_and_when(self) -> dict[str, Any]:
        """Return what every command begins with."""
        return {"by": self.actor, "at": self.at}

    def asker(self) -> UUID:
        """Return the person whose words these are: who acts, or on whose behalf."""
        return self.behalf.id if self.behalf is not None else self.actor.id

    def provenance(self) -> Provenance:
        """Return everything about the command that is not the command."""
        request, services = self.request, self.services
        peer = request.scope.get("client")
        resolved = services.addresses.resolve(peer, request.scope["headers"])
        text = resolved.sealed_text(self._asserted_address)
        return Provenance(
            actor=self.actor,
            at=self.at,
            correlation=new_id(),
            address=Sealed(text, self.asker(), Purpose.ADDRESS),
            on_behalf_of=self.behalf,
        )


def _asserted(service: Principal, text: str) -> Principal:
    try:
        person = UUID(text)
    except ValueError:
        raise Malformed("not a person's id", BEHALF_PERSON) from None
    return Principal(
        service.kind, person, (Role.CUSTOMER,), service.issuer, service.assurance, asserted=True
    )
