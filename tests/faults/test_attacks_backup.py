"""An old backup put in the place of the database: noticed, refused, and gone on from openly."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from support.attacked import KEK
from support.attacks import attacker
from support.own_cluster import copy_of, own_cluster, put_back
from support.store import adding, keys_of, ticket, waiting_log

from domain.errors import Forked, Integrity
from infra.continuation import continue_ledger
from infra.fsck.findings import Kind
from infra.fsck.run import Report, fsck
from infra.fsck.signed import Signed, kept_elsewhere
from infra.headfile import NAME
from infra.logkeys import LogKeys
from infra.postgres import Cluster, Role
from infra.settings import read_settings
from infra.tilefiles import TileReader, log_directory
from projections.integrate import connect
from projections.integrator import Integrator, Log

SURVIVES = 3
LOST = 2


def append(cluster: Cluster, data: Path, count: int) -> None:
    with waiting_log(cluster.dsn(Role.APP), data) as log:
        for _ in range(count):
            log.append_wait(adding(ticket(), 0))


def sign(cluster: Cluster, data: Path) -> None:
    integrator = Integrator(Log(data, LogKeys(data), "log.example.net"))
    with connect(cluster.dsn(Role.FOLLOWER)) as connection:
        while integrator.integrate(connection):
            pass
    integrator.publish()


def checked(cluster: Cluster, data: Path, *kept: Signed) -> Report:
    app = SecretStr(cluster.dsn(Role.APP))
    settings = read_settings(data=data, kek=SecretStr(KEK), database_url=app)
    return fsck(settings, kept=kept, processes=1)


def kinds(report: Report) -> set[tuple[int, Kind]]:
    return {(one.position, one.kind) for one in report.findings}


def test_an_old_backup_is_noticed_refused_and_gone_on_from_openly(
    tmp_path: Path, state: Path
) -> None:
    copy, data = tmp_path / "copy", tmp_path
    with own_cluster(tmp_path, state) as cluster:
        append(cluster, data, SURVIVES)
        sign(cluster, data)
        cluster.stop()
        copy_of(cluster, copy)
        cluster.start()
        append(cluster, data, LOST)
        sign(cluster, data)
        note = TileReader(log_directory(data) / "1").checkpoint() or b""
        settings = read_settings(data=data, kek=SecretStr(KEK))
        kept = kept_elsewhere(note, "kept", settings)
        assert kinds(checked(cluster, data, kept)) == set()

        cluster.stop()
        put_back(copy, cluster)
        cluster.start()
        with pytest.raises(Forked, match="ledger continue"):
            append(cluster, data, 1)
        with pytest.raises((Forked, Integrity)):
            sign(cluster, data)
        missing = {(SURVIVES + 1, Kind.TRUNCATED)}
        assert kinds(checked(cluster, data)) == missing
        remembered = (data / NAME).read_bytes()
        (data / NAME).unlink()
        assert kinds(checked(cluster, data)) == missing  # the log alone misses them
        (data / NAME).write_bytes(remembered)

        keys = keys_of(data)
        assert continue_ledger(cluster.dsn(Role.OWNER), data, keys).epoch == 2
        keys.close()
        append(cluster, data, LOST + 1)
        sign(cluster, data)
        good = checked(cluster, data)
        assert kinds(good) == set()
        assert [(one.epoch, one.head.size) for one in good.signed] == [(1, 5), (2, 7)]
        assert kinds(checked(cluster, data, kept)) == missing  # the loss stays provable

        with attacker(cluster.dsn(Role.OWNER)) as somebody:
            envelopes = somebody.envelopes()
            envelopes[1]["data"]["tag"] = "b"
            somebody.rewrite(envelopes)
        both = checked(cluster, data)
        assert [(one.position, one.kind) for one in both.findings] == 2 * [(2, Kind.TREE)]
