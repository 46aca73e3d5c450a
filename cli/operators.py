"""`ledger operator`: the first person of a ledger that believes issuers of its own."""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from cli.connection import Where, local_settings
from cli.exits import GOOD
from cli.joining import joining
from cli.output import show
from domain.errors import Malformed
from domain.log import Accepted
from domain.values import Role
from infra.settings import Settings
from projections.people import login_text


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
    at the machine; done again for the same login it changes nothing.

    Example: ledger operator --issuer https://login.example/ --subject 4711 --name "Ana Lopes"
    """
    settings = local_settings(where or Where())
    believed = [one.issuer for one in settings.issuers]
    if issuer not in believed:
        told = ", ".join(believed) or "none, `ledger up` makes people of its own"
        raise Malformed(f"tokens of that issuer are not believed; believed: {told}", "--issuer")
    joined = asyncio.run(_join(settings, issuer, subject, name))
    now = "was let in before: nothing changes" if joined.replayed else "is operator within seconds"
    result = {"actor_id": joined.id, "replayed": joined.replayed}
    show(result, [f"{joined.id} {now}"], as_json=as_json)
    return GOOD


async def _join(settings: Settings, issuer: str, subject: str, name: str) -> Accepted:
    async with joining(settings) as ledger:
        key = f"operator/{login_text(issuer, subject)}"
        return await ledger.staff(key, name, (issuer, subject), Role.OPERATOR)
