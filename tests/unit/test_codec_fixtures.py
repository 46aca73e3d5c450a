"""What was ever stored can be read, opened and folded for ever."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from support.envelopes import (
    FIXTURES,
    KIND_OF,
    DerivedStore,
    example,
    fixed_codec,
    fixture,
    path_of,
    written,
)

from domain.access import ACCESS
from domain.catalogue import EVENT_TYPES
from domain.contract import CONTRACT
from domain.contract.events import ContractRegistered, PersonNamed
from domain.decider import Decider
from domain.dispute import DISPUTE
from domain.dispute.events import ClaimReceived, DisputeOpened
from domain.identity_change import IDENTITY_CHANGE
from domain.identity_change.events import IdentityChangeRequested
from domain.ledger import LEDGER
from domain.mail import MAIL
from domain.notification import NOTIFICATION
from domain.notification.events import NotificationSent
from domain.recovery import RECOVERY
from domain.recovery.events import RecoveryReported
from domain.staff import STAFF
from domain.staff.events import ApiKeyIssued, StaffJoined
from domain.stream import StreamKind
from domain.ticket import TICKET
from domain.ticket.events import AttachmentAdded, MessagePosted, TicketOpened
from infra.codec import commitments
from infra.envelope import parse
from infra.sealing import SealedRow

DECIDERS: dict[StreamKind, Decider[Any, Any, Any]] = {
    decider.kind: decider
    for decider in (
        *(TICKET, CONTRACT, IDENTITY_CHANGE, RECOVERY, DISPUTE),
        *(STAFF, ACCESS, NOTIFICATION, MAIL, LEDGER),
    )
}
BEGINNINGS: dict[StreamKind, tuple[type, ...]] = {
    StreamKind.TICKET: (TicketOpened, AttachmentAdded, MessagePosted),
    StreamKind.CONTRACT: (ContractRegistered, PersonNamed),
    StreamKind.IDENTITY_CHANGE: (IdentityChangeRequested,),
    StreamKind.RECOVERY: (RecoveryReported,),
    StreamKind.DISPUTE: (DisputeOpened, ClaimReceived),
    StreamKind.STAFF: (StaffJoined, ApiKeyIssued),
    StreamKind.ACCESS: (),
    StreamKind.NOTIFICATION: (NotificationSent,),
    StreamKind.MAIL: (),
    StreamKind.LEDGER: (),
}
STORED = sorted(FIXTURES.glob("*.json"))


def cases(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text("utf-8"))["cases"]


@pytest.mark.parametrize("cls", EVENT_TYPES.values(), ids=EVENT_TYPES)
def test_every_event_type_has_a_fixture_of_its_version(cls: type) -> None:
    assert path_of(cls).exists(), "python tests/support/envelopes.py writes it"


@pytest.mark.parametrize("cls", EVENT_TYPES.values(), ids=EVENT_TYPES)
def test_todays_code_writes_the_same_bytes(cls: type) -> None:
    assert json.loads(path_of(cls).read_text("utf-8")) == fixture(cls)


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_every_stored_envelope_is_read_and_is_exact(path: Path) -> None:
    with fixed_codec("reader") as codec:
        for case in cases(path):
            recorded = codec.check(case["envelope"].encode())
            assert recorded.leaf_hash.hex() == case["leaf_hash"]
            assert type(recorded.event) is EVENT_TYPES[path.stem.partition(".")[0]]


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_every_stored_envelope_folds(path: Path) -> None:
    kind = KIND_OF[path.stem.partition(".")[0]]
    decider = DECIDERS[kind]
    with fixed_codec("reader") as codec:
        for case in cases(path):
            state = decider.initial
            for cls in BEGINNINGS[kind]:
                state = decider.evolve(state, example(cls))
            decider.evolve(state, codec.decode(case["envelope"].encode()).event)


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_every_stored_sealed_field_opens(path: Path) -> None:
    for case in cases(path):
        store = DerivedStore()
        store.find([row["key_scope"] for row in case["sealed_fields"]])
        with fixed_codec("reader", store) as codec:
            envelope = case["envelope"].encode()
            said = {one.field: one for one in commitments(parse(envelope))}
            assert said.keys() == {row["field"] for row in case["sealed_fields"]}
            for row in case["sealed_fields"]:
                sealed = SealedRow(
                    said[row["field"]].event_id,
                    row["field"],
                    UUID(row["key_id"]),
                    bytes.fromhex(row["nonce"]),
                    bytes.fromhex(row["ciphertext"]),
                )
                assert codec.sealer.open(sealed, said[row["field"]]) == row["text"]


@pytest.mark.parametrize("cls", EVENT_TYPES.values(), ids=EVENT_TYPES)
@pytest.mark.parametrize("full", [True, False], ids=["full", "bare"])
def test_what_was_written_is_what_is_read(cls: type, *, full: bool) -> None:
    store = DerivedStore()
    draft, envelope = written(cls, full=full, store=store)
    with fixed_codec("reader", store) as codec:
        recorded = codec.open(envelope, {row.field: row for row in draft.sealed})
    assert recorded.event == example(cls, full=full)
