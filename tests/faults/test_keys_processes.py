"""Processes that make keys at once get the same ones, and a killed one loses none it handed out."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.databases import Database

from domain.values import Purpose
from infra.keys import Keys, KeyScope, kek_of_text
from infra.keys.postgres import PostgresKeyStore
from infra.keys.sqlite import SqliteKeyStore
from infra.keys.store import KeyStore

KEK = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
MAKER = """
import sys
from pathlib import Path
from infra.keys import Keys, KeyScope, kek_of_text
from infra.keys.postgres import PostgresKeyStore
from infra.keys.sqlite import SqliteKeyStore
from domain.values import Purpose
kind, where, kek = sys.argv[1:4]
store = SqliteKeyStore(Path(where)) if kind == "sqlite" else PostgresKeyStore(where)
keys = Keys(store, kek_of_text(kek))
print("ready", flush=True)
for line in sys.stdin:
    contract = line.strip()
    key = keys.sealing_key(KeyScope(None, contract, Purpose.ADDRESS, 2026))
    print(contract, key.id, key.secret.hex(), flush=True)
"""


@contextmanager
def maker(kind: str, where: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", MAKER, kind, where, KEK],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(name="place", params=["sqlite", "postgres"])
def _place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    if request.param == "sqlite":
        return "sqlite", str(tmp_path / "keys.sqlite")
    database: Database = request.getfixturevalue("empty_database")
    return "postgres", database.dsn_superuser


def tell(process: subprocess.Popen[str], words: list[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("".join(f"{word}\n" for word in words))
    process.stdin.flush()


def hear(process: subprocess.Popen[str]) -> tuple[str, str, str]:
    assert process.stdout is not None
    contract, key_id, secret = process.stdout.readline().split()
    return contract, key_id, secret


def test_processes_that_race_for_scopes_get_the_same_keys(place: tuple[str, str]) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    contracts = [f"CN-{n}" for n in range(60)]
    with maker(*place) as one, maker(*place) as two, maker(*place) as three:
        for process in (one, two, three):
            tell(process, chance.sample(contracts, len(contracts)))
        answers = [{hear(process) for _ in contracts} for process in (one, two, three)]
    assert answers[0] == answers[1] == answers[2]
    assert {contract for contract, _, _ in answers[0]} == set(contracts)


def test_a_killed_process_loses_no_key_that_it_handed_out(place: tuple[str, str]) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    heard = []
    with maker(*place) as process:
        tell(process, [f"CN-{n}" for n in range(500)])
        heard = [hear(process) for _ in range(random.Random(seed).randrange(1, 200))]
        os.kill(process.pid, signal.SIGKILL)
    kind, where = place
    store: KeyStore = SqliteKeyStore(Path(where)) if kind == "sqlite" else PostgresKeyStore(where)
    keys = Keys(store, kek_of_text(KEK))
    for contract, key_id, secret in heard:
        key = keys.sealing_key(KeyScope(None, contract, Purpose.ADDRESS, 2026))
        assert (str(key.id), key.secret.hex()) == (key_id, secret)
    keys.close()


def test_a_store_opened_twice_loses_no_journal_to_another_process(tmp_path: Path) -> None:
    place = tmp_path / "keys.sqlite"
    first, second = SqliteKeyStore(place), SqliteKeyStore(place)
    keys = Keys(first, kek_of_text(KEK))
    keys.sealing_key(KeyScope(None, "CN-1", Purpose.ADDRESS, 2026))
    code = "import sys; from pathlib import Path; from infra.keys.sqlite import SqliteKeyStore"
    code += "; SqliteKeyStore(Path(sys.argv[1])).close()"
    other = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, "-c", code, str(place)], env=other, check=True, timeout=60)
    key = keys.sealing_key(KeyScope(None, "CN-2", Purpose.ADDRESS, 2026))
    with maker("sqlite", str(place)) as process:
        tell(process, ["CN-2"])
        assert hear(process) == ("CN-2", str(key.id), key.secret.hex())
    second.close()
    keys.close()
