"""The log for tests: trees by the definition, integrators, what their files say."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg

from infra.logkeys import LogKeys
from projections.integrate import connect
from projections.integrator import Integrator, Log

NAME = "log.example.net"


def leaves_of(size: int) -> list[bytes]:
    """Return made-up leaf hashes."""
    return [sha256(b"\x00" + index.to_bytes(4, "big")).digest() for index in range(size)]


def defined_root(leaves: list[bytes]) -> bytes:
    """Return MTH(D[n]) from leaf hashes as RFC 6962, section 2.1, defines it."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + defined_root(leaves[:k]) + defined_root(leaves[k:])).digest()


def stored_leaves(dsn: str) -> list[bytes]:
    """Return the leaf hashes of what is stored, computed from the envelopes."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("SELECT envelope FROM ledger.events ORDER BY position")
        return [sha256(b"\x00" + row[0]).digest() for row in rows]


def integrated(
    database: Any, data: Path, *, batch: int = 10_000, upto: int | None = None
) -> Integrator:
    """Integrate what is there (or, by batches, about `upto` events) and publish it."""
    integrator = Integrator(Log(data, LogKeys(data), NAME), batch)
    with connect(database.dsn_follower) as connection:
        while integrator.integrate(connection):
            assert integrator.tree is not None
            if upto is not None and integrator.tree.edge.size >= upto:
                break
    if integrator.due:
        integrator.publish()
    return integrator


def tree_files(directory: Path) -> dict[str, bytes]:
    """Return every tile under a directory: path -> bytes."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in (directory / "tile").rglob("*")
        if path.is_file()
    }
