"""A proof of inclusion out of the tiles, checked before it is handed out, as the API does it."""

import random
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

from bench.harness import Bar, Result, Scale, quantile
from domain.checkpoint import TreeHead
from domain.tiles import WIDTH, Edge
from infra.logkeys import LogKeys
from infra.tilefiles import TileWriter, log_directory
from projections.log import PublishedLog

BAR: Final = Bar(
    "proof", "s", 0.001, 0.0001, "p99 of an inclusion proof at 1,000,000 leaves", at_most=True
)
_ORIGIN: Final = "bench/1"
_AT_ONCE: Final = 20_000


def leaf(index: int) -> bytes:
    """Return a made-up leaf hash."""
    return sha256(index.to_bytes(8, "big")).digest()


def publish(data: Path, size: int) -> None:
    """Write and sign a tree of made-up leaves."""
    writer, edge, keys = TileWriter(log_directory(data) / "1"), Edge(), LogKeys(data)
    for begin in range(0, size, _AT_ONCE):
        leaves = b"".join(leaf(index) for index in range(begin, min(size, begin + _AT_ONCE)))
        for tile, content in edge.add(leaves):
            writer.write(tile, content)
    for tile, content in edge.partial():
        writer.write(tile, content)
    keys.create()
    head = TreeHead(_ORIGIN, size, edge.root())
    writer.publish(keys.signer(_ORIGIN).sign(head.text()).encode())


def run(scale: Scale) -> Iterator[Result]:
    """Prove leaves drawn at random, the checkpoint read anew each time."""
    size, proofs = scale.pick(1_000_000, 2_000), scale.pick(5_000, 100)
    p99: list[float] = []
    middle: list[float] = []
    first: list[float] = []  # on the processor, a leaf of a tile that was not read before
    again: list[float] = []
    with tempfile.TemporaryDirectory(prefix="ledger-bench-") as place:
        publish(Path(place), size)
        log, chance, seen = PublishedLog(Path(place)), random.Random(1), set[int]()
        for _ in range(scale.rounds):
            seconds = []
            for index in (chance.randrange(size) for _ in range(proofs)):
                wanted = leaf(index)
                begun, worked = time.perf_counter(), time.thread_time()
                log.latest().inclusion(wanted, index)
                seconds.append(time.perf_counter() - begun)
                spent = again if index // WIDTH in seen else first
                spent.append(time.thread_time() - worked)
                seen.add(index // WIDTH)
            p99.append(quantile(seconds, 0.99))
            middle.append(quantile(seconds, 0.5))
    note = (
        f"{size:,} leaves; median {quantile(middle, 0.5) * 1e6:.0f} us; on the processor "
        f"{_median_and_p99(first)} in a tile read for the first time, "
        f"{_median_and_p99(again)} otherwise (median, p99)"
    )
    yield Result(BAR, tuple(p99), (note,))


def _median_and_p99(seconds: list[float]) -> str:
    return f"{quantile(seconds, 0.5) * 1e6:.0f} and {quantile(seconds, 0.99) * 1e6:.0f} us"
