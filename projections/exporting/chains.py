"""The events of several chains, each once, in order of position."""

from collections.abc import AsyncIterator
from heapq import heappop, heappush

from domain.chainhead import Chain
from domain.stream import Stream
from infra.envelope import Envelope, parse
from infra.reader import Reader


async def events_of(
    reader: Reader, chains: tuple[Chain, ...], upto: int
) -> AsyncIterator[tuple[Envelope, bytes]]:
    """Yield (members, envelope) of every event of these chains up to a position."""
    sources = [_events(reader, chain, upto) for chain in chains]
    waiting: list[tuple[int, int, Envelope, bytes]] = []
    for number, source in enumerate(sources):
        await _wait(waiting, number, source)
    last = 0
    while waiting:
        position, number, parts, envelope = heappop(waiting)
        await _wait(waiting, number, sources[number])
        if position != last:
            yield parts, envelope
        last = position


async def _wait(
    waiting: list[tuple[int, int, Envelope, bytes]],
    number: int,
    source: AsyncIterator[tuple[Envelope, bytes]],
) -> None:
    """Let the next event of a chain wait for its turn; (position, number) is never twice there."""
    async for parts, envelope in source:
        heappush(waiting, (parts.position, number, parts, envelope))
        return


async def _events(reader: Reader, chain: Chain, upto: int) -> AsyncIterator[tuple[Envelope, bytes]]:
    found = (
        reader.envelopes(chain, upto=upto)
        if isinstance(chain, Stream)
        else reader.contract_envelopes(chain, upto=upto)
    )
    async for envelope in found:
        yield parse(envelope), envelope
