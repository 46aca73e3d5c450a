"""Erasers that are killed at the steps they are told, one process after the other.

`python -m support.erasing_killed`, with JSON on standard input: `app`, `eraser` (URLs), `data` and
`kills`, the numbers of steps after which an eraser dies. After the last of them one works to the
end. Prints a JSON line after each: how it ended, what fsck finds, how many keys still live that
the list names.
"""

import asyncio
import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from pydantic import SecretStr
from support.apart import run_apart
from support.attacked import KEK
from support.dying import die_at, end_of
from support.store import keys_of

from infra.erasure import Eraser
from infra.erasurelist import ErasureList
from infra.fsck.run import fsck
from infra.secrets import Secrets
from infra.settings import read_settings
from infra.store import open_log


def erase(asked: dict[str, Any], kill: int | None) -> None:
    """Carry out what waits; die after so many steps."""
    data = Path(asked["data"])

    async def work() -> None:
        async with open_log(asked["app"], data, keys) as log:
            for recorded in eraser.open_after(0):
                await eraser.carry_out(recorded, log, Secrets(keys))

    keys = keys_of(data)
    with psycopg.connect(asked["eraser"], autocommit=True) as connection:
        eraser = Eraser(connection, keys, ErasureList(data), die_at(kill))
        asyncio.run(work())


def findings(asked: dict[str, Any]) -> int:
    """Return how much verification finds wrong."""
    settings = read_settings(
        data=Path(asked["data"]), database_url=SecretStr(asked["app"]), kek=SecretStr(KEK)
    )
    return len(fsck(settings, processes=1).findings)


def living(asked: dict[str, Any]) -> int:
    """Return how many keys of the list still live."""
    data = Path(asked["data"])
    keys = keys_of(data)
    listed = {one for entry in ErasureList(data).entries() for one in entry.key_ids}
    found = len(keys.living(listed))
    keys.close()
    return found


def main() -> None:
    """Run what standard input asks for."""
    asked = json.load(sys.stdin)
    for kill in (*asked["kills"], None):
        status = end_of(partial(erase, asked, kill))
        found = {"status": status, "found": findings(asked), "living": living(asked)}
        print(json.dumps(found), flush=True)


def run_killed(asked: dict[str, Any]) -> list[dict[str, int]]:
    """Do this in a process of its own, so that it may fork."""
    return run_apart("erasing_killed", asked)


if __name__ == "__main__":
    main()
