"""Connections to PostgreSQL as consumers have them."""

from typing import Any

import psycopg

Connection = psycopg.Connection[tuple[Any, ...]]


def connect(dsn: str, name: str, options: str = "") -> Connection:
    """Connect in autocommit mode; a server that vanishes without a word is noticed in seconds."""
    return psycopg.connect(
        dsn,
        autocommit=True,
        connect_timeout=3,
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
        tcp_user_timeout=10_000,
        application_name=f"ledger consumer {name}",
        options=options,
    )
