"""Ownership over HTTP: changes of identity data and recoveries, brought as far as a test needs."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID, uuid4

from domain.identity_change import plans
from domain.identity_change.commands import Candidate, DrawApprover
from domain.stream import Stream
from domain.values import Actor, ActorKind, Provenance, Role
from infra.ids import new_id

if TYPE_CHECKING:
    from support.requests_of import World
    from support.serving import Served

ISSUER = "urn:ticket-ledger:development"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
PASSPORT = {
    "country": "PT",
    "number": "Y0000002",
    "name": "Ada Other",
    "birth_date": "1980-02-29",
    "issued_by": "Registry office",
    "issued_on": "2026-01-31",
}


class Ask(NamedTuple):
    """A write that is ready to be sent: its path, its body, the version it is decided on."""

    path: str
    body: Any = None
    version: int | None = None


@dataclass(frozen=True)
class Change:
    """A change of identity data on its way; `version` is that of its stream."""

    path: str
    id: str
    version: int

    @property
    def contract(self) -> str:
        """Return the contract's number."""
        return self.path.split("/")[3]


def sent(served: "Served", role: str, ask: Ask) -> dict[str, Any]:
    """Send a write that must be accepted; return the answer."""
    return accepted(served.post(role, ask.path, ask.body, version=ask.version))


def accepted(answer: Any) -> dict[str, Any]:
    assert answer.status_code in {200, 201}, answer.text
    return dict(answer.json())


def refused(answer: Any) -> str:
    """Return the rule that refuses it."""
    assert answer.status_code == 409, answer.text
    return str(answer.json()["rule"])


def by(served: "Served", token: str, ask: Ask) -> Any:
    """Send a write with somebody's own token."""
    headers = {"Idempotency-Key": str(uuid4())}
    if ask.version is not None:
        headers["If-Match"] = f'"{ask.version}"'
    return served.client(None, token).post(ask.path, json=ask.body or {}, headers=headers)


def holder_of(served: "Served", contract: str) -> str:
    return str(served.get("supervisor", f"/v1/contracts/{contract}").json()["holder"])


def member(served: "Served", role: str) -> str:
    """Return who has had the role since the beginning."""
    staff = served.get("operator", "/v1/staff").json()["items"]
    return next(str(one["id"]) for one in staff if one["roles"] == [role])


def joined(served: "Served", *roles: str) -> tuple[str, str]:
    """Let somebody join; return their id and a token that works."""
    subject = uuid4().hex
    login = {"issuer": ISSUER, "subject": subject}
    body = {"name": "Gil", "login": login, "roles": roles, "languages": ["en"]}
    who = accepted(served.post("operator", "/v1/staff", body))["id"]
    token = served.mint(subject)
    client = served.client(None, token)
    served.until(lambda: client.get(f"/v1/tickets/{uuid4()}").status_code != 401)
    return str(who), token


def renewal(world: "World", **more: Any) -> Ask:
    """Return what asks for a renewal of the holder's document."""
    holder = holder_of(world.served, world.contract)
    person = {"id": holder, "category": "individual", "document": {"passport": PASSPORT}}
    body = {
        "ticket": world.ticket,
        "kind": "renewal",
        "capacity": "in_person",
        "applicant": holder,
        "holders": [person],
        "words": "My new passport.",
    }
    return Ask(f"/v1/contracts/{world.contract}/identity-changes", body | more)


def requested(world: "World", **more: Any) -> Change:
    """Ask for a renewal, as an agent."""
    ask = renewal(world, **more)
    made = sent(world.served, "agent", ask)
    return Change(f"{ask.path}/{made['id']}", str(made["id"]), int(made["version"]))


def visit(person: str, **more: Any) -> dict[str, Any]:
    """Return a good look at somebody who came to the office."""
    return {"person": person, "method": "office_visit", "finding": "passed"} | more


def checked(world: "World", **more: Any) -> Change:
    """Ask for a renewal and check the holder, as an agent."""
    change, holder = requested(world, **more), holder_of(world.served, world.contract)
    made = sent(world.served, "agent", Ask(f"{change.path}/checks", visit(holder)))
    return Change(change.path, change.id, int(made["version"]))


