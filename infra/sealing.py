"""Sealing: personal data encrypted beside the event, and committed to inside it.

A sealed field's plaintext is salt (32 random bytes) || UTF-8 text, encrypted with AES-256-GCM;
the additional data binds it to its place, so that a ciphertext opens nowhere else. The envelope
holds HMAC-SHA256(salt, ...text), which is checked at every opening: AES-GCM alone would allow two
keys to open one ciphertext to two texts.
"""

import hmac
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from msgspec import Struct

from domain.errors import Integrity, Malformed
from domain.stream import Stream
from domain.values import Sealed
from infra.entropy import entropy
from infra.keys import Keys, SealingKey
from infra.lengths import id_bytes, length, lp, lp_id, lp_name
from infra.mac import mac

_SEALED: Final = lp("ledger/sealed/v1")
_CHUNK: Final = "ledger/chunk/v1"
_COMMITMENT: Final = lp("ledger/commitment/v1")
SALT_BYTES: Final = 32
NONCE_BYTES: Final = 12
_RANDOM_BYTES: Final = SALT_BYTES + NONCE_BYTES
MAX_TEXT_BYTES: Final = 1_048_576
CHUNK_BYTES: Final = 1_048_576


class SealedRow(Struct, frozen=True, gc=False):
    """A row of `sealed_fields`."""

    event_id: UUID
    field: str
    key_id: UUID
    nonce: bytes
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class Commitment:
    """What an envelope says of a sealed field: enough to open its row and to check the text."""

    event_id: UUID
    stream: Stream
    field: str
    value: str


class Disclosed(NamedTuple):
    """An opened field as whoever has no key can check it: salt and text lead to the commitment."""

    salt: bytes
    text: str


@dataclass(frozen=True, slots=True)
class ChunkPlace:
    """Which piece of which attachment: `index` from 0, `last` ends it, so nothing can be cut."""

    stream: Stream
    attachment: UUID
    index: int
    last: bool


@dataclass(frozen=True, slots=True)
class SealedChunk:
    """A sealed piece of an attachment."""

    key_id: UUID
    nonce: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)


