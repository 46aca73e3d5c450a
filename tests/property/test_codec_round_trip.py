"""Whatever an event says, writing and reading it gives it back, in the only bytes it has."""

from datetime import UTC
from itertools import count
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from support.envelopes import KEK, LEDGER, DerivedStore
from support.strategies import COUNTS, DIGESTS, TIMES, events_of, requests

from domain.catalogue import EVENT_TYPES
from domain.errors import Integrity, LedgerError, Malformed
from domain.log import Request
from infra.codec import Codec, commitments
from infra.envelope import MAX_BYTES, parse
from infra.keys import Keys

CODEC = Codec(LEDGER, Keys(DerivedStore(), KEK))
MANY = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ANY_EVENT = st.sampled_from(list(EVENT_TYPES.values())).flatmap(events_of)


def write(request: Request, data: st.DataObject) -> list[tuple[Any, bytes]]:
    written = []
    for draft, position in zip(
        CODEC.prepare(request).drafts, count(data.draw(st.integers(1, 2**52))), strict=False
    ):
        counted = draft.contract is not None
        envelope = CODEC.finish(
            draft,
            data.draw(COUNTS),
            position,
            draft.version,
            data.draw(DIGESTS),
            data.draw(COUNTS) if counted else None,
            data.draw(DIGESTS) if counted else None,
            data.draw(TIMES),
        )
        written.append((draft, envelope))
    return written


@pytest.mark.parametrize("cls", EVENT_TYPES.values(), ids=EVENT_TYPES)
@MANY
@given(data=st.data())
def test_every_event_comes_back_as_it_was_written(cls: type, data: st.DataObject) -> None:
    request = data.draw(requests(events_of(cls)))
    said = request.provenance
    for new, (draft, envelope) in zip(request.writes[0].events, write(request, data), strict=True):
        recorded = CODEC.open(envelope, {row.field: row for row in draft.sealed})
        assert recorded.event == new.event
        assert (recorded.actor, recorded.origin) == (said.actor, said.origin)
        assert recorded.on_behalf_of == said.on_behalf_of
        assert (recorded.id, recorded.stream) == (draft.id, request.writes[0].stream)
        assert recorded.version == draft.version
        assert (recorded.contract is None) == (new.contract is None)
        assert recorded.recorded_at.tzinfo is UTC
        late = said.occurred_at is not None and said.occurred_at < recorded.recorded_at
        assert recorded.occurred_at == (said.occurred_at if late else None)
        assert len(envelope) <= draft.pieces.longest <= MAX_BYTES


@MANY
@given(data=st.data())
def test_the_bytes_are_the_only_ones(data: st.DataObject) -> None:
    for _, envelope in write(data.draw(requests(ANY_EVENT)), data):
        recorded = CODEC.check(envelope)
        assert recorded.position == parse(envelope).position
        assert envelope.isascii()
        assert not set(b" \\\n\t") & set(envelope)


@settings(MANY, max_examples=60)
@given(data=st.data())
def test_one_changed_byte_of_an_envelope_never_reads_as_the_same_event(
    data: st.DataObject,
) -> None:
    (_, envelope), *_ = write(data.draw(requests(ANY_EVENT)), data)
    at = data.draw(st.integers(0, len(envelope) - 1))
    changed = envelope[:at] + bytes([data.draw(st.integers(0, 255))]) + envelope[at + 1 :]
    assume(changed != envelope)
    try:
        read = CODEC.check(changed)
    except Malformed:
        return
    assert read.leaf_hash != CODEC.check(envelope).leaf_hash


@settings(MANY, max_examples=60)
@given(data=st.data())
def test_any_changed_byte_of_a_sealed_field_is_noticed(data: st.DataObject) -> None:
    (draft, envelope), *_ = write(data.draw(requests(ANY_EVENT)), data)
    assume(draft.sealed)
    index = data.draw(st.integers(0, len(draft.sealed) - 1))
    row, said = draft.sealed[index], commitments(parse(envelope))[index]
    assert (row.field, row.event_id) == (said.field, said.event_id)
    part = data.draw(st.sampled_from(["nonce", "ciphertext"]))
    whole = bytearray(getattr(row, part))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Integrity):
        CODEC.sealer.open(msgspec.structs.replace(row, **{part: bytes(whole)}), said)
    digits = list(said.value)
    place = data.draw(st.integers(0, 63))
    digits[place] = data.draw(st.sampled_from("0123456789abcdef").filter(digits[place].__ne__))
    with pytest.raises(Integrity):
        CODEC.sealer.open(row, type(said)(said.event_id, said.stream, said.field, "".join(digits)))


@settings(MANY, max_examples=60)
@given(data=st.data())
def test_a_sealed_field_opens_in_no_other_place(data: st.DataObject) -> None:
    (draft, first), *_ = write(data.draw(requests(ANY_EVENT)), data)
    (_, second), *_ = write(data.draw(requests(ANY_EVENT)), data)
    for row in draft.sealed:
        for said in commitments(parse(second)):
            with pytest.raises(Integrity):
                CODEC.sealer.open(row, said)
        for said in commitments(parse(first)):
            if said.field != row.field:
                with pytest.raises(Integrity):
                    CODEC.sealer.open(row, said)


@settings(MANY, max_examples=100)
@given(raw=st.binary(max_size=300))
def test_no_bytes_make_reading_fail_otherwise(raw: bytes) -> None:
    try:
        CODEC.decode(raw)
    except LedgerError as error:
        assert isinstance(error, Malformed)  # noqa: PT017 - any other error passes through
