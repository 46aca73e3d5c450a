"""A ciphertext opens in its place alone, to what the envelope committed to, or not at all."""

import os
from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest
from support.envelopes import AT, LEDGER, fixed_codec, fixed_id

from domain.errors import Integrity, Malformed
from domain.stream import Stream, StreamKind
from domain.values import Purpose, Sealed
from infra.keys import KeyScope, SealingKey
from infra.sealing import CHUNK_BYTES, ChunkPlace, Commitment, SealedRow, Sealer

EVENT = fixed_id("event")
STREAM = Stream(StreamKind.TICKET, fixed_id("stream"))
SUBJECT = fixed_id("subject")
SCOPE = KeyScope(SUBJECT, "CN-1", Purpose.CORRESPONDENCE)
SECRET = "the password is swordfish"


def seal(sealer: Sealer, key: SealingKey, text: str = SECRET) -> tuple[SealedRow, Commitment]:
    value = Sealed(text, SUBJECT, Purpose.CORRESPONDENCE)
    ((row, made),) = sealer.seal(EVENT, STREAM, [("text", value, key)])
    return row, Commitment(EVENT, STREAM, "text", made)


def test_a_sealed_text_opens() -> None:
    with fixed_codec("sealing") as codec:
        row, said = seal(codec.sealer, codec.keys.sealing_key(SCOPE))
        assert codec.sealer.open(row, said) == SECRET
        assert SECRET.encode() not in row.ciphertext


def test_the_same_text_is_never_sealed_the_same_way() -> None:
    with fixed_codec("sealing") as codec:
        key = codec.keys.sealing_key(SCOPE)
        first, second = (seal(Sealer(LEDGER, codec.keys), key) for _ in range(2))
        assert first[0].nonce != second[0].nonce
        assert first[0].ciphertext != second[0].ciphertext
        assert first[1].value != second[1].value


ELSEWHERE: dict[str, Callable[[Commitment], Commitment]] = {
    "another event": lambda said: replace(said, event_id=fixed_id("other event")),
    "another stream": lambda said: replace(said, stream=replace(STREAM, id=fixed_id("other"))),
    "another kind": lambda said: replace(said, stream=replace(STREAM, kind=StreamKind.CONTRACT)),
    "another field": lambda said: replace(said, field="reason"),
}


