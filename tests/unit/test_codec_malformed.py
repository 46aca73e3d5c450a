"""What no envelope may hold is refused on the way in and on the way out, naming the place."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from support.envelopes import (
    AT,
    BARE,
    BEFORE,
    FULL,
    example,
    finish,
    fixed_codec,
    fixed_id,
    request,
    written,
)

from domain.contract.documents import Contact, ContactKind
from domain.contract.events import ContractRegistered
from domain.errors import LedgerError, Malformed
from domain.staff.events import StaffJoined
from domain.ticket.events import (
    MessagePosted,
    PromiseMade,
    TagAdded,
    TicketAcknowledged,
    TicketClaimed,
    TicketOpened,
)
from domain.values import Behalf, Origin, OriginKind, Provenance, Purpose, Sealed


def prepare(event: object, said: Provenance = BARE, contract: str | None = None) -> bytes:
    with fixed_codec("malformed") as codec:
        (draft,) = codec.prepare(request(event, said, contract)).drafts
        return finish(codec, draft)


def sealed(text: Any, purpose: Any = Purpose.CORRESPONDENCE) -> Sealed:
    return Sealed(text, fixed_id("subject"), purpose)


def posted(**fields: Any) -> MessagePosted:
    return replace(example(MessagePosted), **fields)


WRONG_EVENTS = {
    "a space in a code": (TagAdded("two words"), "tag"),
    "an empty code": (TagAdded(""), "tag"),
    "a code of 65": (TagAdded("x" * 65), "tag"),
    "a code with a final line break": (TagAdded("mail\n"), "tag"),
    "NUL in a code": (TagAdded("a\0b"), "tag"),
    "a letter that is not ASCII": (TagAdded("ünïcode"), "tag"),
    "None where a code must be": (TagAdded(None), "tag"),  # type: ignore[arg-type]
    "a float": (TicketAcknowledged(1.5, None), "reaction_seconds"),  # type: ignore[arg-type]
    "a float that is whole": (TicketAcknowledged(1.0, None), "reaction_seconds"),  # type: ignore[arg-type]
    "true for a number": (
        TicketAcknowledged(reaction_seconds=True, template=None),
        "reaction_seconds",
    ),
    "2^53": (TicketAcknowledged(2**53, None), "reaction_seconds"),
    "-2^53": (TicketAcknowledged(-(2**53), None), "reaction_seconds"),
    "a naive time": (replace(example(PromiseMade), due=datetime(2026, 1, 2)), "due"),  # noqa: DTZ001
    "a text for a time": (replace(example(PromiseMade), due="2026"), "due"),
    "a text for an id": (TicketClaimed("agent", None), "agent"),  # type: ignore[arg-type]
    "a text for a word of a vocabulary": (posted(side="staff"), "side"),
    "a list for a tuple": (posted(attachments=[]), "attachments"),
    "a wrong id in a tuple": (posted(attachments=(fixed_id("a"), 7)), "attachments.1"),
    "a text for a sealed value": (posted(text="open"), "text"),
    "None for a sealed value": (posted(text=None), "text"),
    "a sealed value without text": (posted(text=sealed(None)), "text"),
    "NUL in a text": (posted(text=sealed("a\0b")), "text"),
    "a lone surrogate": (posted(text=sealed("a\ud800b")), "text"),
    "a text of more than a mebibyte": (posted(text=sealed("x" * 2**20 + "x")), "text"),
    "a purpose that is no purpose": (posted(text=sealed("x", "claim")), "text"),
    "a subject that is no id": (posted(text=Sealed("x", "me", Purpose.CLAIM)), "text"),  # type: ignore[arg-type]
    "deep inside": (
        replace(
            example(ContractRegistered), contacts=(Contact(ContactKind.MAIL, sealed("\ud800")),)
        ),
        "contacts.0.value",
    ),
    "no event": (object(), "object"),
}


@pytest.mark.parametrize(("event", "where"), WRONG_EVENTS.values(), ids=WRONG_EVENTS)
def test_an_event_with_a_wrong_value_is_refused(event: object, where: str) -> None:
    with pytest.raises(Malformed) as refused:
        prepare(event)
    assert refused.value.where == where


WRONG_PROVENANCES = {
    "live with a source": ({"origin": Origin(OriginKind.LIVE, "servicenow")}, "origin"),
    "imported from nowhere": ({"origin": Origin(OriginKind.IMPORTED)}, "origin.source"),
    "a source that is no code": (
        {"origin": Origin(OriginKind.IMPORTED, "our old system")},
        "origin.source",
    ),
    "row 0": ({"origin": Origin(OriginKind.IMPORTED, "x", 0)}, "origin.row"),
    "row 2^53": ({"origin": Origin(OriginKind.IMPORTED, "x", 2**53)}, "origin.row"),
    "an address as issuer": (
        {"actor": replace(BARE.actor, issuer="https://id.test")},
        "actor.issuer",
    ),
    "a free text that is asserted": (
        {"on_behalf_of": Behalf(fixed_id("p"), ("her name",))},
        "on_behalf_of.asserted",
    ),
    "a naive occurrence": ({"occurred_at": datetime(2026, 1, 2)}, "occurred_at"),  # noqa: DTZ001
    "a naive clock": ({"at": datetime(2026, 1, 2)}, "at"),  # noqa: DTZ001
    "an address for another purpose": ({"address": sealed("192.0.2.1")}, "address"),
}


@pytest.mark.parametrize(("said", "where"), WRONG_PROVENANCES.values(), ids=WRONG_PROVENANCES)
def test_a_wrong_provenance_is_refused(said: dict[str, Any], where: str) -> None:
    with pytest.raises(Malformed) as refused:
        prepare(TagAdded("mail"), replace(BARE, **said))
    assert refused.value.where == where


def test_a_contract_number_must_be_a_code() -> None:
    with pytest.raises(Malformed, match="contract"):
        prepare(TagAdded("mail"), BARE, 'C-1","count":1')


def test_no_refusal_repeats_the_value() -> None:
    for event, _ in WRONG_EVENTS.values():
        with pytest.raises(Malformed) as refused:
            prepare(event)
        for secret in ("two words", "ünïcode", "open", "me\b"):
            assert secret not in str(refused.value)


def joined(languages: int) -> StaffJoined:
    return replace(example(StaffJoined), languages=("x" * 64,) * languages)


def test_the_longest_envelope_has_65535_bytes() -> None:
    accepted = max(n for n in range(900, 1000) if _fits(joined(n)))
    envelope = prepare(joined(accepted))
    assert 65_535 - 67 - 250 < len(envelope) <= 65_535
    with pytest.raises(Malformed, match="longer than 65535 bytes"):
        prepare(joined(accepted + 1))


def _fits(event: object) -> bool:
    try:
        prepare(event)
    except Malformed:
        return False
    return True


def test_no_number_of_the_store_makes_an_accepted_envelope_too_long() -> None:
    most, digest = 2**53 - 1, b"d" * 32
    with fixed_codec("malformed") as codec:
        (draft,) = codec.prepare(request(example(TicketOpened), FULL, "C-1")).drafts
        made = codec.finish(draft, most, most, most, digest, most, digest, AT)
    assert len(made) <= draft.pieces.longest < len(made) + 100


def test_times_of_other_zones_are_written_in_utc() -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    due = datetime(2026, 1, 2, 3, 4, 5, tzinfo=zone)
    envelope = prepare(replace(example(PromiseMade), due=due))
    assert b'"due":"2026-01-01T21:34:05.000000Z"' in envelope


def test_an_occurrence_that_is_not_before_the_recording_is_left_out() -> None:
    early = prepare(TagAdded("mail"), replace(BARE, occurred_at=BEFORE))
    same = prepare(TagAdded("mail"), replace(BARE, occurred_at=AT))
    later = prepare(TagAdded("mail"), replace(BARE, occurred_at=AT + timedelta(seconds=2)))
    assert b'"occurred_at":"2025-11-23T03:04:05.678901Z"' in early
    assert same == later == prepare(TagAdded("mail"))


ENVELOPE = written(TicketOpened, full=True)[1]
CHANGES: dict[str, tuple[bytes, bytes]] = {
    "another format": (b'{"v":1,', b'{"v":2,'),
    "no position": (b'"position":42,', b""),
    "a member more": (b'"position":42,', b'"position":42,"note":1,'),
    "a member twice": (b'"position":42,', b'"position":42,"position":42,'),
    "members in another order": (b'{"v":1,"ledger"', b'{"ledger"'),
    "a space": (b'"v":1,', b'"v": 1,'),
    "a final line break": (b"}}}", b"}}}\n"),
    "an escape": (b'"pt-BR"', b'"\\u0070t-BR"'),
    "a float": (b'"position":42', b'"position":42.0'),
    "an exponent": (b'"position":42', b'"position":42e0'),
    "2^53": (b'"position":42', b'"position":9007199254740992'),
    "position 0": (b'"position":42', b'"position":0'),
    "a leading zero": (b'"position":42', b'"position":042'),
    "a capital in an id": (b"019b7ca9", b"019B7CA9"),
    "a capital in a hash": (b"0a0b0c0d", b"0A0b0c0d"),
    "a hash that is none": (b"0a0b0c0d", b"xyzxyzxy"),
    "a short hash": (b"0a0b0c0d", b""),
    "a time with a zone": (b"678901Z", b"678901+00:00"),
    "a time in milliseconds": (b"678901Z", b"678Z"),
    "an unknown type": (b'"type":"TicketOpened"', b'"type":"TicketShut"'),
    "a later version": (b'"type_version":1', b'"type_version":2'),
    "version 0": (b'"type_version":1', b'"type_version":0'),
    "an unknown kind": (b'"kind":"ticket"', b'"kind":"cricket"'),
    "an unknown field": (b'"data":{', b'"data":{"mood":"good",'),
    "a field less": (b'"language":"pt-BR",', b""),
    "a free text": (b'"language":"pt-BR"', b'"language":"a:b"'),
    "an unknown sealed field": (b'"sealed":{"subject"', b'"sealed":{"object"'),
    "a sealed field inside another": (b'"sealed":{"subject"', b'"sealed":{"a.subject"'),
    "an unknown purpose": (b'"purpose":"correspondence"', b'"purpose":"curiosity"'),
    "a short commitment": (b'"commitment":"', b'"commitment":"0'),
    "live with a row": (b'{"kind":"imported","source":"servicenow"', b'{"kind":"live"'),
    "an occurrence after the recording": (b'"occurred_at":"2025', b'"occurred_at":"2027'),
    "an index beyond the count": (b'"index":1,"count":1', b'"index":2,"count":1'),
    "nothing": (ENVELOPE, b""),
    "half": (ENVELOPE[600:], b""),
    "no object": (ENVELOPE, b"[]"),
}


@pytest.mark.parametrize(("old", "new"), CHANGES.values(), ids=CHANGES)
def test_bytes_that_this_ledger_does_not_write_are_refused(old: bytes, new: bytes) -> None:
    assert old in ENVELOPE
    with fixed_codec("malformed") as codec, pytest.raises(Malformed):
        codec.check(ENVELOPE.replace(old, new))


def test_no_error_but_ours_comes_out_of_reading() -> None:
    with fixed_codec("malformed") as codec:
        for at in range(len(ENVELOPE)):
            for byte in b'"0{x':
                changed = ENVELOPE[:at] + bytes([byte]) + ENVELOPE[at + 1 :]
                try:
                    codec.check(changed)
                except LedgerError:
                    continue
                assert codec.check(changed)
