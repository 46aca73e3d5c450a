"""A PostgreSQL of a test's own: one that may be killed, frozen, restored and filled."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from infra.files import hold
from infra.migrate import migrate
from infra.postgres import Cluster, Role
from infra.settings import read_settings


@contextmanager
def own_cluster(place: Path, state: Path) -> Iterator[Cluster]:
    """A migrated cluster under `place`, with root's part of it under `state`."""
    with hold(place / "cluster") as held:
        cluster = Cluster(held, read_settings(data=place / "cluster", state=state))
        cluster.start()
        migrate(cluster.dsn(Role.OWNER))
        try:
            yield cluster
        finally:
            cluster.stop()


def kill(cluster: Cluster) -> None:
    """Kill every process of the cluster at once (SIGKILL), as a power failure would."""
    postmaster = psutil.Process(cluster.pid)
    doomed = [postmaster, *postmaster.children(recursive=True)]
    for process in doomed:
        with suppress(psutil.NoSuchProcess):
            os.kill(process.pid, signal.SIGKILL)
    psutil.wait_procs(doomed, timeout=10)


def copy_of(cluster: Cluster, to: Path) -> None:
    """Copy the stopped cluster's files, as a cold backup does."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(cluster.pgdata, to, symlinks=True)
    own_like(cluster.pgdata, to)


def put_back(copy: Path, cluster: Cluster) -> None:
    """Replace the stopped cluster's files by an older copy of them."""
    owner = cluster.pgdata.stat()
    shutil.rmtree(cluster.pgdata)
    shutil.copytree(copy, cluster.pgdata, symlinks=True)
    for path in (cluster.pgdata, *cluster.pgdata.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
    cluster.pgdata.chmod(owner.st_mode & 0o777)


def own_like(model: Path, tree: Path) -> None:
    """Give a tree the owner and mode of another."""
    owner = model.stat()
    for path in (tree, *tree.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
    tree.chmod(owner.st_mode & 0o777)