@pytest.mark.parametrize("move", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_ciphertext_opens_nowhere_else(move: Callable[[Commitment], Commitment]) -> None:
    with fixed_codec("sealing") as codec:
        row, said = seal(codec.sealer, codec.keys.sealing_key(SCOPE))
        assert codec.sealer.open(row, said) == SECRET
        with pytest.raises(Integrity, match="ciphertext was altered"):
            codec.sealer.open(row, move(said))


def test_a_ciphertext_opens_in_no_other_ledger() -> None:
    with fixed_codec("sealing") as codec:
        row, said = seal(codec.sealer, codec.keys.sealing_key(SCOPE))
        assert Sealer(LEDGER, codec.keys).open(row, said) == SECRET
        with pytest.raises(Integrity, match="ciphertext was altered"):
            Sealer(fixed_id("other ledger"), codec.keys).open(row, said)


def test_a_ciphertext_is_bound_to_its_keys_id() -> None:
    with fixed_codec("sealing") as codec:
        key = codec.keys.sealing_key(SCOPE)
        row, said = seal(codec.sealer, SealingKey(fixed_id("other key"), key.secret))
        with pytest.raises(Integrity, match="ciphertext was altered"):
            codec.sealer.open(msgspec.structs.replace(row, key_id=key.id), said)


def test_another_texts_ciphertext_in_the_same_place_breaks_the_commitment() -> None:
    with fixed_codec("sealing") as codec:
        key = codec.keys.sealing_key(SCOPE)
        _, said = seal(codec.sealer, key)
        forged, _ = seal(codec.sealer, key, "the password is herring")
        with pytest.raises(Integrity, match="committed"):
            codec.sealer.open(forged, said)


@pytest.mark.parametrize("part", ["nonce", "ciphertext"])
def test_every_flipped_bit_is_noticed(part: str) -> None:
    with fixed_codec("sealing") as codec:
        row, said = seal(codec.sealer, codec.keys.sealing_key(SCOPE))
        whole = getattr(row, part)
        for bit in range(len(whole) * 8):
            flipped = bytearray(whole)
            flipped[bit // 8] ^= 1 << bit % 8
            with pytest.raises(Integrity):
                codec.sealer.open(msgspec.structs.replace(row, **{part: bytes(flipped)}), said)


@pytest.mark.parametrize("cut", [b"", b"short", bytes(15), bytes(40)])
def test_a_cut_ciphertext_or_nonce_is_an_alteration(cut: bytes) -> None:
    with fixed_codec("sealing") as codec:
        row, said = seal(codec.sealer, codec.keys.sealing_key(SCOPE))
        for part in ("nonce", "ciphertext"):
            with pytest.raises(Integrity):
                codec.sealer.open(msgspec.structs.replace(row, **{part: cut}), said)


def test_a_commitment_that_is_no_hash_is_an_alteration() -> None:
    with fixed_codec("sealing") as codec:
        row, said = seal(codec.sealer, codec.keys.sealing_key(SCOPE))
        for value in ("", "ü" * 64, "0" * 64, said.value.upper(), said.value[:-1]):
            with pytest.raises(Integrity):
                codec.sealer.open(row, replace(said, value=value))


def test_without_its_key_a_field_stays_closed() -> None:
    with fixed_codec("sealing") as codec:
        key = codec.keys.sealing_key(SCOPE)
        row, said = seal(codec.sealer, key)
        codec.keys.destroy([key.id], AT)
        assert codec.sealer.open(row, said) is None
        assert codec.sealer.open_all([(row, said)]) == [None]


def test_no_secret_shows_in_a_repr() -> None:
    with fixed_codec("sealing") as codec:
        key = codec.keys.sealing_key(SCOPE)
        row, said = seal(codec.sealer, key)
        value = Sealed(SECRET, SUBJECT, Purpose.CORRESPONDENCE)
        shown = f"{row!r}{said!r}{value!r}{key!r}{codec.keys!r}{codec.sealer!r}"
        assert "swordfish" not in shown
        assert repr(key.secret) not in shown
        assert key.secret.hex() not in shown


PLACE = ChunkPlace(STREAM, fixed_id("attachment"), 3, last=False)


def test_an_attachments_chunk_opens_in_its_place() -> None:
    data = os.urandom(5000)
    with fixed_codec("sealing") as codec:
        chunk = codec.sealer.seal_chunk(PLACE, data, codec.keys.sealing_key(SCOPE))
        assert codec.sealer.open_chunk(PLACE, chunk) == data


@pytest.mark.parametrize(
    "place",
    [
        replace(PLACE, index=2),
        replace(PLACE, last=True),
        replace(PLACE, attachment=fixed_id("other")),
        replace(PLACE, stream=replace(STREAM, id=fixed_id("other"))),
    ],
    ids=["index", "last", "attachment", "stream"],
)
def test_chunks_cannot_be_swapped_or_cut_off(place: ChunkPlace) -> None:
    with fixed_codec("sealing") as codec:
        chunk = codec.sealer.seal_chunk(PLACE, b"chunk", codec.keys.sealing_key(SCOPE))
        with pytest.raises(Integrity, match="altered"):
            codec.sealer.open_chunk(place, chunk)


def test_a_chunk_has_at_most_a_mebibyte() -> None:
    with fixed_codec("sealing") as codec:
        key = codec.keys.sealing_key(SCOPE)
        codec.sealer.seal_chunk(PLACE, bytes(CHUNK_BYTES), key)
        with pytest.raises(Malformed):
            codec.sealer.seal_chunk(PLACE, bytes(CHUNK_BYTES + 1), key)