class Sealer:
    """Seals and opens for one ledger."""

    def __init__(self, ledger: UUID, keys: Keys, entropy: Callable[[int], bytes] = entropy) -> None:
        self._keys = keys
        self._entropy = entropy
        self._ledger = str(ledger)
        self._bound = _SEALED + lp(self._ledger)

    def seal(
        self, event: UUID, stream: Stream, items: Sequence[tuple[str, Sealed, SealingKey]]
    ) -> list[tuple[SealedRow, str]]:
        """Return for each (field, value, key) the row to keep and the envelope's commitment."""
        named, place = lp_id(id_bytes(event)), _lp_stream(stream)
        random = self._entropy(len(items) * _RANDOM_BYTES)
        sealed = []
        for at, (where, value, key) in zip(count(0, _RANDOM_BYTES), items, strict=False):
            text, name = _bytes_of(value, where), lp_name(where)
            salt = random[at : at + SALT_BYTES]
            nonce = random[at + SALT_BYTES : at + _RANDOM_BYTES]
            bound = self._bound_to(named, place, name, key)
            ciphertext = key.aead.encrypt(nonce, salt + text, bound)
            made = _commitment(salt, named, name, text)
            sealed.append((SealedRow(event, where, key.id, nonce, ciphertext), made.hex()))
        return sealed

    def open(self, row: SealedRow, said: Commitment) -> str | None:
        """Return the text, None when its key is gone; raise Integrity when it was altered."""
        key = self._keys.by_id(row.key_id)
        return None if key is None else self._open(row, said, key)

    def open_all(self, pairs: Collection[tuple[SealedRow, Commitment]]) -> list[str | None]:
        """Return the texts in order, None where the key is gone; keys are read together."""
        keys = self._keys.by_ids({row.key_id for row, _ in pairs})
        return self._open_with(pairs, keys)

    async def open_all_soon(
        self, pairs: Collection[tuple[SealedRow, Commitment]]
    ) -> list[str | None]:
        """Do the same without holding up the event loop for the key store."""
        keys = await self._keys.by_ids_soon({row.key_id for row, _ in pairs})
        return self._open_with(pairs, keys)

    async def disclose_all_soon(
        self, pairs: Collection[tuple[SealedRow, Commitment]]
    ) -> list[Disclosed | None]:
        """Return salts and texts in order, None where the key is gone, for somebody to check."""
        keys = await self._keys.by_ids_soon({row.key_id for row, _ in pairs})
        return [
            None if (key := keys.get(row.key_id)) is None else self._disclosed(row, said, key)
            for row, said in pairs
        ]

    def seal_chunk(self, place: ChunkPlace, data: bytes, key: SealingKey) -> SealedChunk:
        """Return one sealed piece of an attachment, at most CHUNK_BYTES before sealing."""
        if len(data) > CHUNK_BYTES:
            raise Malformed(f"a chunk of more than {CHUNK_BYTES} bytes")
        nonce = self._entropy(NONCE_BYTES)
        return SealedChunk(key.id, nonce, key.aead.encrypt(nonce, data, self._chunk(place, key.id)))

    def open_chunk(self, place: ChunkPlace, chunk: SealedChunk) -> bytes | None:
        """Return the piece, None when its key is gone; raise Integrity when it was altered."""
        key = self._keys.by_id(chunk.key_id)
        if key is None:
            return None
        try:
            return key.aead.decrypt(chunk.nonce, chunk.ciphertext, self._chunk(place, key.id))
        except (InvalidTag, ValueError):
            raise Integrity(
                f"attachment {place.attachment}, chunk {place.index}: the ciphertext was altered"
            ) from None

    def _open_with(
        self,
        pairs: Collection[tuple[SealedRow, Commitment]],
        keys: Mapping[UUID, SealingKey],
    ) -> list[str | None]:
        return [
            None if (key := keys.get(row.key_id)) is None else self._open(row, said, key)
            for row, said in pairs
        ]

    def unseal(
        self,
        event: bytes,
        stream: bytes,
        name: bytes,
        key: SealingKey,
        nonce: bytes,
        ciphertext: bytes,
    ) -> tuple[bytes, bytes, bytes]:
        """Return salt, text and the commitment to it; raise Integrity when it was altered.

        `event` is the id's 36 characters; `stream` (kind and id) and `name` have their lengths
        before them.
        """
        named = lp_id(event)
        try:
            plain = key.aead.decrypt(nonce, ciphertext, self._bound_to(named, stream, name, key))
        except (InvalidTag, ValueError):
            raise Integrity("a ciphertext was altered") from None
        salt, text = plain[:SALT_BYTES], plain[SALT_BYTES:]
        return salt, text, _commitment(salt, named, name, text)

    def _open(self, row: SealedRow, said: Commitment, key: SealingKey) -> str:
        return self._disclosed(row, said, key).text

    def _disclosed(self, row: SealedRow, said: Commitment, key: SealingKey) -> Disclosed:
        event, place, name = id_bytes(said.event_id), _lp_stream(said.stream), lp_name(said.field)
        try:
            salt, text, made = self.unseal(event, place, name, key, row.nonce, row.ciphertext)
        except Integrity:
            raise Integrity(
                f"event {said.event_id}, {said.field}: its ciphertext was altered"
            ) from None
        if not hmac.compare_digest(made.hex().encode(), said.value.encode()):
            raise Integrity(f"event {said.event_id}, {said.field}: not what the event committed to")
        return Disclosed(salt, text.decode())

    def _bound_to(self, event: bytes, stream: bytes, name: bytes, key: SealingKey) -> bytes:
        """Return what a ciphertext is bound to; each part has its length before it."""
        return b"".join((self._bound, event, stream, name, key.named))

    def _chunk(self, place: ChunkPlace, key: UUID) -> bytes:
        return lp(
            _CHUNK,
            self._ledger,
            place.stream.kind.value,
            str(place.stream.id),
            str(place.attachment),
            str(place.index),
            "last" if place.last else "more",
            str(key),
        )


def _lp_stream(stream: Stream) -> bytes:
    return lp_name(stream.kind.value) + lp_id(id_bytes(stream.id))


def _commitment(salt: bytes, event: bytes, name: bytes, text: bytes) -> bytes:
    return mac(salt, b"".join((_COMMITMENT, event, name, length(len(text)), text)))


def _bytes_of(value: Sealed, name: str) -> bytes:
    text = value.text
    if text is None:
        raise Malformed("a sealed value without its text cannot be recorded", name)
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        raise Malformed("a lone surrogate: not a text", name) from None
    if b"\x00" in raw:
        raise Malformed("the character U+0000", name)
    if len(raw) > MAX_TEXT_BYTES:
        raise Malformed(f"longer than {MAX_TEXT_BYTES} bytes", name)
    return raw
