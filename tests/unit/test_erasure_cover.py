"""Which recorded erasures say of a sealed field that it may be gone."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from support.envelopes import AT, BARE, example, finish, fixed_codec, fixed_id, request

from domain.erasure import Basis, SubjectErased
from domain.ledger import LedgerContinued
from domain.ticket.events import MessageErased, MessagePosted
from domain.values import Purpose
from infra.codec import Codec
from infra.cover import Cover
from infra.envelope import Envelope, parse
from infra.erasurelist import Erased

CONTRACT = "CN-1"
SUBJECT = fixed_id("subject")
CORRESPONDENCE = Purpose.CORRESPONDENCE
POSITION = 42
"""Where `finish` puts every event."""


@pytest.fixture(name="codec")
def _codec() -> Iterator[Codec]:
    with fixed_codec("cover") as made:
        yield made


def recorded(codec: Codec, event: object, contract: str | None = CONTRACT) -> bytes:
    (draft,) = codec.prepare(request(event, BARE, contract)).drafts
    return finish(codec, draft)


@pytest.fixture(name="said")
def _said(codec: Codec) -> Envelope:
    return parse(recorded(codec, example(MessagePosted)))


def erased(contract: str | None, subject: UUID, *purposes: Purpose) -> SubjectErased:
    return SubjectErased(fixed_id("e"), subject, contract, purposes, (), Basis.CONTRACT_ENDED, ())


def test_nothing_recorded_covers_nothing(said: Envelope) -> None:
    assert not Cover([]).covers(said, "text")


@pytest.mark.parametrize(
    ("contract", "subject", "purpose", "covers"),
    [
        (CONTRACT, SUBJECT, CORRESPONDENCE, True),
        ("CN-2", SUBJECT, CORRESPONDENCE, False),
        (None, SUBJECT, CORRESPONDENCE, False),
        (CONTRACT, fixed_id("another"), CORRESPONDENCE, False),
        (CONTRACT, SUBJECT, Purpose.IDENTITY, False),
        (CONTRACT, SUBJECT, Purpose.ADDRESS, False),
    ],
)
def test_a_subject_is_covered_under_its_contract_for_its_purpose(
    codec: Codec,
    said: Envelope,
    contract: str | None,
    subject: UUID,
    purpose: Purpose,
    *,
    covers: bool,
) -> None:
    cover = Cover([recorded(codec, erased(contract, subject, purpose), contract)])
    assert cover.covers(said, "text") == covers


def test_an_erasure_does_not_cover_what_stands_behind_it(codec: Codec, said: Envelope) -> None:
    cover = Cover([recorded(codec, erased(CONTRACT, SUBJECT, CORRESPONDENCE))])
    assert cover.covers(said, "text"), "the same position is covered"
    said.position = POSITION + 1
    assert not cover.covers(said, "text")


@pytest.mark.parametrize("own", [True, False])
def test_a_message_is_covered_by_its_id(codec: Codec, said: Envelope, *, own: bool) -> None:
    event = said.id if own else fixed_id("another")
    gone = MessageErased(fixed_id("e"), event, (CORRESPONDENCE,), Basis.CONSENT_WITHDRAWN)
    assert Cover([recorded(codec, gone)]).covers(said, "text") == own


@pytest.mark.parametrize(
    ("position", "covers"), [(50, False), (51, True), (60, True), (61, False), (7, False)]
)
@pytest.mark.parametrize("single", [True, False], ids=["message", "subject"])
def test_the_list_covers_only_what_the_ledger_says_it_lost(
    codec: Codec, said: Envelope, position: int, *, single: bool, covers: bool
) -> None:
    lost = LedgerContinued(1, 60, "a" * 64, 50, "b" * 64)
    subject = None if single else SUBJECT
    events = (said.id,) if single else ()
    listed = Erased(CONTRACT, subject, (CORRESPONDENCE,), (), events, position, AT)
    assert Cover([recorded(codec, lost, None)], [listed]).covers(said, "text") == covers
    assert not Cover([], [listed]).covers(said, "text")


def test_what_the_list_covers_ends_with_what_survived(codec: Codec, said: Envelope) -> None:
    lost = LedgerContinued(1, 60, "a" * 64, POSITION - 1, "b" * 64)
    listed = Erased(CONTRACT, SUBJECT, (CORRESPONDENCE,), (), (), 50, AT)
    assert not Cover([recorded(codec, lost, None)], [listed]).covers(said, "text")
