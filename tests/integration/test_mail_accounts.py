"""Of identity, access and disputes mails say only that there is something, to whom it concerns."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from support.mailing import AGENT, Contract, Office, holder_document, named, posted, said, sending

from domain.contract.documents import Category, Contact, ContactKind
from domain.contract.events import PersonNamed, PreferencesStated, RightsRevoked
from domain.contract.ownership.events import AccessSuspended, FreezePlaced, IdentityChanged
from domain.contract.ownership.vocabulary import ChangeKind, FreezeGround, HeldBy, Holder
from domain.dispute.events import (
    ClaimReceived,
    ClaimRefused,
    DisputeClosed,
    DisputeOpened,
    ServiceResumed,
    ServiceSuspensionConfirmed,
)
from domain.dispute.vocabulary import ClaimRule, Closing, DisputeKind, Wish
from domain.identity.proof import Capacity
from domain.identity_change.events import (
    ChangeNoticeGiven,
    IdentityChangeApplied,
    IdentityChangeRequested,
    Means,
)
from domain.log import Accepted
from domain.notification.events import MailForm
from domain.recovery.events import RecoveryReported
from domain.stream import Stream, StreamKind
from domain.ticket.events import (
    Channel,
    TagAdded,
)
from domain.values import Purpose, Sealed
from infra.ids import new_id
from infra.postgres import Cluster


@pytest.fixture(scope="module", name="post")
def _post(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with sending(cluster, tmp_path_factory.mktemp("mail")) as opened:
        yield opened


def test_about_an_account_the_contacts_of_record_learn_only_that_there_is_something(
    post: Office,
) -> None:
    contract = post.contract(language="fr")
    person = named(post, contract, "thief@example.net")
    revoking = RightsRevoked(person, None)
    revoked = post.record((contract.stream, contract.number, [revoking]))
    ticket, _ = post.ticket(contract, requester=person, subject="My secret")
    words = said("x", contract.holder)
    reported = RecoveryReported(
        contract.number, ticket.id, new_id(), person, Capacity.IN_PERSON, None, words
    )
    recovery = Stream(StreamKind.RECOVERY, new_id())
    suspended = post.record(
        (recovery, contract.number, [reported]),
        (
            contract.stream,
            contract.number,
            [AccessSuspended(recovery.id), RightsRevoked(person, None)],
        ),
    )
    answer, _ = posted(post, contract, ticket, "Show us your passport.")
    post.tell()
    told = [revoked.event_ids[0], suspended.event_ids[1], answer.event_ids[0]]
    for event in told:
        (mail,) = post.catcher.told(event)
        assert mail.to == (contract.mail,)
        assert mail.mail["Subject"] == "Quelque chose demande votre attention"
        for secret in ("secret", "passport", "104-273", "recovery"):
            assert secret not in str(mail.mail)
    assert post.catcher.told(suspended.event_ids[2]) == []


def test_a_ticket_with_a_tag_of_accounts_says_nothing_in_mail(post: Office) -> None:
    contract = post.contract()
    ticket, _ = post.ticket(contract, subject="Who holds it")
    post.record((ticket, contract.number, [TagAdded("ownership")]))
    accepted, _ = posted(post, contract, ticket, "It is his.")
    post.tell()
    (mail,) = post.catcher.told(accepted.event_ids[0])
    assert "It is his." not in str(mail.mail)
    assert "Who holds it" not in str(mail.mail)


def changing(post: Office, contract: Contract, new: str, *, told: bool) -> tuple[Stream, Accepted]:
    """Let the contract be transferred to somebody with another mail address; return both."""
    heir, change = new_id(), Stream(StreamKind.IDENTITY_CHANGE, new_id())
    holder = Holder(heir, Category.INDIVIDUAL, holder_document(heir))
    contact = Contact(ContactKind.MAIL, Sealed(new, heir, Purpose.IDENTITY))
    requested = IdentityChangeRequested(
        contract=contract.number,
        ticket=new_id(),
        dispute=None,
        kind=ChangeKind.TRANSFER,
        version=1,
        asker=AGENT.id,
        applicant=heir,
        capacity=Capacity.IN_PERSON,
        holders=(holder,),
        together=None,
        contacts=(contact,),
        mandate=None,
        orders=(),
        contacts_version=1,
        contacts_given=1,
        name=None,
        words=None,
    )
    at = datetime.now(UTC)
    post.record((change, contract.number, [requested]))
    if told:
        notice = ChangeNoticeGiven(Means.MAIL, 1, (0,), None, at)
        post.record((change, contract.number, [notice]))
    held = (HeldBy(heir, Category.INDIVIDUAL, None),)
    changed = IdentityChanged(2, change.id, ChangeKind.TRANSFER, held, None, 1)
    applied = post.record(
        (change, contract.number, [IdentityChangeApplied(2, 60, at)]),
        (contract.stream, contract.number, [changed]),
    )
    return change, applied


def test_who_held_a_contract_is_told_that_it_changed_and_the_new_holder_of_what_follows(
    post: Office,
) -> None:
    contract = post.contract()
    new = f"heir.{contract.number.lower()}@example.net"
    _, applied = changing(post, contract, new, told=True)
    person = new_id()
    named_one = PersonNamed(person, Sealed("Cy", person, Purpose.IDENTITY), None, (), None)
    after = post.record((contract.stream, contract.number, [named_one]))
    post.tell()
    (mail,) = post.catcher.told(applied.event_ids[0])
    assert mail.to == (contract.mail,)
    assert post.catcher.told(applied.event_ids[1]) == []
    (mail,) = post.catcher.told(after.event_ids[0])
    assert mail.to == (new,)


def test_of_what_the_holder_was_not_told_no_mail_tells(post: Office) -> None:
    contract = post.contract()
    _, applied = changing(post, contract, "heir@example.net", told=False)
    post.tell()
    assert [post.catcher.told(event) for event in applied.event_ids] == [[], []]


def test_a_claimant_is_told_that_there_is_something_but_the_holder_is_not(post: Office) -> None:
    contract = post.contract()
    address = f"claimant.{contract.number.lower()}@example.net"
    ticket, _ = post.ticket(None, contact=address, subject="It is mine")
    claim, claimant = new_id(), new_id()
    received = ClaimReceived(
        *(claim, claimant, Capacity.IN_PERSON, Wish.ACCESS, Channel.MAIL, ticket.id),
        *(None, (), (), None, None, None, said("It is mine", claimant)),
    )
    dispute = Stream(StreamKind.DISPUTE, new_id())
    opened = DisputeOpened("8", DisputeKind.OTHER, contract.number, ticket.id, "en", None)
    refused = ClaimRefused(claim, ClaimRule.AUTHORITY_UNPROVEN, AGENT.id, (), said("No.", claimant))
    closed = DisputeClosed(Closing.NO_CASE, AGENT.id, said("No.", claimant))
    accepted = post.record((dispute, contract.number, [opened, received, refused, closed]))
    answer, _ = posted(post, None, ticket, "Show your papers.")
    post.tell()
    for event in (accepted.event_ids[2], answer.event_ids[0]):
        (mail,) = post.catcher.told(event)
        assert mail.to == (address,)
        assert mail.mail["Subject"] == "Something needs your attention"
    assert post.catcher.told(accepted.event_ids[3]) == []
    assert [one for one in post.catcher.mails if contract.mail in one.to] == []


@pytest.mark.parametrize("by_order", [False, True])
def test_what_a_dispute_stops_is_told_unless_an_order_may_be_behind_it(
    post: Office,
    by_order: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    contract = post.contract()
    dispute, claimant = Stream(StreamKind.DISPUTE, new_id()), new_id()
    order = new_id() if by_order else None
    received = ClaimReceived(
        *(new_id(), claimant, Capacity.IN_PERSON, Wish.ACCESS, Channel.MAIL, new_id()),
        *(order, (), (), None, None, None, said("It is mine", claimant)),
    )
    opened = DisputeOpened("8", DisputeKind.OTHER, contract.number, new_id(), "en", None)
    why = said("Safer.", contract.holder)
    post.record((dispute, contract.number, [opened, received]))
    proposed_only = post.record((dispute, contract.number, [ServiceResumed(new_id(), why)]))
    ground = FreezeGround.SEVERAL_CLAIMANTS
    frozen = FreezePlaced(new_id(), dispute.id, ground, None, datetime.now(UTC), why)
    suspension = new_id()
    stopped = [
        post.record((contract.stream, contract.number, [frozen])),
        post.record((dispute, contract.number, [ServiceSuspensionConfirmed(suspension, AGENT.id)])),
        post.record((dispute, contract.number, [ServiceResumed(suspension, why)])),
    ]
    post.tell()
    mails = [post.catcher.told(one.event_ids[0]) for one in stopped]
    assert [len(one) for one in mails] == [0 if by_order else 1] * 3
    assert post.catcher.told(proposed_only.event_ids[0]) == []


def test_that_mail_is_to_go_elsewhere_is_told_where_it_went_until_then(post: Office) -> None:
    contract = post.contract()

    def stated(mail: str | None, language: str) -> Accepted:
        own = None if mail is None else said(mail, contract.holder)
        wish = PreferencesStated(contract.holder, language, own, MailForm.HTML, ())
        return post.record((contract.stream, contract.number, [wish]))

    wishes = [stated("raider@example.net", "en"), stated("raider@example.net", "fr")]
    wishes += [stated(None, "de"), stated("other@example.net", "de")]
    post.tell()
    mails = [post.catcher.told(one.event_ids[0]) for one in wishes]
    assert [len(one) for one in mails] == [1, 0, 0, 1]
    for mail in (mails[0][0], mails[3][0]):
        assert mail.to == (contract.mail,)
        assert "raider" not in str(mail.mail)
