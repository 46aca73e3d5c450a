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

    The app appends, followers write projections, the eraser destroys, consumers keep what they
    did, the owner migrates; the superuser is for start and repair alone.
    """

    SUPERUSER = "postgres"
    OWNER = "ledger_owner"
    APP = "ledger_app"
    FOLLOWER = "ledger_follower"
    ERASER = "ledger_eraser"
    CONSUMER = "ledger_consumer"


ENTERING: Final = (Role.APP, Role.FOLLOWER, Role.ERASER, Role.CONSUMER)
"""Who may connect to the database beside its owner."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What belongs to one cluster for its life: a name of its own and a password per role."""

    id: str
    passwords: dict[str, str]


def credentials(held: Held) -> Credentials:
    """Return the data directory's credentials, made and kept (mode 0600) at the first call.

    A role that a later version brought gets its password when it is missed.
    """
    path = held.path / CREDENTIALS
    try:
        kept = Credentials(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        kept = Credentials(secrets.token_hex(8), {})
    except (ValueError, TypeError):
        raise Unavailable(f"{path} is not what was written there: restore it") from None
    missing = {role.value: secrets.token_urlsafe(24) for role in Role if role not in kept.passwords}
    if missing:
        kept.passwords.update(missing)
        write_private(path, json.dumps({"id": kept.id, "passwords": kept.passwords}).encode())
    return kept


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
        else:
            _open_database(connection, DATABASE)


def create_database(connection: psycopg.Connection, name: str, template: str = "template0") -> None:
    """Create a database that belongs to the owner role and that only the ledger's roles enter."""
    names = {
        "database": sql.Identifier(name),
        "template": sql.Identifier(template),
        "owner": sql.Identifier(Role.OWNER),
    }
    for statement in ("create_database", "close_database"):
        connection.execute(sql.SQL(_SQL[statement]).format(**names))
    _open_database(connection, name)


def _open_database(connection: psycopg.Connection, name: str) -> None:
    others = sql.SQL(", ").join(sql.Identifier(role) for role in ENTERING)
    statement = sql.SQL(_SQL["open_database"])
    connection.execute(statement.format(database=sql.Identifier(name), others=others))
