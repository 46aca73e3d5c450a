"""Keeping the bytes of files, sealed in chunks."""

import asyncio

from api.services import Services
from domain.stream import Stream
from domain.ticket.commands import AddAttachment
from domain.values import Purpose
from infra.keys import KeyScope
from infra.sealing import CHUNK_BYTES, ChunkPlace


async def store_file(
    services: Services, ticket: Stream, contract: str | None, command: AddAttachment, data: bytes
) -> None:
    """Keep the bytes before the event says that they are there; what is refused stays unread."""
    codec, reader = services.log.codec, services.log.reader
    scope = KeyScope(command.name.subject, contract, Purpose.CORRESPONDENCE)
    sealing = (await codec.keys.sealing_keys_soon((scope,)))[scope]
    count = max(1, -(-len(data) // CHUNK_BYTES))
    for index in range(count):
        place = ChunkPlace(ticket, command.attachment, index, last=index == count - 1)
        piece = data[index * CHUNK_BYTES : (index + 1) * CHUNK_BYTES]
        chunk = await asyncio.to_thread(codec.sealer.seal_chunk, place, piece, sealing)
        await reader.store_chunk(command.attachment, index, chunk)
