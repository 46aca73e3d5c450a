"""Databases for tests: one cluster, a migrated template, a copy of it for each test."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql
from pydantic import SecretStr

from infra.migrate import migrate
from infra.postgres import Cluster, Role
from infra.postgres.roles import create_database
from infra.settings import Settings, read_settings

TEMPLATE: Final = "ledger_template"
READ_WAIT: Final = 15
"""Seconds that a read waits for followers on a busy machine."""
_NUMBERS: Final = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Database:
    """A migrated, empty database of its own, with the URL of every role."""

    name: str
    cluster: Cluster

    @property
    def dsn_app(self) -> str:
        return self.cluster.dsn(Role.APP, self.name)

    @property
    def dsn_owner(self) -> str:
        return self.cluster.dsn(Role.OWNER, self.name)

    @property
    def dsn_follower(self) -> str:
        return self.cluster.dsn(Role.FOLLOWER, self.name)

    @property
    def dsn_eraser(self) -> str:
        return self.cluster.dsn(Role.ERASER, self.name)

    @property
    def dsn_consumer(self) -> str:
        return self.cluster.dsn(Role.CONSUMER, self.name)

    @property
    def dsn_superuser(self) -> str:
        return self.cluster.dsn(Role.SUPERUSER, self.name)

    def settings(self, data: Path, **more: object) -> Settings:
        """Return settings for this database and the data directory `data`."""
        return read_settings(
            data=data,
            database_url=SecretStr(self.dsn_app),
            database_owner_url=SecretStr(self.dsn_owner),
            database_follower_url=SecretStr(self.dsn_follower),
            database_eraser_url=SecretStr(self.dsn_eraser),
            database_consumer_url=SecretStr(self.dsn_consumer),
            **{"read_wait_seconds": READ_WAIT} | more,
        )


@contextmanager
def fresh(cluster: Cluster, template: str = TEMPLATE) -> Iterator[Database]:
    """Make a database from the template, and drop it after the block, whoever is connected."""
    name = f"test_{os.getpid()}_{next(_NUMBERS)}"
    with psycopg.connect(cluster.dsn(Role.SUPERUSER, "postgres"), autocommit=True) as connection:
        create_database(connection, name, template)
    yield Database(name, cluster)
    drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(cluster.dsn(Role.SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute(drop)


def make_template(cluster: Cluster) -> None:
    """Make the migrated database that tests copy."""
    with psycopg.connect(cluster.dsn(Role.SUPERUSER, "postgres"), autocommit=True) as connection:
        create_database(connection, TEMPLATE)
    migrate(cluster.dsn(Role.OWNER, TEMPLATE))
