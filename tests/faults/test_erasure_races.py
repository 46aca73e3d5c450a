"""Erasing against appending: what was recorded before is gone, what comes after can be read."""

import random
import threading
from pathlib import Path

from pydantic import SecretStr
from support.attacked import KEK, message
from support.databases import Database
from support.erasing import carry_out, erasing
from support.store import keys_of, registering, rows, seeds, ticket, waiting_log

from domain.errors import Refused
from domain.values import Purpose
from infra.fsck.run import fsck
from infra.ids import new_id
from infra.keys import KeyScope

ROUNDS = 4
WRITERS = 3


@seeds(3)
def test_nothing_is_recorded_with_what_an_erasure_destroys(
    database: Database, keys_dir: Path, seed: int
) -> None:
    chance = random.Random(seed)
    ann = new_id()
    refused, stop = [], threading.Event()

    def write() -> None:
        with waiting_log(database.dsn_app, keys_dir) as own:
            while not stop.is_set():
                try:
                    own.append_wait(message(ticket(), 0, "C-1", ann))
                except Refused as error:
                    refused.append(error.rule)
                stop.wait(0.002)

    with waiting_log(database.dsn_app, keys_dir) as log:
        registration = registering("C-1")
        log.append_wait(registration)
        contract, positions = registration.writes[0].stream, []
        threads = [threading.Thread(target=write) for _ in range(WRITERS)]
        for thread in threads:
            thread.start()
        for number in range(ROUNDS):
            stop.wait(chance.random() * 0.3)
            erased = log.append_wait(erasing(contract, 2 * number + 1, ann, "C-1"))
            positions.append(erased.position)
            stop.wait(chance.random() * 0.2)
            carry_out(database, keys_dir)
        stop.wait(0.3)
        stop.set()
        for thread in threads:
            thread.join()
    settings = database.settings(keys_dir, kek=SecretStr(KEK))
    assert fsck(settings, processes=1).findings == []
    assert set(refused) == {"subject-erased"}
    posted = rows(
        database.dsn_app,
        "SELECT e.position, s.key_id FROM ledger.events AS e"
        " JOIN ledger.sealed_fields AS s ON s.event_id = e.event_id",
    )
    keys = keys_of(keys_dir)
    living = keys.ids_of(KeyScope(ann, "C-1", Purpose.CORRESPONDENCE))
    keys.close()
    before = {key for position, key in posted if position < positions[-1]}
    after = {key for position, key in posted if position > positions[-1]}
    assert before
    assert after == living
    assert not before & living
