"""People of a development ledger: one for each role at first start, further ones on demand."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter

from cli.connection import Ready, Remote, Where, data_directory, find_ready
from cli.joining import Joining, actor, identity, joining
from cli.output import show
from domain.contract import CONTRACT
from domain.contract.commands import NamePerson, RegisterContract
from domain.contract.documents import Category, Contact, ContactKind, Document, Passport
from domain.contract.events import Right
from domain.errors import Forked, LedgerError, Malformed, Unauthenticated, Unavailable
from domain.handling import Step
from domain.stream import Stream, StreamKind
from domain.values import STAFF_ROLES, Role
from infra import logs
from infra.development import ISSUER, DevelopmentIssuer
from infra.ids import new_id
from infra.settings import Settings
from projections.people import login_text

CONTRACT_NUMBER: Final = "DEMO-1"
_PASSPORT: Final = {
    "country": "PT",
    "number": "DEMO0001",
    "name": "Dana Demonstration",
    "birth_date": "1980-01-31",
    "issued_by": "Nobody",
    "issued_on": "2020-01-31",
    "expires_on": "2040-01-31",
}
_KNOWN_SECONDS: Final = 10.0


async def seed(settings: Settings) -> dict[str, Any]:
    """Make, or find, somebody in every role and a demonstration contract; return their tokens.

    Where other issuers are configured nobody is made. Raises Unavailable when the store is not fit.
    """
    if settings.issuers or settings.database_url is None:
        return {"tokens": {}, "customer_contract": None}
    issuer = DevelopmentIssuer(settings.data)
    try:
        async with joining(settings) as ledger:
            for role in sorted(STAFF_ROLES):
                login = ISSUER, _subject(role, "demo")
                await ledger.staff(f"join/{role.value}", f"Demonstration {role.value}", login, role)
            await _contract(ledger)
    except Forked:  # who is known stays known, and `ledger continue` needs a ledger that runs
        logs.logger("seeding").warning("nobody can join: acknowledged events are missing")
    tokens = {role.value: issuer.mint(_subject(role, "demo")) for role in Role}
    return {"tokens": tokens, "customer_contract": CONTRACT_NUMBER}


def _subject(role: Role, name: str) -> str:
    return f"{role.value}:{name}"


async def _contract(ledger: Joining) -> None:
    """Register the demonstration contract and name its customer."""
    holder = new_id()
    passport = Passport(**{name: identity(text, holder) for name, text in _PASSPORT.items()})
    registered = await ledger.record(
        "contract",
        Step(
            CONTRACT,
            Stream(StreamKind.CONTRACT, new_id()),
            RegisterContract(
                by=actor(),
                at=datetime.now(UTC),
                number=CONTRACT_NUMBER,
                category=Category.INDIVIDUAL,
                holder=holder,
                language="en",
                document=Document(passport=passport),
                contacts=(Contact(ContactKind.MAIL, identity("dana@example.net", holder)),),
            ),
        ),
    )
    await ledger.record(
        "person",
        Step(
            CONTRACT,
            Stream(StreamKind.CONTRACT, registered.id),
            NamePerson(
                by=actor(),
                at=datetime.now(UTC),
                person=holder,
                name=identity(_PASSPORT["name"], holder),
                login=identity(login_text(ISSUER, _subject(Role.CUSTOMER, "demo")), holder),
                rights=tuple(Right),
            ),
        ),
    )


def token(
    *,
    role: Annotated[Role, Parameter(help="In which role they act.")],
    subject: Annotated[str, Parameter(help="A name; the same one is the same person.")],
    contract: Annotated[str | None, Parameter(help="For customers: under which contract.")] = None,
    where: Where | None = None,
    as_json: Annotated[bool, Parameter(name="--json", help="Print one JSON line.")] = False,
) -> None:
    """Make a person and a token for a development ledger.

    Example: ledger token --role agent --subject ana --json
    """
    asked = where or Where()
    if asked.url:
        raise Malformed("this command works on the ledger's own machine: use --data", "--url")
    ready = find_ready(data_directory(asked))
    if not ready.tokens:
        raise Malformed("this ledger believes other issuers: ask them for tokens", "LEDGER_ISSUERS")
    made = _customer if role is Role.CUSTOMER else _staff
    actor = made(ready, role, subject, contract or ready.customer_contract or "")
    minted = DevelopmentIssuer(Path(ready.data)).mint(_subject(role, subject))
    _await_known(Remote(ready.url, minted))
    result = {"token": minted, "actor_id": actor}
    show(result, _lines(role, minted), as_json=as_json)


def _lines(role: Role, minted: str) -> Iterable[str]:
    return (f"Authorization: Bearer {minted}", f"(role {role.value})")


def _staff(ready: Ready, role: Role, subject: str, _contract: str) -> str:
    body = {
        "name": subject,
        "login": {"issuer": ISSUER, "subject": _subject(role, subject)},
        "roles": [role.value],
        "languages": ["en"],
    }
    operator = Remote(ready.url, ready.tokens[Role.OPERATOR])
    return str(operator.post("/v1/staff", body, key=_key(role, subject))["id"])


def _customer(ready: Ready, role: Role, subject: str, contract: str) -> str:
    body = {
        "name": subject,
        "login": {"issuer": ISSUER, "subject": _subject(role, subject)},
        "rights": [right.value for right in Right],
    }
    supervisor = Remote(ready.url, ready.tokens[Role.SUPERVISOR])
    path = f"/v1/contracts/{contract}/persons"
    return str(supervisor.post(path, body, key=_key(role, f"{contract}/{subject}"))["person"])


def _key(role: Role, name: str) -> str:
    return f"ledger-token/{role.value}/{name.encode().hex()}"[:200]


def _await_known(somebody: Remote) -> None:
    """Wait until the directory has read of them."""
    deadline = time.monotonic() + _KNOWN_SECONDS
    while True:
        try:
            somebody.get(f"/v1/tickets/{new_id()}")
        except Unauthenticated:
            if time.monotonic() > deadline:
                raise Unavailable("the directory of people has not read of them yet") from None
            time.sleep(0.05)
        except LedgerError:
            return
