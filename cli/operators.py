"""`ledger operator`: the first person of a ledger that believes issuers of its own."""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from cli.connection import Where, local_settings
from cli.exits import GOOD
from cli.joining import joining
from cli.output import show
from domain.errors import Malformed, Unavailable
from domain.log import Accepted
from domain.values import Role
from infra.migrate import pending
from infra.settings import Settings
from projections.people import find_login, login_text


def operator(
    where: Where | None = None,
    *,
    issuer: Annotated[str, Parameter(help="What their tokens have as `iss`.")],
    subject: Annotated[str, Parameter(help="What their tokens have as `sub`.")],
    name: Annotated[str, Parameter(help="What they are called.")],
    as_json: Annotated[bool, Parameter(name="--json", help="Print one line of JSON.")] = False,
) -> int:
    """Let somebody act as operator, who then lets everybody else join over HTTP.

    Whoever can run it has the ledger's keys. It is recorded like all that happens to staff, as done
    at the machine. Done again it changes nothing, unless they left or lost the role meanwhile.

    Example: ledger operator --issuer https://login.example/ --subject 4711 --name "Ana Lopes"
    """
    settings = local_settings(where or Where())
    believed = [one.issuer for one in settings.issuers]
    if issuer not in believed:
        told = ", ".join(believed) or "none, `ledger up` makes people of its own"
        raise Malformed(f"tokens of that issuer are not believed; believed: {told}", "--issuer")
    _is_ready(settings)
    joined = asyncio.run(let_in(settings, issuer, subject, name))
    changed = bool(joined.event_ids) and not joined.replayed
    now = "is operator within seconds" if changed else "is operator already: nothing changes"
    result = {"actor_id": joined.id, "replayed": not changed}
    show(result, [f"{joined.id} {now}"], as_json=as_json)
    return GOOD


def _is_ready(settings: Settings) -> None:
    """Refuse where nobody could come in: before the migration, or with keys made just now."""
    if settings.database_url is None:
        raise Malformed("name the database as role ledger_app", "LEDGER_DATABASE_URL")
    if missing := pending(settings.database_url.get_secret_value()):
        raise Unavailable(f"the database lacks {len(missing)} migrations: run `ledger migrate`")
    kek = settings.kek is not None or (settings.data / "kek").exists()
    if not kek or (settings.keys_url is None and not (settings.data / "keys.sqlite").exists()):
        raise Unavailable(
            f"{settings.data} has no keys of a ledger: give LEDGER_KEK and LEDGER_KEYS_URL, or the "
            "data directory, of the API, after its first start"
        )


async def let_in(settings: Settings, issuer: str, subject: str, name: str) -> Accepted:
    """Let whom an issuer's URI and a subject mean act as operator."""
    async with joining(settings) as ledger:
        digest = ledger.secrets.login(issuer, subject)
        async with ledger.reader.pool.connection() as connection:
            entries = await find_login(connection, digest)
        known = [entry.person for entry in entries if entry.contract is None]
        key = f"operator/{login_text(issuer, subject)}"
        return await ledger.let_in(key, name, (issuer, subject), Role.OPERATOR, known)
