"""Erasers are killed at every step: what was recorded is carried out all the same, once."""

import random
import signal
from pathlib import Path

import psycopg
from support.attacked import message
from support.databases import Database
from support.erasing import carry_out, count, erasing, erasing_message
from support.erasing_killed import run_killed
from support.store import fresh_seed, registering, ticket, waiting_log

from domain.values import Purpose
from infra.erasurelist import ErasureList
from infra.ids import new_id

PERSONS = 12
MESSAGES = 6
KILLS = 30


def test_killed_anywhere_every_erasure_is_carried_out_once(
    database: Database, keys_dir: Path
) -> None:
    seed = fresh_seed()
    chance = random.Random(seed)
    persons = [new_id() for _ in range(PERSONS)]
    with waiting_log(database.dsn_app, keys_dir) as log:
        registration = registering("C-1")
        log.append_wait(registration)
        contract = registration.writes[0].stream
        for person in persons:
            log.append_wait(message(ticket(), 0, "C-1", person))
        for version, person in enumerate(persons, 1):
            purposes = (Purpose.CORRESPONDENCE, Purpose.IDENTITY)
            log.append_wait(erasing(contract, version, person, "C-1", *purposes))
        for _ in range(MESSAGES):
            stream = ticket()
            said = log.append_wait(message(stream, 0, "C-1")).event_ids[0]
            log.append_wait(erasing_message(stream, 1, said, "C-1"))
        kept = log.append_wait(message(ticket(), 0, "C-1")).event_ids[0]
    asked = {
        "app": database.dsn_app,
        "eraser": database.dsn_eraser,
        "data": str(keys_dir),
        # one after the other of the steps of one erasure, each many times; some go further
        "kills": [chance.choice([1, 2, 3, 4, 5, chance.randint(6, 12)]) for _ in range(KILLS)],
    }
    ended = run_killed(asked)
    assert all(one["found"] == 0 for one in ended), ended
    assert all(one["status"] in {0, signal.SIGKILL} for one in ended), ended
    assert sum(one["status"] == signal.SIGKILL for one in ended) > len(ended) // 3
    assert (ended[-1]["status"], ended[-1]["living"]) == (0, 0)
    done = "SELECT count(*) FROM ledger.events WHERE type = 'KeysDestroyed'"
    assert count(database, done) == PERSONS + MESSAGES
    assert len(ErasureList(keys_dir).entries()) == PERSONS + MESSAGES
    waiting = "SELECT count(*) FROM ledger.erased_subjects WHERE key IS NULL"
    assert count(database, waiting) == 0
    assert carry_out(database, keys_dir) == []
    with psycopg.connect(database.dsn_app) as connection:
        left = connection.execute("SELECT event_id FROM ledger.sealed_fields").fetchall()
    assert len(left) == PERSONS + 1, "a person's ciphertexts stay, without a key"
    assert (kept,) in left
