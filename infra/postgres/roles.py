"""The login roles, their passwords, and the database they share."""

import json
import secrets
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import psycopg
from psycopg import sql

from domain.errors import Unavailable
from infra.files import Held, write_private
from infra.sqlfiles import load_sql

DATABASE: Final = "ledger"
_SQL: Final = load_sql(__file__, "roles.sql")
CREDENTIALS: Final = "cluster.json"


class Role(StrEnum):
    """Who logs in to the database.

    The app appends, followers write projections, the eraser destroys, the owner migrates;
    the superuser is for start and repair alone.
    """

    SUPERUSER = "postgres"
    OWNER = "ledger_owner"
    APP = "ledger_app"
    FOLLOWER = "ledger_follower"
    ERASER = "ledger_eraser"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What belongs to one cluster for its life: a name of its own and a password per role."""

    id: str
    passwords: dict[str, str]


def credentials(held: Held) -> Credentials:
    """Return the data directory's credentials, made and kept (mode 0600) at the first call."""
    path = held.path / CREDENTIALS
    try:
        return Credentials(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        made = Credentials(secrets.token_hex(8), {role: secrets.token_urlsafe(24) for role in Role})
    except (ValueError, TypeError):
        raise Unavailable(f"{path} is not what was written there: restore it") from None
    write_private(path, json.dumps({"id": made.id, "passwords": made.passwords}).encode())
    return made


def conninfo(
    role: Role, password: str, *, host: Path | str, port: int, database: str = DATABASE
) -> str:
    """Return the URL for `role`; `host` is an address, or the directory of the socket."""
    user = f"postgresql://{role}:{password}@"
    if isinstance(host, Path):
        return f"{user}/{database}?{urlencode({'host': host, 'port': port})}"
    return f"{user}{host}:{port}/{database}"


def ensure_roles(superuser: str, passwords: dict[str, str]) -> None:
    """Create the roles and the database that are not there yet."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        known = {row[0] for row in connection.execute(_SQL["roles"])}
        for role in Role:
            if role in known:
                continue
            verifier = connection.pgconn.encrypt_password(
                passwords[role].encode(), role.encode(), b"scram-sha-256"
            )
            statement = sql.SQL(_SQL["create_role"])
            connection.execute(
                statement.format(role=sql.Identifier(role), verifier=verifier.decode())
            )
        if connection.execute(_SQL["has_database"], [DATABASE]).fetchone() is None:
            create_database(connection, DATABASE)


def create_database(connection: psycopg.Connection, name: str, template: str = "template0") -> None:
    """Create a database that belongs to the owner role and that only the ledger's roles enter."""
    names = {
        "database": sql.Identifier(name),
        "template": sql.Identifier(template),
        "owner": sql.Identifier(Role.OWNER),
        "others": sql.SQL(", ").join(
            sql.Identifier(role) for role in (Role.APP, Role.FOLLOWER, Role.ERASER)
        ),
    }
    for statement in ("create_database", "close_database", "open_database"):
        connection.execute(sql.SQL(_SQL[statement]).format(**names))
