"""A process that makes keys without end and remembers none, so that it reads each one it uses.

`python -m support.keymaking NAME`, with the ledger's settings as variables. Prints a line for each
key: its contract, its id, its secret. Whatever goes wrong ends it.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from domain.values import Purpose
from infra.keys import Keys, KeyScope
from infra.keys.opening import open_keks, open_store
from infra.settings import Settings, read_settings

ROOT = Path(__file__).parents[2]
EARLIER = 7
PAUSE = 0.005


def forgetful(settings: Settings) -> Keys:
    """Return keys whose clock runs so fast that nothing is remembered."""
    clock = count(0.0, 1000.0).__next__
    return Keys(open_store(settings), open_keks(settings), clock)


def scope_of(name: str, number: int) -> KeyScope:
    return KeyScope(None, f"{name}-{number}", Purpose.ADDRESS, 2026)


def main() -> None:
    """Make a key, read an earlier one, and so on."""
    keys, name = forgetful(read_settings()), sys.argv[1]
    for number in count():
        made = keys.sealing_key(scope_of(name, number))
        earlier = keys.sealing_key(scope_of(name, max(0, number - EARLIER)))
        assert keys.by_id(earlier.id) is not None
        print(f"{name}-{number}", made.id, made.secret.hex(), flush=True)
        time.sleep(PAUSE)


@contextmanager
def making_keys(settings: Settings, name: str, said: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run such a process during the block; what it says stands in the file `said`."""
    given = {"LEDGER_DATA": str(settings.data), "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    if settings.keys_url is not None:
        given["LEDGER_KEYS_URL"] = settings.keys_url.get_secret_value()
    if settings.kek is not None:
        given["LEDGER_KEK"] = settings.kek.get_secret_value()
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "support.keymaking", name],
            env=os.environ | given,
            stdout=output,
            stderr=subprocess.PIPE,
        )
    try:
        yield process
        assert process.poll() is None, process.communicate()[1].decode()
    finally:
        process.kill()
        process.communicate()


def lines_of(said: Path) -> list[tuple[str, str, str]]:
    """Return the whole lines: contract, key id, secret."""
    text = said.read_text("ascii")
    whole = text[: text.rfind("\n") + 1].splitlines()
    return [(contract, key, secret) for contract, key, secret in map(str.split, whole)]


if __name__ == "__main__":
    main()
