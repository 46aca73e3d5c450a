"""The reference of the append bars: pgbench's single-row INSERT, prepared, 32 clients."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.scratch import Scratch
from infra.sqlfiles import load_sql

CLIENTS: Final = 32
_SQL: Final = load_sql(__file__, "append.sql")
_SCRIPT: Final = Path(__file__).with_name("insert.sql")
_RATE: Final = re.compile(r"^tps = ([\d.]+) \(without", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Pgbench:
    """Inserts rows like the ledger's last event into a table like the event table."""

    scratch: Scratch
    envelope: str
    leaf: str
    actor: str

    @classmethod
    def prepare(cls, scratch: Scratch, rows: int) -> "Pgbench":
        """Make and fill the table; the ledger must have an event to copy."""
        with scratch.superuser() as connection:
            connection.execute(_SQL["make_reference"])
            connection.execute(_SQL["fill_reference"], {"rows": rows})
            connection.execute(_SQL["settle"])
            connection.execute(_SQL["settle_events"])
            row = connection.execute(_SQL["sample"]).fetchone()
        assert row is not None, "the ledger is empty"
        return cls(scratch, *row)

    def rate(self, seconds: int) -> float:
        """Return rows a second."""
        command = [
            str(self.scratch.cluster.programs / "pgbench"),
            *("-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(seconds)),
            *("-D", f"envelope=\\x{self.envelope}", "-D", f"leaf=\\x{self.leaf}"),
            *("-D", f"actor={self.actor}", "-f", str(_SCRIPT)),
        ]
        done = subprocess.run(
            command,
            env=self.scratch.variables(self.scratch.database, "PG", "DATABASE"),
            capture_output=True,
            text=True,
            check=True,
            timeout=seconds + 60,
        )
        found = _RATE.search(done.stdout)
        assert found, done.stdout
        return float(found[1])
