"""Access streams and the ledger's own stream."""

from typing import Any

import pytest
from unit.cast import ask, identity, said, uid
from unit.spec import given

from domain.access import (
    ACCESS,
    EvidenceRead,
    Exportable,
    Exported,
    IdentityRead,
    NoteEvidenceRead,
    NoteExport,
    NoteIdentityRead,
    NotePersonSearch,
    PersonSearched,
    ReadingBasis,
)
from domain.catalogue import BY_KIND, EVENT_TYPES, type_version
from domain.contract import CONTRACT
from domain.decider import Decider
from domain.dispute import DISPUTE
from domain.errors import Malformed
from domain.identity_change import IDENTITY_CHANGE
from domain.ledger import LEDGER, ContinueLedger, LedgerContinued
from domain.mail import MAIL
from domain.notification import NOTIFICATION
from domain.recovery import RECOVERY
from domain.staff import STAFF
from domain.stream import StreamKind
from domain.ticket import TICKET

ASKED, WORDS, COURT = identity("Ann Ode"), said("file 7/26"), identity("the court of Hague")
DIGEST = "5a" * 32
EXPORT = {
    "what": Exportable.CONTRACT,
    "id": uid(600),
    "contract": "C-1",
    "position": 42,
    "digest": DIGEST,
    "basis": ReadingBasis.COURT_ORDER,
    "recipient": COURT,
}
LOSS = {
    "lost_epoch": 1,
    "lost_position": 9,
    "lost_hash": "aa",
    "survived_position": 7,
    "survived_hash": "bb",
}


def test_every_read_is_noted_also_of_the_same_contract_again() -> None:
    note = ask(NoteIdentityRead, contract="C-1")
    state = given(ACCESS).after(note).when(note).then(IdentityRead("C-1"))
    assert state.reads == 2


def test_a_read_counts_under_no_contract() -> None:
    note = ask(NoteIdentityRead, contract="C-1")
    assert ACCESS.contract_of(given(ACCESS).after(note).state) is None
    assert given(ACCESS).guards(note) == ()


def test_opened_evidence_is_known_up_to_the_last_version_that_was_opened() -> None:
    case, other = uid(70), uid(71)
    notes = [ask(NoteEvidenceRead, case=case, version=n, contract="C-1") for n in (3, 7, 5)]
    state = given(ACCESS).after(*notes[:2]).when(notes[2]).then(EvidenceRead(case, 5, "C-1"))
    assert (state.reads, state.opened(case), state.opened(other)) == (3, 7, 0)


def test_a_search_for_a_person_and_its_basis_are_noted() -> None:
    note = ask(NotePersonSearch, basis=ReadingBasis.AUTHORITY_REQUEST, asked=ASKED)
    searched = PersonSearched(ReadingBasis.AUTHORITY_REQUEST, ASKED, None)
    state = given(ACCESS).when(note).then(searched)
    assert (state.reads, ACCESS.contract_of(state)) == (1, None)


def test_an_export_is_noted_with_its_digest_recipient_and_basis() -> None:
    made = Exported(
        Exportable.CONTRACT,
        uid(600),
        "C-1",
        42,
        DIGEST,
        ReadingBasis.COURT_ORDER,
        COURT,
        WORDS,
    )
    state = given(ACCESS).when(ask(NoteExport, **EXPORT, words=WORDS)).then(made)
    assert state.reads == 1


@pytest.mark.parametrize(
    "note",
    [
        ask(NotePersonSearch, basis=ReadingBasis.OTHER, asked=ASKED),
        ask(NoteExport, **{**EXPORT, "basis": ReadingBasis.OTHER}),
    ],
    ids=["search", "export"],
)
def test_another_basis_is_said_in_words(note: Any) -> None:
    given(ACCESS).when(note).then_refused("basis-required")


@pytest.mark.parametrize(
    "fields",
    [
        {"digest": "5A" * 32},
        {"digest": "5a" * 31},
        {"position": 0},
        {"recipient": identity(" ")},
    ],
)
def test_an_export_says_exactly_what_was_handed_out(fields: Any) -> None:
    given(ACCESS).when(ask(NoteExport, **{**EXPORT, **fields})).then_raises(Malformed)


def test_a_loss_begins_the_next_epoch() -> None:
    state = given(LEDGER).when(ask(ContinueLedger, **LOSS)).then(LedgerContinued(**LOSS))
    assert state.lost_epoch == 1
    assert LEDGER.contract_of(state) is None
    assert given(LEDGER).guards(ask(ContinueLedger, **LOSS)) == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"survived_position": 9, "survived_hash": "aa"},
        {"survived_position": 10},
    ],
)
def test_without_a_loss_no_epoch_begins(fields: Any) -> None:
    given(LEDGER).when(ask(ContinueLedger, **{**LOSS, **fields})).then_refused("nothing-lost")


def test_another_event_at_the_same_position_is_a_loss() -> None:
    same_place = {**LOSS, "survived_position": 9}
    assert given(LEDGER).when(ask(ContinueLedger, **same_place)).types == ["LedgerContinued"]


def test_an_epoch_ends_once() -> None:
    ended = given(LEDGER).after(ask(ContinueLedger, **LOSS))
    ended.when(ask(ContinueLedger, **LOSS)).then_refused("epoch-ended-before")
    assert ended.when(ask(ContinueLedger, **{**LOSS, "lost_epoch": 2})).types


@pytest.mark.parametrize(
    "decider",
    [
        *(TICKET, CONTRACT, IDENTITY_CHANGE, RECOVERY, DISPUTE),
        *(STAFF, ACCESS, NOTIFICATION, MAIL, LEDGER),
    ],
)
def test_every_kind_of_stream_has_events_and_a_decider(decider: Decider[Any, Any, Any]) -> None:
    assert BY_KIND[decider.kind]
    assert set(BY_KIND) == set(StreamKind)


def test_every_event_type_has_a_name_of_its_own_and_a_version() -> None:
    assert len({cls for classes in BY_KIND.values() for cls in classes}) == len(EVENT_TYPES)
    assert all(type_version(cls) >= 1 for cls in EVENT_TYPES.values())
