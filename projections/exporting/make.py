"""Making a bag from beginning to end: wait for the log, collect, have it recorded and signed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from domain.errors import NotYetIntegrated
from infra.bundle.writer import writing
from infra.logkeys import LogKeys
from infra.reader import Reader
from infra.sealing import Sealer
from projections.exporting.collect import Collecting, Sources, info_of
from projections.exporting.wanted import Wanted
from projections.log import Published, PublishedLog

PATIENCE: Final = 20.0
"""Seconds that a checkpoint may take to cover what was recorded; it takes about one."""

_PAUSE: Final = 0.1

Sign = Callable[[bytes], Awaitable[bytes]]
"""Has a bag's digest recorded and signed; returns the note (`domain.exportnote`)."""


async def covered(data: Path, position: int) -> Published:
    """Return the published log when it covers a position; raise NotYetIntegrated if it never does.

    What is recorded is covered about a second later.
    """
    log, ends = PublishedLog(data), time.monotonic() + PATIENCE
    while True:
        try:
            published = log.latest()
            if published.head.size >= position:
                return published
        except NotYetIntegrated:
            pass
        if time.monotonic() > ends:
            raise NotYetIntegrated(f"no checkpoint covers position {position}")
        await asyncio.sleep(_PAUSE)


async def make_bag(
    out: Path,
    wanted: Wanted,
    reader: Reader,
    sealer: Sealer,
    data: Path,
    keys: LogKeys,
    sign: Sign,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Write the bag to `out`, where it appears whole or not at all; return how many events it has.

    Raises NotFound, NotYetIntegrated, Integrity, Unavailable.
    """
    published = await covered(data, wanted.position)
    sources = Sources(reader, sealer, data, keys, published)
    with writing(out, wanted.name) as bag:
        collecting = Collecting(sources, wanted, bag, progress)
        await collecting.fill()
        bag.sign(await sign(bag.seal(info_of(wanted))))
    return collecting.events
