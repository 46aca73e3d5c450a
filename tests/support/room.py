"""A disk that fills up: a small file system where root may mount one, else a limit on file size."""

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from support.own_cluster import copy_of, own_like

from infra.postgres import Cluster

MEGABYTE = 1 << 20
SPARE = 24
LIMIT = 16 * MEGABYTE  # a WAL segment still fits, a growing table does not


class Room(Protocol):
    """The space that a cluster's files have; `beside` is a directory for more of them."""

    beside: Path

    def fill(self, backend: int) -> None:
        """Leave no room; `backend` is the process whose writes must fail."""

    def free(self, backend: int) -> None:
        """Give the room back."""


@contextmanager
def little_room(cluster: Cluster, place: Path) -> Iterator[Room]:
    """Let a cluster live where the room can be taken from it."""
    if os.geteuid() != 0:
        yield _Limit(place / "beside")
        return
    model = place / "model"
    cluster.stop()
    copy_of(cluster, model)
    used = sum(path.stat().st_size for path in model.rglob("*") if path.is_file())
    size = used // MEGABYTE + SPARE
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}m,mode=700", "tmpfs"]
    subprocess.run([*mount, str(cluster.pgdata)], check=True)
    try:
        shutil.copytree(model, cluster.pgdata, symlinks=True, dirs_exist_ok=True)
        own_like(model, cluster.pgdata)
        cluster.start()
        yield _FileSystem(cluster.pgdata)
    finally:
        cluster.stop()  # a test that failed left it running, on what is taken away
        subprocess.run(["umount", str(cluster.pgdata)], check=True)
        cluster.start()


class _FileSystem:
    def __init__(self, pgdata: Path) -> None:
        self.beside = pgdata / "beside"
        self._filler = pgdata / "filler"

    def fill(self, _: int) -> None:
        with self._filler.open("wb", buffering=0) as file:
            for block in (MEGABYTE, 4096):
                try:
                    while True:
                        file.write(bytes(block))
                except OSError:
                    continue

    def free(self, _: int) -> None:
        self._filler.unlink()


class _Limit:
    def __init__(self, beside: Path) -> None:
        self.beside = beside

    def fill(self, backend: int) -> None:
        resource.prlimit(backend, resource.RLIMIT_FSIZE, (LIMIT, resource.RLIM_INFINITY))

    def free(self, backend: int) -> None:
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        try:
            resource.prlimit(backend, resource.RLIMIT_FSIZE, unlimited)
        except ProcessLookupError:
            return
