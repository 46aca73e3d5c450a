"""What a batch decides about data that is erased, without a store."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from support.envelopes import AT, BARE, LEDGER, DerivedStore, example, fixed_codec, fixed_id

from domain.erasure import Basis, SubjectErased
from domain.errors import Erasing, Refused
from domain.log import CommandKey, NewEvent, Request, Write
from domain.stream import Stream, StreamKind
from domain.ticket.events import MessagePosted
from domain.values import Purpose, Sealed
from infra.batch import ContractHead, Entries, Erasure, Ground, StreamHead, decide
from infra.codec import Codec, PreparedRequest

CONTRACT, TICKET = (
    Stream(kind, fixed_id(kind)) for kind in (StreamKind.CONTRACT, StreamKind.TICKET)
)
SUBJECT = fixed_id("subject")
CORRESPONDENCE, ADDRESS = Purpose.CORRESPONDENCE, Purpose.ADDRESS


def prepared(codec: Codec, event: object, stream: Stream, number: int = 1) -> PreparedRequest:
    write = Write(stream, 0, (NewEvent(event, "CN-1"),))
    key = CommandKey(bytes([number]) * 32, (bytes(36),))
    return codec.prepare(Request((write,), (), key, BARE))


def ground(*erasures: Erasure) -> Ground:
    heads = {stream: StreamHead(0, None) for stream in (CONTRACT, TICKET)}
    contracts = {"CN-1": ContractHead(1, bytes(32), is_open=True)}
    later = AT + timedelta(seconds=1)
    return Ground(LEDGER, 1, 7, bytes(32), later, heads, contracts, {}, erasures)


def saying(codec: Codec) -> PreparedRequest:
    return prepared(codec, example(MessagePosted), TICKET, 2)


def key_of(codec: Codec) -> UUID:
    (said,) = saying(codec).seals
    return said.key


def test_an_erasure_counts_for_what_comes_after_it_in_its_batch() -> None:
    erased = SubjectErased(
        fixed_id("erasure"), SUBJECT, "CN-1", (CORRESPONDENCE,), (), Basis.CONTRACT_ENDED, ()
    )
    with fixed_codec("batch", DerivedStore()) as codec:
        here, into = ground(), Entries(8)
        decide(saying(codec), here, into)
        decide(prepared(codec, erased, CONTRACT), here, into)
        here.streams[TICKET] = StreamHead(0, None)
        with pytest.raises(Refused, match="subject-erased"):
            decide(saying(codec), here, into)
        assert len(into.events) == 2


@pytest.mark.parametrize(
    ("subject", "contract", "purpose", "key", "refused"),
    [
        (SUBJECT, "CN-1", CORRESPONDENCE, None, True),
        (SUBJECT, "CN-1", CORRESPONDENCE, "own", True),
        (SUBJECT, "CN-1", CORRESPONDENCE, fixed_id("another key"), False),
        (SUBJECT, "CN-2", CORRESPONDENCE, None, False),
        (SUBJECT, None, CORRESPONDENCE, None, False),
        (SUBJECT, "CN-1", Purpose.IDENTITY, None, False),
        (fixed_id("somebody else"), "CN-1", CORRESPONDENCE, None, False),
        (None, "CN-1", ADDRESS, None, False),
    ],
)
def test_only_what_was_erased_is_refused(
    subject: UUID | None, contract: str | None, purpose: Purpose, key: object, *, refused: bool
) -> None:
    with fixed_codec("batch", DerivedStore()) as codec:
        known = key_of(codec) if key == "own" else key
        assert known is None or isinstance(known, UUID)
        here = ground(Erasure(subject, contract, purpose, known))
        if refused:
            with pytest.raises(Refused, match="subject-erased"):
                decide(saying(codec), here, Entries(8))
        else:
            decide(saying(codec), here, Entries(8))


def test_an_address_is_nobodys_request() -> None:
    with fixed_codec("batch", DerivedStore()) as codec:
        address = Sealed("{}", fixed_id("agent"), ADDRESS)
        write = Write(TICKET, 0, (NewEvent(example(MessagePosted), "CN-1"),))
        said = replace(BARE, address=address)
        request = Request((write,), (), CommandKey(bytes(32), (bytes(36),)), said)
        with pytest.raises(Erasing):
            decide(codec.prepare(request), ground(Erasure(None, "CN-1", ADDRESS, None)), Entries(8))
