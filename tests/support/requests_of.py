"""Every operation of the API with a request that is good, made of things prepared for it."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from typing import Any
from uuid import uuid4

from support import disputes, exports, ownership
from support.letters import enquiry
from support.serving import Served

from infra.tilefiles import head_of

_NUMBERS = count(1)

PASSPORT = {
    "country": "PT",
    "number": "X0000001",
    "name": "Ada Example",
    "birth_date": "1980-02-29",
    "issued_by": "Registry office",
    "issued_on": "2020-01-31",
}


@dataclass
class Asked:
    """One request: `version` goes into If-Match, `content` is a raw body instead of JSON."""

    method: str
    path: str
    body: Any = None
    version: int | None = None
    params: dict[str, Any] = field(default_factory=dict)
    content: bytes | None = None


class World:
    """A contract with its customer, a ticket with a message, a staff member: fresh, when asked."""

    def __init__(self, served: Served, staff_role: str = "agent") -> None:
        self.served = served
        self._staff_role = staff_role

    @cached_property
    def _customer(self) -> tuple[str, str, str, int]:
        contract, person, token = new_customer(self.served)
        named = self.served.get("supervisor", f"/v1/contracts/{contract}").json()
        return contract, person, token, named["version"]

    @cached_property
    def _ticket(self) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        served = self.served
        ticket = served.open_ticket("supervisor", contract=self.contract)
        path = f"/v1/tickets/{ticket['id']}"
        attached = served.client("supervisor").post(
            f"{path}/attachments",
            params={"name": "log.txt"},
            content=b"a log",
            headers={"Idempotency-Key": str(uuid4()), "Content-Type": "text/plain"},
        )
        claimed = served.post("supervisor", f"{path}/claim", {}, version=attached.json()["version"])
        posted = served.post("supervisor", f"{path}/messages", {"text": "An answer."})
        assert posted.status_code == 201, (claimed.text, posted.text)
        return ticket, attached.json(), posted.json()

    @cached_property
    def _staff(self) -> tuple[dict[str, Any], dict[str, Any]]:
        served, subject = self.served, f"{self._staff_role}:{self.contract}"
        login = {"issuer": "urn:ticket-ledger:development", "subject": subject}
        body = {"name": "Cleo", "login": login, "roles": [self._staff_role, "compliance"]}
        joined = served.post("operator", "/v1/staff", body).json()
        return joined, served.post("operator", f"/v1/staff/{joined['id']}/api-keys", {}).json()

    contract = cached_property[str](lambda self: self._customer[0])
    person = cached_property[str](lambda self: self._customer[1])
    customer = cached_property[str](lambda self: self._customer[2])
    contract_version = cached_property[int](lambda self: self._customer[3])
    ticket = cached_property[str](lambda self: self._ticket[0]["id"])
    event = cached_property[str](lambda self: self._ticket[0]["event_ids"][0])
    attachment = cached_property[str](lambda self: self._ticket[1]["attachment"])
    message = cached_property[str](lambda self: self._ticket[2]["message"])
    ticket_version = cached_property[int](lambda self: self._ticket[2]["version"])
    staff = cached_property[str](lambda self: self._staff[0]["id"])
    key = cached_property[str](lambda self: self._staff[1]["key"])
    staff_version = cached_property[int](lambda self: self._staff[1]["version"])

    def __getitem__(self, name: str) -> Any:
        """Return a part by its name, as paths have it."""
        return getattr(self, name)

    def at(self, contract: str, ticket: str) -> "World":
        """Return the world with another contract and a ticket under it."""
        other = copy(self)
        other.contract, other.ticket = contract, ticket
        return other


def contract_body(number: str) -> dict[str, Any]:
    """Return a registration that is good."""
    return {
        "number": number,
        "category": "individual",
        "language": "en",
        "document": {"passport": PASSPORT},
        "contacts": [{"kind": "mail", "value": "ada@example.net"}],
    }


def new_number() -> str:
    """Return a contract number that was never used here."""
    return f"T-{next(_NUMBERS)}-{uuid4().hex[:8]}"


def new_customer(served: Served, *rights: str) -> tuple[str, str, str]:
    """Register a contract with one person; return its number, the person and their token."""
    number = new_number()
    made = served.post("supervisor", "/v1/contracts", contract_body(number))
    assert made.status_code == 201, made.text
    login = {"issuer": "urn:ticket-ledger:development", "subject": f"customer:{number}"}
    body = {"name": "Ada", "login": login, "rights": rights or ("read", "write", "manage_persons")}
    named = served.post("supervisor", f"/v1/contracts/{number}/persons", body)
    assert named.status_code == 201, named.text
    return number, str(named.json()["person"]), served.mint(login["subject"])


def known(served: Served, token: str) -> str:
    """Return the token as soon as the directory knows whose it is."""
    client = served.client(None, token)
    served.until(lambda: client.get(f"/v1/tickets/{uuid4()}").status_code != 401)
    return token


def new_world(served: Served) -> World:
    """Prepare everything that some operation needs."""
    world = World(served)
    assert world.ticket
    assert world.staff
    return world


def _soon() -> str:
    return (datetime.now(UTC) + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _ticket(name: str, body: Any, *, decided: bool = False) -> Callable[[World], Asked]:
    def ask(world: World) -> Asked:
        version = world.ticket_version if decided else None
        filled = body(world) if callable(body) else body
        return Asked("POST", f"/v1/tickets/{world.ticket}/{name}", filled, version)

    return ask


def _staff(name: str, body: Any, *, decided: bool = False) -> Callable[[World], Asked]:
    def ask(world: World) -> Asked:
        version = world.staff_version if decided else None
        path = f"/v1/staff/{world.staff}/{name}".replace("KEY", world.key)
        return Asked("POST", path, body, version)

    return ask


def _contract(name: str, body: Any, *, decided: bool = False) -> Callable[[World], Asked]:
    def ask(world: World) -> Asked:
        version = world.contract_version if decided else None
        path = f"/v1/contracts/{world.contract}/{name}".replace("PERSON", world.person)
        return Asked("POST", path, body, version)

    return ask


def _get(path: str, **params: Any) -> Callable[[World], Asked]:
    return lambda world: Asked("GET", path.format_map(world), params=params)


def _open(world: World) -> Asked:
    body = {"contract": world.contract, "channel": "portal", "language": "en"}
    return Asked("POST", "/v1/tickets", body | {"subject": "s", "text": "t"})


def _attach(world: World) -> Asked:
    path = f"/v1/tickets/{world.ticket}/attachments"
    return Asked("POST", path, params={"name": "a.bin"}, content=b"\x00\x01")


def _head(path: str) -> Callable[[World], Asked]:
    def ask(world: World) -> Asked:
        """Ask when a checkpoint covers the world."""
        asked = Asked("GET", path.format_map(world))
        with world.served.database() as connection:
            made = connection.execute("SELECT max(position) FROM ledger.events").fetchone()[0]
        world.served.until(lambda: size_of(world.served) >= made)
        return asked

    return ask


def size_of(served: Served) -> int:
    """Return how many events the last checkpoint covers."""
    return head_of(served.get(None, "/checkpoint").content).size


def _erase(world: World) -> Asked:
    """Ask for the erasure of a person who may do nothing any more."""
    revoked = REQUESTS["revoke_rights"](world)
    world.served.post("supervisor", revoked.path, revoked.body, version=revoked.version)
    body = {"contract": world.contract, "purposes": ["identity"], "basis": "consent_withdrawn"}
    return Asked("POST", f"/v1/subjects/{world.person}/erasures", body)


def _release(world: World, step: str, body: Any) -> Asked:
    """Ask about a legal hold; of its confirmation somebody else has asked for the release."""
    placed = REQUESTS["place_legal_hold"](world)
    hold = world.served.post("compliance", placed.path, placed.body).json()
    path, version = f"{placed.path}/{hold['hold']}", hold["version"]
    if step == "confirm":
        login = {"issuer": "urn:ticket-ledger:development", "subject": uuid4().hex}
        other = {"name": "Fay", "login": login, "roles": ["compliance"], "languages": []}
        assert world.served.post("operator", "/v1/staff", other).status_code == 201
        client = world.served.client(None, known(world.served, world.served.mint(login["subject"])))
        headers = {"Idempotency-Key": str(uuid4()), "If-Match": f'"{version}"'}
        asked = client.post(f"{path}/release", json={"reason": "Over."}, headers=headers)
        assert asked.status_code == 200, asked.text
        version += 1
    return Asked("POST", f"{path}/{step}", body, version)


def _proof(world: World) -> Asked:
    """Ask about the first event: a checkpoint covers it."""
    with world.served.database() as connection:
        first = connection.execute("SELECT event_id FROM ledger.events WHERE position = 1")
        return Asked("GET", f"/v1/events/{first.fetchone()[0]}/proof")


WRITES = {**ownership.WRITES, **disputes.WRITES}
READS = {**ownership.READS, **disputes.READS}


def _export(path: str = "") -> Callable[[World], Asked]:
    def ask(world: World) -> Asked:
        """Ask when no erasure is open: it would remove what is being made."""
        exports.erased(world.served)
        of = path.format_map(world) if path else disputes.opened(world).path
        return Asked("POST", f"{of}/exports", exports.BODY)

    return ask


def _write(name: str) -> Callable[[World], Asked]:
    def ask(world: World) -> Asked:
        path, body, version = WRITES[name](world)
        return Asked("POST", path, body, version)

    return ask


def _read(name: str) -> Callable[[World], Asked]:
    return lambda world: Asked("GET", READS[name](world))


REQUESTS: dict[str, Callable[[World], Asked]] = {
    "register_contract": lambda _: Asked("POST", "/v1/contracts", contract_body(new_number())),
    "read_contract": _get("/v1/contracts/{contract}"),
    "read_contract_head": _head("/v1/contracts/{contract}/head"),
    "contract_history": _get("/v1/contracts/{contract}/history"),
    "contract_signals": _get("/v1/contracts/{contract}/signals"),
    "list_signals": _get("/v1/signals"),
    "read_identity": _get("/v1/contracts/{contract}/identity"),
    "name_person": _contract("persons", {"name": "Ben", "rights": ["read"]}),
    "grant_rights": _contract("persons/PERSON/rights", {"rights": ["read"]}, decided=True),
    "state_preferences": _contract(
        "persons/PERSON/notifications", {"language": "pt", "mail": "ben@example.net"}
    ),
    "revoke_rights": _contract("persons/PERSON/revoke", {"reason": "Gone."}, decided=True),
    "close_contract": _contract("close", {"ending": "by_customer"}, decided=True),
    "place_legal_hold": _contract(
        "legal-holds",
        {"authority": "court", "reference": "12 O 345/26", "review_at": "2099-01-01T00:00:00Z"},
    ),
    "request_hold_release": lambda world: _release(world, "release", {"reason": "It ended."}),
    "confirm_hold_release": lambda world: _release(world, "confirm", {}),
    "erase_subject": _erase,
    "search_addresses": lambda _: Asked(
        "POST", "/v1/addresses/search", {"address": "127.0.0.1", "basis": "legal_claim"}
    ),
    "search_documents": lambda _: Asked(
        "POST",
        "/v1/documents/search",
        {"type": "passport", "country": "PT", "number": "X0000001", "basis": "legal_claim"},
    ),
    "erase_message": _ticket(
        "erasures", lambda world: {"event": world.event, "basis": "consent_withdrawn"}
    ),
    "export_contract": _export("/v1/contracts/{contract}"),
    "export_dispute": _export(),
    "export_ticket": _export("/v1/tickets/{ticket}"),
    "read_dispute_head": lambda world: _head(f"{disputes.opened(world).path}/head")(world),
    "read_export": lambda world: Asked("GET", f"/v1/exports/{exports.known_export(world.served)}"),
    "open_ticket": _open,
    "find_tickets": _get("/v1/tickets", reference="none"),
    "read_ticket": _get("/v1/tickets/{ticket}"),
    "read_ticket_head": _head("/v1/tickets/{ticket}/head"),
    "ticket_timeline": _get("/v1/tickets/{ticket}/timeline"),
    "ticket_notifications": _get("/v1/tickets/{ticket}/notifications"),
    "acknowledge_ticket": _ticket("acknowledge", {"reaction_seconds": 60}),
    "post_message": _ticket("messages", {"text": "Hello."}),
    "change_status": _ticket(
        "status",
        lambda _: {"status": "in_progress", "explanation": "x", "next_update": _soon()},
        decided=True,
    ),
    "claim_ticket": _ticket("claim", {"reason": "I know it."}, decided=True),
    "assign_ticket": _ticket(
        "assign", lambda world: {"agent": world.staff, "reason": "Knows it."}, decided=True
    ),
    "address_ticket": _ticket("address", {"specialist": None}, decided=True),
    "hand_over_ticket": _ticket(
        "hand-over", lambda world: {"receiver": world.staff, "reason": "Shift."}, decided=True
    ),
    "release_ticket": _ticket("release", {"reason": "Shift."}, decided=True),
    "change_priority": _ticket("priority", {"priority": "low"}, decided=True),
    "change_tags": _ticket("tags", {"add": ["dns"]}),
    "link_ticket": _ticket(
        "links", lambda world: {"other": _other(world), "relation": "relates_to"}
    ),
    "add_attachment": _attach,
    "read_attachment": _get("/v1/tickets/{ticket}/attachments/{attachment}"),
    "correct_message": _ticket(
        "corrections", lambda world: {"message": world.message, "text": "y", "reason": "typo"}
    ),
    "retract_message": _ticket(
        "retractions", lambda world: {"message": world.message, "reason": "wrong ticket"}
    ),
    "receive_mail": lambda world: Asked("POST", "/v1/inbound/mail", content=enquiry(world.ticket)),
    "move_ticket": _ticket(
        "move", lambda world: {"contract": world.served.contract, "reason": "r"}, decided=True
    ),
    "record_work": _ticket("work", {"what": "w", "where": "mail-3"}),
    "read_queue": _get("/v1/queue"),
    "live_queue": _get("/v1/queue/live"),
    "read_event": _get("/v1/events/{event}"),
    "read_checkpoint": _get("/checkpoint"),
    "read_tile": _get("/tile/0/000.p/1"),
    "read_entries": _get("/tile/entries/000.p/1"),
    "read_epoch_checkpoint": _get("/log/1/checkpoint"),
    "read_epoch_tile": _get("/log/1/tile/0/000.p/1"),
    "read_epoch_entries": _get("/log/1/tile/entries/000.p/1"),
    "read_log": _get("/v1/log"),
    "read_proof": _proof,
    "read_consistency": lambda _: Asked("GET", "/v1/consistency", params={"from": 1, "to": 1}),
    "list_timestamps": _get("/v1/log/timestamps"),
    "list_renewals": _get("/v1/log/renewals"),
    "read_status": _get("/v1/status"),
    "list_staff": _get("/v1/staff"),
    "read_staff": _get("/v1/staff/{staff}"),
    "staff_signals": _get("/v1/staff/{staff}/signals"),
    "join_staff": lambda _: Asked(
        "POST",
        "/v1/staff",
        {"name": "Eve", "login": {"issuer": "urn:x", "subject": uuid4().hex}, "roles": ["agent"]},
    ),
    "grant_role": _staff("roles", {"role": "supervisor"}, decided=True),
    "revoke_role": _staff("roles/revoke", {"role": "compliance"}, decided=True),
    "state_languages": _staff("languages", {"languages": ["pt"]}),
    "state_absence": _staff("absences", {}),
    "state_return": _staff("absences/end", {}),
    "leave_staff": _staff("leave", {}, decided=True),
    "issue_api_key": _staff("api-keys", {}),
    "revoke_api_key": _staff("api-keys/KEY/revoke", {}),
    "healthz": _get("/healthz"),
    "readyz": _get("/readyz"),
    "metrics": _get("/metrics"),
    "openapi_json": _get("/openapi.json"),
    "asyncapi_json": _get("/asyncapi.json"),
    "event_schema": _get("/schemas/events/TicketOpened.1.json"),
    "docs": _get("/docs"),
    "problem_page": _get("/problems/not-found"),
    **{name: _write(name) for name in WRITES},
    **{name: _read(name) for name in READS},
}


def _other(world: World) -> str:
    return str(world.served.open_ticket("supervisor", contract=world.contract)["id"])
