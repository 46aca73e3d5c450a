"""A PostgreSQL and a ledger's database for one bench, thrown away after it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from infra.files import hold
from infra.migrate import migrate
from infra.postgres import Cluster, Role
from infra.postgres.roles import create_database
from infra.settings import Settings, read_settings


@dataclass(frozen=True, slots=True)
class Scratch:
    """A running cluster with a migrated database, and a data directory for keys and head file."""

    cluster: Cluster
    database: str
    data: Path

    def dsn(self, role: Role, database: str | None = None, *, tcp: bool = False) -> str:
        """Return the URL of the bench's database, or of another in the same cluster."""
        return self.cluster.dsn(role, database or self.database, tcp=tcp)

    def settings(self, **more: object) -> Settings:
        """Return settings that name this ledger."""
        return read_settings(
            data=self.data,
            database_url=SecretStr(self.dsn(Role.APP)),
            database_owner_url=SecretStr(self.dsn(Role.OWNER)),
            database_follower_url=SecretStr(self.dsn(Role.FOLLOWER)),
            database_eraser_url=SecretStr(self.dsn(Role.ERASER)),
            **more,
        )

    def variables(self, database: str, prefix: str, name: str) -> dict[str, str]:
        """Return this environment and the superuser's connection as `prefix` variables.

        `name` is what the variable with the database's name is called. Secrets stay off command
        lines.
        """
        given = conninfo_to_dict(self.dsn(Role.SUPERUSER, database))
        names = {"dbname": name, "host": "HOST", "port": "PORT"}
        names |= {"user": "USER", "password": "PASSWORD"}
        return {**os.environ, **{f"{prefix}{to}": str(given[key]) for key, to in names.items()}}

    def superuser(self, database: str | None = None) -> psycopg.Connection:
        """Return a connection that may do everything; each statement commits."""
        return psycopg.connect(self.dsn(Role.SUPERUSER, database), autocommit=True)

    def make_database(self, name: str) -> None:
        """Make one more database in the same cluster, for a reference."""
        with self.superuser("postgres") as connection:
            create_database(connection, name)


@contextmanager
def scratch(name: str = "bench") -> Iterator[Scratch]:
    """Start a cluster, make and migrate a database, throw everything away after the block."""
    place = Path(tempfile.mkdtemp(prefix="ledger-bench-"))
    place.chmod(0o755)
    try:
        with hold(place / "data") as held:
            cluster = Cluster(held, read_settings(data=held.path, state=place / "state"))
            cluster.start()
            try:
                made = Scratch(cluster, name, held.path)
                made.make_database(name)
                migrate(made.dsn(Role.OWNER))
                yield made
            finally:
                cluster.stop()
    finally:
        shutil.rmtree(place)
