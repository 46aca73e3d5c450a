"""`ledger export`: what is recorded of something, as a bag that anybody can check."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from cyclopts import Parameter, validators

from cli.connection import Where, local_settings, remote
from cli.exits import GOOD
from cli.exporting_options import Wishes
from cli.exporting_remote import fetch
from cli.output import progress, show
from cli.viewing import AsJson, ticket_id
from domain.chainhead import Chain
from domain.errors import Malformed
from domain.stream import Stream, StreamKind
from domain.values import Actor, ActorKind, Assurance, Provenance, Role, is_code
from infra.ids import new_id
from infra.keys.opening import open_keys
from infra.secrets import Secrets
from infra.settings import Settings
from infra.store import open_log
from projections.exporting import record
from projections.exporting.wanted import Wanted

LONGEST: Final = 1_000
"""Characters of a recipient or a basis at most."""

OPERATOR: Final = UUID("01890000-0000-7000-8000-0000000e0001")
"""Whoever works on the ledger's own machine: the access stream of their exports."""


def export(  # noqa: PLR0913 - one argument an option
    what: Literal["ticket", "contract", "dispute"],
    id: str,  # noqa: A002 - the argument is called so
    *,
    out: Path,
    recipient: str,
    legal_basis: str,
    at_position: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    wishes: Wishes | None = None,
    as_json: AsJson = False,
    where: Where | None = None,
) -> int:
    """Write everything recorded of a ticket, contract or dispute to a zip that others can check.

    The words of third parties are withheld. The export itself is recorded, with the digest of the
    zip, for whom it is, and why; without that, or when it cannot be signed, there is no file.
    With --url it is made there, as whoever's token it is, and fetched.

    Example: ledger export ticket INC0000045 --out ticket.zip --recipient "District court 4"
    --legal-basis court_order

    Parameters
    ----------
    what
        Of what.
    id
        The ticket's id, number or reference; the contract's number; the dispute's id.
    out
        The file to write, which must not be there yet.
    recipient
        Who is given it.
    legal_basis
        court_order, authority_request, data_subject_request, legal_claim, legal_obligation,
        contract, consent, or any other in words.
    at_position
        As of which event of the ledger; now when it is left out.
    """
    asked, more = where or Where(), wishes or Wishes()
    _require_usable(out, recipient=recipient, legal_basis=legal_basis, custodian=more.custodian)
    basis, words = record.basis_of(legal_basis)
    wanted = Wanted(
        chain=_chain(what, id, asked),
        position=at_position or 0,
        bag=new_id(),
        by=Actor(ActorKind.SYSTEM, OPERATOR, Role.OPERATOR, assurance=Assurance.LOCAL),
        at=datetime.now(UTC),
        recipient=recipient,
        basis=basis.value,
        words=words,
        withhold=frozenset(more.withhold),
        zone=ZoneInfo(more.timezone),
        language=more.language,
        custodian=more.custodian,
        disclose=frozenset(more.disclose),
    )
    bag, events = _made(asked, wanted, out)
    told = {"bag": bag, "file": str(out), "events": events, "bytes": out.stat().st_size}
    show(told, (f"{events} events in {out}, bag {bag}",), as_json=as_json)
    return GOOD


def _require_usable(out: Path, **said: str | None) -> None:
    for name, text in said.items():
        if text is None:
            continue
        if not text.strip() or len(text) > LONGEST or not text.isprintable():
            option = f"--{name.replace('_', '-')}"
            raise Malformed(f"1 to {LONGEST} characters that can be printed", option)
    if out.exists() or not out.parent.is_dir():
        raise Malformed("must be a new file in a folder that is there", "--out")


def _chain(what: str, named: str, where: Where) -> Chain:
    if what == "contract":
        if not is_code(named):
            raise Malformed("not a contract's number", "ID")
        return named
    try:
        return Stream(StreamKind(what), UUID(named))
    except ValueError:
        if what == StreamKind.DISPUTE:
            raise Malformed("not a dispute's id", "ID") from None
    return Stream(StreamKind.TICKET, UUID(ticket_id(remote(where), named)))


def _made(where: Where, wanted: Wanted, out: Path) -> tuple[str, int]:
    """Make the bag here or have it made there; return its id and how many events it has."""
    if where.url:
        return fetch(remote(where), wanted, out)
    return str(wanted.bag), asyncio.run(_export(local_settings(where), wanted, out))


async def _export(settings: Settings, wanted: Wanted, out: Path) -> int:
    assert settings.database_url is not None
    keys = open_keys(settings)
    dsn = settings.database_url.get_secret_value()
    try:
        async with open_log(dsn, settings.data, keys) as log:
            head = await log.head()
            if wanted.position > head.position:
                raise Malformed(f"the ledger has {head.position} events", "--at-position")
            wanted = wanted.as_of(wanted.position or head.position)
            said = Provenance(actor=wanted.by, at=wanted.at, correlation=wanted.bag)
            key = Secrets(keys).command_key("exports", str(wanted.bag), b"")
            with progress("exporting") as done:
                _, events = await record.export(log, settings, wanted, said, key, out, done)
            return events
    finally:
        keys.close()
