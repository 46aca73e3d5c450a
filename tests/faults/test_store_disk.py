"""A full disk: appends are unavailable, nothing is half recorded, and it passes."""

import time
from pathlib import Path

import pytest
from support.own_cluster import own_cluster
from support.room import little_room
from support.store import adding, again, positions, rows, ticket, waiting_log

from domain.errors import Unavailable
from domain.log import Request
from infra.postgres import Role
from infra.store import PostgresLog

MANY = 100
BACKEND = "SELECT pid FROM pg_stat_activity WHERE application_name = 'ledger append'"


def append_until_refused(log: PostgresLog) -> tuple[list[Request], Request]:
    accepted = []
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        request = adding(ticket(), 0, *["x"] * MANY)
        try:
            log.append_wait(request)
        except Unavailable:
            return accepted, request
        accepted.append(request)
    raise AssertionError("the disk never filled")


def test_a_full_disk_is_unavailable_records_nothing_by_halves_and_passes(
    tmp_path: Path, state: Path
) -> None:
    with own_cluster(tmp_path, state) as cluster, little_room(cluster, tmp_path) as room:
        dsn = cluster.dsn(Role.APP)
        with waiting_log(dsn, tmp_path, patience=0.5) as log:
            log.append_wait(adding(ticket(), 0))
            backend = rows(dsn, BACKEND)[0][0]
            room.fill(backend)
            accepted, refused = append_until_refused(log)
            with pytest.raises(Unavailable):
                log.append_wait(again(refused))
            room.free(backend)
            if not cluster.alive():
                cluster.start()
            answer = log.append_wait(again(refused))
            for request in accepted:
                assert log.append_wait(again(request)).replayed
        count = 1 + MANY * (len(accepted) + 1)
        assert answer.version == MANY
        assert positions(dsn) == list(range(1, count + 1))
        events = "SELECT count(*) FROM ledger.commands"
        assert rows(dsn, events) == [(len(accepted) + 2,)]
