"""Logs to be stamped, and stampers that are killed at the steps they are told.

`python -m support.stamping`, with JSON on standard input: `authorities` (name, url, certificates)
and `runs`, each with `data` and `kills`, the numbers of steps after which a stamper dies; before
each of them a larger checkpoint is published. After the last one, one runs to the end.
"""

import json
import subprocess
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from support.apart import run_apart
from support.dying import die_at, end_of
from support.log import NAME, defined_root, leaves_of

from domain.checkpoint import TreeHead
from infra import logs
from infra.logkeys import LogKeys
from infra.tilefiles import TileWriter, log_directory
from infra.timestamps import Authority
from projections.stamping import Pace, Stamper

OFTEN = Pace(0.0)
"""A pace at which every larger checkpoint is stamped."""


def publish(data: Path, size: int, epoch: int = 1, more: str = "") -> bytes:
    """Publish a checkpoint over made-up leaves; return its note, without `more` lines."""
    keys = LogKeys(data)
    if not keys.exists():
        keys.create()
    origin = f"{NAME}/{epoch}"
    head = TreeHead(origin, size, defined_root(leaves_of(size)))
    note = keys.signer(origin).sign(head.text())
    TileWriter(log_directory(data) / str(epoch)).publish((note + more).encode())
    return note.encode()


def verified_by_openssl(directory: Path, name: str, suffix: str, trusted: Path) -> bool:
    """Say whether openssl believes that NAME.tsr stamps NAME and suffix."""
    command = ["openssl", "ts", "-verify", "-CAfile", str(trusted)]
    command += ["-data", f"{name}{suffix}", "-in", f"{name}.tsr"]
    done = subprocess.run(command, cwd=directory, capture_output=True, check=False, timeout=30)
    return done.returncode == 0 and b"Verification: OK" in done.stdout


def stamp(data: Path, authorities: list[Authority], kill: int | None) -> None:
    """Stamp and renew what is due; die at the step `kill`."""
    Stamper(data, authorities, Pace(0.0, timedelta(days=90)), die_at(kill)).turn()


def main() -> None:
    """Run what standard input asks for; print how each process ended, a JSON list a run."""
    logs.configure("error")  # standard output is for what is asked
    asked = json.load(sys.stdin)
    authorities = [
        Authority(one["name"], one["url"], Path(one["certificates"]))
        for one in asked["authorities"]
    ]
    for run in asked["runs"]:
        data, ended = Path(run["data"]), []
        for number, kill in enumerate((*run["kills"], None), 1):
            publish(data, number * 3)
            ended.append(end_of(partial(stamp, data, authorities, kill)))
        print(json.dumps(ended), flush=True)


def run_all(authorities: list[dict[str, str]], runs: list[dict[str, Any]]) -> list[list[int]]:
    """Do these runs in a process of its own, so that it may fork."""
    return run_apart("stamping", {"authorities": authorities, "runs": runs})


if __name__ == "__main__":
    main()