def drawn(world: "World", approver: str, change: Change | None = None) -> Change:
    """Let this one be drawn: nobody else is a candidate."""
    change = change or checked(world)
    served = world.served

    roles = served.get("operator", f"/v1/staff/{approver}").json()["roles"]
    fitting = (Role.AGENT, Role.SUPERVISOR, Role.DISPUTE_HANDLER)
    role = next(role for role in fitting if role.value in roles)

    async def draw() -> int:
        services = served.services
        contract = await services.contract_stream(world.contract)
        assert isinstance(contract, Stream)
        system = Actor(ActorKind.SYSTEM, services.log.codec.ledger, None)
        at = datetime.now(UTC)
        command = DrawApprover(
            by=system,
            at=at,
            candidates=(Candidate(UUID(approver), role, LONG_AGO),),
            randomness="5e" * 32,
            role_age_seconds=0,
        )
        plan = plans.draw_approver(plans.Case(UUID(change.id), contract), command)
        key = services.secrets.command_key("tests", str(uuid4()), b"")
        handled = await services.handler.handle(plan, key, Provenance(system, at, new_id()))
        return handled.version

    version = asyncio.run_coroutine_threadsafe(draw(), served.loop).result(20)
    return Change(change.path, change.id, version)


def opened(world: "World", token: str, change: Change) -> None:
    """Let somebody open the evidence."""
    assert world.served.client(None, token).get(change.path).status_code == 200


def approved(world: "World", change: Change | None = None) -> Change:
    """Bring a change as far as its approval by somebody who joined for that."""
    who, token = joined(world.served, "agent")
    change = drawn(world, who, change)
    opened(world, token, change)
    made = accepted(by(world.served, token, Ask(f"{change.path}/approve", {}, change.version)))
    return Change(change.path, change.id, int(made["version"]))


def contested(world: "World") -> tuple[Change, str]:
    """Bring a change as far as an objection; return that too."""
    change = approved(world)
    body = {"capacity": "in_person", "words": "I asked for nothing."}
    made = sent(world.served, "agent", Ask(f"{change.path}/contests", body))
    return Change(change.path, change.id, int(made["version"])), str(made["contest"])


def reported(world: "World") -> Change:
    """Report stolen credentials of a contract of its own: one recovery at a time suspends it."""
    world = elsewhere(world)
    body = {"ticket": world.ticket, "capacity": "in_person", "words": "My password was stolen."}
    path = f"/v1/contracts/{world.contract}/recoveries"
    made = sent(world.served, "agent", Ask(path, body))
    return Change(f"{path}/{made['id']}", str(made["id"]), int(made["version"]))


def elsewhere(world: "World") -> "World":
    """Return the world with another contract and a ticket under it."""
    number = f"R-{uuid4().hex[:12]}"
    body = {
        "number": number,
        "category": "individual",
        "language": "en",
        "document": {"passport": PASSPORT | {"number": uuid4().hex}},
        "contacts": [{"kind": "mail", "value": "ada@example.net"}],
    }
    accepted(world.served.post("supervisor", "/v1/contracts", body))
    ticket = world.served.open_ticket("supervisor", contract=number)["id"]
    return world.at(number, str(ticket))


def suspended(world: "World") -> Change:
    """Suspend everybody's access and let provisioning confirm it."""
    case = reported(world)
    made = sent(world.served, "agent", Ask(f"{case.path}/suspend", {}, case.version))
    return Change(case.path, case.id, int(made["version"]))


def proved(world: "World") -> Change:
    """Suspend, confirm, and check the holder, as an agent."""
    case = suspended(world)
    holder = holder_of(world.served, case.contract)
    sent(world.served, "service", Ask(f"{case.path}/confirm", {"act": "suspend_access"}))
    made = sent(world.served, "agent", Ask(f"{case.path}/checks", visit(holder)))
    return Change(case.path, case.id, int(made["version"]))


def organisation(served: "Served", number: str) -> tuple[str, str]:
    """Register a contract of an organisation; return holder and representative."""
    person = {"name": "Ada Example", "passport": PASSPORT, "authority": "Register extract 7"}
    house = {
        "name": "Example Ltd",
        "country": "PT",
        "registration_number": uuid4().hex,
        "representative": person,
    }
    body = {
        "number": number,
        "category": "legal_entity",
        "language": "en",
        "document": {"organisation": house},
        "contacts": [{"kind": "mail", "value": "office@example.net"}],
    }
    accepted(served.post("supervisor", "/v1/contracts", body))
    view = served.get("compliance", f"/v1/contracts/{number}/identity").json()
    return str(view["holder"]), str(view["document"]["organisation"]["representative"]["subject"])


def _order(world: "World", role: str = "compliance") -> dict[str, Any]:
    return sent(world.served, role, order(world))


def order(world: "World", **more: Any) -> Ask:
    """Return what records an order."""
    body = {"source": "court", "effect": "hold", "standing": "in_force"}
    body |= {"issuer": "District court", "number": "12 O 345/26", "says": "Nothing moves."}
    return Ask(f"/v1/contracts/{world.contract}/orders", body | more)


