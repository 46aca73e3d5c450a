"""Integrators that are killed at the steps they are told, one process after the other.

`python -m support.integrating`, with JSON on standard input: `dsn` and `runs`, each with `data`,
`batch` and `kills`, the numbers of steps after which an integrator dies. After the last of them
one runs to the end. Every note that was signed is kept in DATA/signed, published or not. Prints a
JSON list for each run: (last signed size, published size, steps) after each process.
"""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

from support.apart import run_apart
from support.dying import die_at, end_of
from support.log import NAME

from infra.logkeys import LogKeys
from infra.notes import Signer
from infra.tilefiles import TileReader, head_of
from projections.integrate import connect
from projections.integrator import Integrator, Log


class Witnessed(LogKeys):
    """Keys whose every signature is kept before anybody can use it."""

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self._kept = data / "signed"

    def signer(self, origin: str) -> Signer:
        signer, kept = super().signer(origin), self._kept

        class Kept(Signer):
            def sign(self, text: str) -> str:
                note = signer.sign(text)
                with kept.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(note) + "\n")
                return note

        return Kept(origin, signer._private)  # noqa: SLF001 - the same key, watched


def integrate(dsn: str, data: Path, batch: int, kill: int | None) -> None:
    """Integrate to the end, a checkpoint after each batch; die at the step `kill`."""
    integrator = Integrator(Log(data, Witnessed(data), NAME, die_at(kill)), batch)
    with connect(dsn) as connection:
        more = True
        while more:
            more = integrator.integrate(connection)
            if integrator.due:
                integrator.publish()


def sizes(data: Path) -> tuple[int, int]:
    """Return the sizes of the last signed note and of the published one."""
    reader = TileReader(data / "log" / "1")
    signed, published = (
        0 if note is None else head_of(note).size
        for note in (reader.last_signed(), reader.checkpoint())
    )
    return signed, published


def main() -> None:
    """Run what standard input asks for."""
    asked = json.load(sys.stdin)
    for run in asked["runs"]:
        data, seen = Path(run["data"]), []
        for kill in (*run["kills"], None):
            status = end_of(partial(integrate, asked["dsn"], data, run["batch"], kill))
            seen.append([*sizes(data), status])
        print(json.dumps(seen), flush=True)


def run_all(dsn: str, runs: list[dict[str, Any]]) -> list[list[list[int]]]:
    """Do these runs in a process of its own, so that it may fork."""
    return run_apart("integrating", {"dsn": dsn, "runs": runs})


if __name__ == "__main__":
    main()
