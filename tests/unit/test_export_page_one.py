"""Page one of a bag, in plain words: who holds the contract by the record, and why."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from unit.cast import BY_PASSPORT, CONTACT, NOW, SOON, SUPERVISOR, recorded, uid
from unit.dispute_cast import (
    CLAIM,
    CONTRACTOR,
    DEPARTURE,
    DETERMINATION,
    HANDLER,
    OTHER_CLAIM,
    SECOND_HANDLER,
    WHY,
    doubted,
)
from unit.ownership_cast import CHANGE, HOLDER, JOINT, TICKET, bought, person

from domain.contract.documents import Category
from domain.contract.events import ContractRegistered
from domain.contract.ownership.events import IdentityChanged, JointHoldersNamed
from domain.contract.ownership.vocabulary import ChangeKind, Together
from domain.dispute import events as d
from domain.dispute.vocabulary import ClaimRule, DisputeKind, Outcome, Wish
from domain.identity.proof import Capacity
from domain.log import Recorded
from domain.stream import Stream, StreamKind
from domain.ticket.events import Channel
from domain.values import Actor
from infra.pdf import LANGUAGES, Cover
from projections.exporting.page_one import cover_of
from projections.exporting.scope import Scope, Told
from projections.exporting.wanted import Wanted
from projections.exporting.words import said

NAMES = {HOLDER: "Иван Петров"}
DISPUTE = Stream(StreamKind.DISPUTE, uid(700))
REGISTERED = ContractRegistered("C-1", Category.INDIVIDUAL, HOLDER, "nl", BY_PASSPORT, (CONTACT,))


def page(
    *events: object,
    chain: str | Stream = "C-1",
    contract: str | None = "C-1",
    dispute: tuple[Recorded, ...] = (),
    language: str = "en",
    names: Any = NAMES,
) -> Cover:
    """Return page one of a bag in which these events happened, from position 1."""
    holding = tuple(recorded(event, n) for n, event in enumerate(events, 1))
    wanted = Wanted(
        chain=chain,
        position=1_000,
        bag=uid(9),
        by=SUPERVISOR,
        at=NOW,
        recipient="The court",
        basis="court_order",
        words=None,
        withhold=frozenset(),
        zone=ZoneInfo("UTC"),
    )
    scope = Scope((chain,), contract, Told(), holding, (), dispute)
    return cover_of(wanted, scope, names, language, datetime(2026, 4, 1, tzinfo=UTC))


def dispute(*events: object, by: Actor = HANDLER) -> tuple[Recorded, ...]:
    """Return the events of a dispute, from position 100."""
    return tuple(recorded(one, n, stream=DISPUTE, actor=by) for n, one in enumerate(events, 100))


def disputed(*events: object, **more: Any) -> list[str]:
    """Return what page one says of a dispute: kind, determination, claims."""
    asked = {"chain": DISPUTE, "dispute": dispute(*events), **more}
    return [one.value for one in page(REGISTERED, **asked).more]


def claim(number: UUID) -> d.ClaimReceived:
    return d.ClaimReceived(
        number,
        CONTRACTOR,
        Capacity.IN_PERSON,
        Wish.TRANSFER,
        Channel.PHONE,
        TICKET,
        None,
        (),
        (),
        None,
        None,
        None,
        WHY,
    )


def determination(outcome: Outcome = Outcome.HOLDER) -> d.DeterminationMade:
    return d.DeterminationMade(DETERMINATION, 90, outcome, (HOLDER,), None, 1, None, (uid(1),))


OPENED = d.DisputeOpened("000-021", DisputeKind.TAKEOVER, None, TICKET, "nl", None)
REFUSED = d.ClaimRefused(CLAIM, ClaimRule.PAPER_REVOKED, HANDLER.id, (), WHY)
CONFIRMED = d.DeterminationConfirmed(DETERMINATION, HANDLER.id)


def test_the_holder_is_named_with_basis_positions_and_since_when() -> None:
    cover = page(REGISTERED)
    assert (cover.holder, cover.since) == ("Иван Петров", SOON)
    assert (
        cover.basis
        == f"{said('en')['basis_registration']} It rests on these events, by position: 1."
    )
    assert cover.more == ()


def test_who_the_recipient_may_not_see_has_no_name() -> None:
    holder = page(REGISTERED, names={}).holder
    assert holder is not None
    assert str(HOLDER) in holder
    assert "not told" in holder


def test_several_holders_are_named_with_how_they_act() -> None:
    cover = page(REGISTERED, JointHoldersNamed((person(JOINT),), Together.ALL))
    assert cover.holder is not None
    assert cover.holder.startswith("Иван Петров, ")
    assert cover.holder.endswith("; they act only together")
    assert "position: 1, 2." in cover.basis


def test_a_verified_change_is_the_basis_of_a_new_holder() -> None:
    holders = (bought(JOINT),)
    changed = IdentityChanged(2, CHANGE, ChangeKind.TRANSFER, holders, None, 0)
    cover = page(REGISTERED, changed, names={JOINT: "Wu Li"})
    assert cover.holder == "Wu Li"
    assert "version 2" in cover.basis
    assert "position: 2." in cover.basis


def test_doubt_leaves_it_undetermined_and_says_why() -> None:
    cover = page(REGISTERED, doubted())
    assert (cover.holder, cover.since) == (None, None)
    assert cover.why.startswith("Undetermined. A holder is said to have died.")
    assert "Иван Петров" in cover.why
    assert "position: 1, 2." in cover.basis


def test_what_comes_after_the_position_is_not_regarded() -> None:
    before = [object()] * 999
    assert page(REGISTERED, *before, doubted()).holder == "Иван Петров"
    assert page(REGISTERED, *before[1:], doubted()).holder is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_general_enquiry_proves_no_identity(language: str) -> None:
    ticket = Stream(StreamKind.TICKET, uid(500))
    cover = page(chain=ticket, contract=None, language=language)
    assert (cover.holder, cover.basis) == (None, "")
    assert cover.why == said(language)["enquiry"]


def test_an_unattached_dispute_says_that_it_is_of_no_known_contract() -> None:
    cover = page(chain=DISPUTE, contract=None, dispute=dispute(OPENED))
    assert cover.why == said("en")["unattached"]


def test_refused_claims_stand_with_their_rules() -> None:
    kind, _, claims = disputed(OPENED, claim(CLAIM), claim(OTHER_CLAIM), REFUSED)
    assert kind == f"{said('en')['kind_takeover']} It was opened at position 100."
    refused, undecided = claims.split("\n")
    rule = said("en")["rule_paper_revoked"]
    assert refused == f"Claim at position 101: refused at position 103. {rule}"
    assert undecided == "Claim at position 102: not decided."


def test_a_determination_is_said_with_who_confirmed_it() -> None:
    told = disputed(OPENED, determination(), CONFIRMED)[1]
    assert "until position 90: the holder is Иван Петров." in told
    assert f"Confirmed at position 102 by dispute_handler {HANDLER.id}." in told
    assert "Nobody confirmed it." in disputed(OPENED, determination())[1]
    assert disputed(OPENED)[1] == "Nothing was determined."


def test_a_new_determination_is_not_confirmed_by_an_earlier_confirmation() -> None:
    told = disputed(OPENED, determination(), CONFIRMED, determination(Outcome.UNDETERMINED))[1]
    assert "Nobody confirmed it." in told
    assert "undetermined" in told


def test_a_departure_is_told_with_both_people() -> None:
    asked = d.DepartureProposed(
        DETERMINATION, DEPARTURE, HANDLER.id, Outcome.HOLDER, (CONTRACTOR,), None, WHY
    )
    agreed = d.DepartureConfirmed(DEPARTURE, SECOND_HANDLER.id)
    second = recorded(agreed, 103, stream=DISPUTE, actor=SECOND_HANDLER)
    events = (*dispute(OPENED, determination(), asked), second)
    holding = [REGISTERED, *[object()] * 100, asked, agreed]
    cover = page(*holding, chain=DISPUTE, dispute=events)
    told = cover.more[1].value
    assert f"At position 102 dispute_handler {HANDLER.id} asked to depart" in told
    assert f"at position 103 dispute_handler {SECOND_HANDLER.id} agreed" in told
    assert str(CONTRACTOR) in str(cover.holder)
    assert cover.basis.startswith(said("en")["basis_departure"])
