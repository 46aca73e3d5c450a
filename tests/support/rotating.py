"""Rotations that are killed at the steps they are told, one process after the other.

`python -m support.rotating`, with JSON on standard input: the ledger's settings as variables, and
`kills`, the numbers of steps at which a rotation dies. A step lies before and after each call of
the key store and each fsync. After the last of them one runs to the end. Prints the exit statuses.
"""

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from support.apart import run_apart
from support.dying import die_at, end_of

from infra.keys import rotation
from infra.keys.opening import open_keks, open_store
from infra.settings import read_settings

BATCH = 20


class Steps:
    """Counts, and dies at the number it was told."""

    def __init__(self, kill: int | None) -> None:
        self._step = die_at(kill)

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any) -> Any:
            self._step(call)
            answer = call(*arguments)
            self._step(call)
            return answer

        return counted


class Counted:
    """A key store whose calls are steps."""

    def __init__(self, store: Any, steps: Steps) -> None:
        self._store, self._steps = store, steps

    def __getattr__(self, name: str) -> Any:
        return self._steps.around(getattr(self._store, name))


def rotate(kill: int | None) -> None:
    """Rotate to the end, or die at the step `kill`."""
    settings, steps = read_settings(), Steps(kill)
    keks, store = open_keks(settings), open_store(settings)
    os.fsync = steps.around(os.fsync)
    rotation._BATCH = BATCH  # noqa: SLF001 - several batches of few keys
    rotation.rotate_kek(keks, Counted(store, steps), datetime.now(UTC), destroy_old=True)


def main() -> None:
    """Run what standard input asks for."""
    asked = json.load(sys.stdin)
    os.environ.update(asked["variables"])
    print(json.dumps([end_of(partial(rotate, kill)) for kill in (*asked["kills"], None)]))


def rotated(variables: dict[str, str], kills: list[int]) -> list[int]:
    """Do this in a process of its own, so that it may fork; return the exit statuses."""
    statuses: list[int]
    (statuses,) = run_apart("rotating", {"variables": variables, "kills": kills})
    assert statuses[-1] == 0
    return statuses


if __name__ == "__main__":
    main()