def doubt(world: "World") -> Ask:
    holder = holder_of(world.served, world.contract)
    body = {"holder": holder, "kind": "deceased", "basis": "Death certificate seen."}
    return Ask(f"/v1/contracts/{world.contract}/doubts", body)


def end_authority(world: "World") -> Ask:
    number = f"O-{uuid4().hex[:12]}"
    holder, person = organisation(world.served, number)
    body = {"person": person, "holder": holder, "capacity": "representative", "ending": "left"}
    return Ask(f"/v1/contracts/{number}/authorities/end", body, 1)


def change_order_standing(world: "World") -> Ask:
    made = _order(world)
    path = f"/v1/contracts/{world.contract}/orders/{made['order']}/standing"
    return Ask(path, {"standing": "appealed"}, made["version"])


def settle_doubt(world: "World") -> Ask:
    made = sent(world.served, "supervisor", doubt(world))
    path = f"/v1/contracts/{world.contract}/doubts/{made['doubt']}/settle"
    return Ask(path, {"settlement": "mistaken", "reason": "They came."}, made["version"])


def warn_holder(world: "World") -> Ask:
    return Ask(f"/v1/contracts/{world.contract}/warnings", {"organisation": "Example Ltd"})


def approve(world: "World") -> Ask:
    """Return what approves a change for which the supervisor was drawn, who opened it."""
    change = drawn(world, member(world.served, "supervisor"))
    assert world.served.get("supervisor", change.path).status_code == 200
    return Ask(f"{change.path}/approve", {}, change.version)


def excuse(world: "World") -> Ask:
    change = drawn(world, member(world.served, "supervisor"))
    return Ask(f"{change.path}/excuse", {"excuse": "absent"}, change.version)


def dismiss(world: "World") -> Ask:
    change, contest = contested(world)
    path = f"{change.path}/contests/{contest}/dismiss"
    return Ask(path, {"explanation": "It was withdrawn."}, change.version)


def _step(begun: Any, name: str, body: Any, *, decided: bool = True) -> Any:
    def ask(world: "World") -> Ask:
        change: Change = begun(world)
        filled = body(world.served, change.contract) if callable(body) else body
        return Ask(f"{change.path}/{name}", filled, change.version if decided else None)

    return ask


def _visit(served: "Served", contract: str) -> dict[str, Any]:
    return visit(holder_of(served, contract))


def _restore(served: "Served", contract: str) -> dict[str, Any]:
    return {"person": holder_of(served, contract), "name": "Ada Example"}


WRITES: dict[str, Any] = {
    "end_authority": end_authority,
    "record_order": order,
    "change_order_standing": change_order_standing,
    "doubt_holder": doubt,
    "settle_doubt": settle_doubt,
    "warn_holder": warn_holder,
    "request_identity_change": renewal,
    "issue_photo_code": _step(requested, "codes", {}, decided=False),
    "record_identity_check": _step(requested, "checks", _visit, decided=False),
    "draw_approver": _step(checked, "draw", {}),
    "excuse_approver": excuse,
    "approve_identity_change": approve,
    "record_change_notice": _step(
        approved, "notices", {"means": "mail", "contacts": [0]}, decided=False
    ),
    "contest_identity_change": _step(
        approved, "contests", {"capacity": "in_person", "words": "No."}, decided=False
    ),
    "dismiss_contest": dismiss,
    "refuse_identity_change": _step(
        requested, "refuse", {"refusal": "not_proved", "explanation": "Nobody came."}
    ),
    "withdraw_identity_change": _step(requested, "withdraw", {}),
    "apply_identity_change": _step(approved, "apply", {}),
    "report_recovery": lambda world: Ask(
        f"/v1/contracts/{world.contract}/recoveries",
        {"ticket": world.ticket, "capacity": "in_person", "words": "Stolen."},
    ),
    "issue_recovery_code": _step(reported, "codes", {}, decided=False),
    "record_recovery_check": _step(reported, "checks", _visit, decided=False),
    "suspend_access": _step(reported, "suspend", {}),
    "restore_access": _step(proved, "restore", _restore),
    "drop_recovery": _step(
        reported, "drop", {"dropping": "mistaken", "explanation": "It was found."}
    ),
    "confirm_provisioning": _step(suspended, "confirm", {"act": "suspend_access"}, decided=False),
}
"""The writes about ownership, each made ready in a world."""

READS: dict[str, Any] = {
    "read_identity_change": lambda world: requested(world).path,
    "read_recovery": lambda world: reported(world).path,
    "list_identity_changes": lambda _: "/v1/identity-changes",
}
"""The reads about ownership."""
