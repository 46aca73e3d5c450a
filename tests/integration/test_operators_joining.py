"""`ledger operator` lets somebody in, whatever became of them before."""

import asyncio
import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from pydantic import SecretStr
from support.databases import Database
from support.running import ledger

from cli.joining import Joining, actor, joining
from cli.operators import let_in
from domain.handling import Step
from domain.log import Accepted
from domain.staff import STAFF
from domain.staff.commands import GrantRole, LeaveStaff, RevokeRole, StaffCommand
from domain.staff.state import StaffState
from domain.stream import Stream, StreamKind
from domain.values import Role
from infra.settings import Settings

ISSUER = "https://login.example/"


@pytest.fixture(name="settings")
def _settings(database: Database, keys_dir: Path) -> Settings:
    return database.settings(keys_dir, kek=SecretStr("A" * 43 + "="))


def ask(settings: Settings, name: str = "Ana") -> Accepted:
    return asyncio.run(let_in(settings, ISSUER, "4711", name))


def do(settings: Settings, member: UUID, *kinds: type[StaffCommand], **more: object) -> StaffState:
    """Do something to a staff member; return how they are then."""
    stream = Stream(StreamKind.STAFF, member)

    async def done(by: Joining) -> StaffState:
        for kind in kinds:
            command = kind(by=actor(), at=datetime.now(UTC), **more)
            await by.record(str(uuid4()), Step(STAFF, stream, command))
        state: StaffState = (await by.handler.states.load(STAFF, stream, fresh=True)).state
        return state

    async def run() -> StaffState:
        async with joining(settings) as by:
            return await done(by)

    return asyncio.run(run())


def test_who_left_is_let_in_anew_and_who_lost_the_role_has_it_again(settings: Settings) -> None:
    first = ask(settings)
    assert ask(settings, "Ana Lopes").id == first.id
    do(settings, first.id, LeaveStaff)
    second = ask(settings)
    assert second.id != first.id
    assert not second.replayed
    assert (ask(settings).id, ask(settings).event_ids) == (second.id, ())
    do(settings, second.id, GrantRole, role=Role.AGENT)
    for _ in "12":
        assert do(settings, second.id, RevokeRole, role=Role.OPERATOR).roles == {Role.AGENT}
        assert ask(settings).id == second.id
        assert do(settings, second.id).roles == {Role.AGENT, Role.OPERATOR}
    do(settings, second.id, LeaveStaff)
    assert do(settings, ask(settings).id).active


def test_who_joined_over_http_is_granted_the_role_where_their_login_leads(
    settings: Settings, database: Database
) -> None:
    async def join() -> tuple[UUID, bytes]:
        async with joining(settings) as by:
            joined = await by.staff("http", "Ana", (ISSUER, "4711"), Role.AGENT)
            return joined.id, by.secrets.login(ISSUER, "4711")

    member, login = asyncio.run(join())
    with psycopg.connect(database.dsn_superuser) as connection:  # as the follower keeps it
        row = [member, member, login]
        connection.execute("INSERT INTO views.logins VALUES (%s, %s, %s, NULL, 1)", row)
    assert ask(settings).id == member
    assert do(settings, member).roles == {Role.AGENT, Role.OPERATOR}


def test_two_who_ask_at_once_let_one_in(settings: Settings) -> None:
    do(settings, ask(settings).id, LeaveStaff)
    found: list[Accepted] = []
    both = [threading.Thread(target=lambda: found.append(ask(settings))) for _ in "12"]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(found) == 2
    assert len({one.id for one in found}) == 1


def test_before_the_migration_and_without_the_ledgers_keys_nobody_is_let_in(
    empty_database: Database, database: Database, tmp_path: Path
) -> None:
    believed = [{"name": "ours", "issuer": ISSUER, "audience": "a", "jwks": f"{ISSUER}jwks"}]
    who = ["--issuer", ISSUER, "--subject", "4711", "--name", "Ana"]
    nothing = tmp_path / "nothing"
    for one, says in ((empty_database, "ledger migrate"), (database, "no keys of a ledger")):
        ended = ledger(
            *("operator", *who, "--data", str(nothing)),
            LEDGER_DATABASE_URL=one.dsn_app,
            LEDGER_ISSUERS=json.dumps(believed),
        )
        assert ended.returncode == 5, ended.stderr
        assert says in ended.stderr
        assert not nothing.exists()
