"""What a bag for people is made of: a dispute with claims, and texts made to do harm on paper."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from support.bags import Saying

from domain.contract.documents import Category, Document, Passport
from domain.contract.events import ContractRegistered
from domain.dispute import events as d
from domain.dispute.vocabulary import ClaimRule, DisputeKind, Outcome, Wish
from domain.identity.proof import Capacity
from domain.log import Request
from domain.stream import Stream, StreamKind
from domain.ticket import events as t
from domain.values import Actor, ActorKind, Purpose, Role, Sealed
from infra.ids import new_id

NUMBER = "CN-2002"
HOLDER_NAME = "Иван Петров"
CLAIMANT_NAME = "Boris Claimant"
SECOND_NAME = "Vera Secondclaimant"
UNATTACHED, ATTACHED = 5, 12
"""Positions: the last before it is known which contract it is about; the last of all."""

HARMFUL = {
    "long": "".join(chr(ord("a") + n % 26) for n in range(10_000)),
    "turned": "to \u202eturned\u202c round \u2066isolated\u2069",
    "combining": "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334 e\u0301",
    "hebrew": "שלום לכולם",
    "emoji": "👩\u200d👩\u200d👧 🧨",
    "controls": "a\x01b\x07c\x1b[31m\u2028d",
    "source": "#set text(red) $x$ \\ ] *bold* <b>b</b> %PDF-1.7",
}
LYING = {
    "photo.jpg": b"MZ\x90\x00 a program that says it is a picture",
    "bomb.zip": b"PK\x03\x04" + bytes(40_000),
}


def _stream(kind: StreamKind) -> Stream:
    return Stream(kind, new_id())


@dataclass
class Case:
    """Who and what the dispute has."""

    holder: UUID = field(default_factory=new_id)
    claimant: UUID = field(default_factory=new_id)
    second: UUID = field(default_factory=new_id)
    handler: Actor = field(
        default_factory=lambda: Actor(ActorKind.STAFF, new_id(), Role.DISPUTE_HANDLER)
    )
    contract: Stream = field(default_factory=lambda: _stream(StreamKind.CONTRACT))
    ticket: Stream = field(default_factory=lambda: _stream(StreamKind.TICKET))
    enquiry: Stream = field(default_factory=lambda: _stream(StreamKind.TICKET))
    other: Stream = field(default_factory=lambda: _stream(StreamKind.TICKET))
    dispute: Stream = field(default_factory=lambda: _stream(StreamKind.DISPUTE))
    files: dict[str, UUID] = field(default_factory=lambda: {name: new_id() for name in LYING})


def dispute_story(case: Case) -> Iterator[Request]:
    """Yield a contract with a holder, a dispute that is attached to it later, two claims."""
    saying, claims, made = Saying(), (new_id(), new_id()), new_id()

    def said(stream: Stream, event: object, *, under: bool = True) -> Request:
        return saying(case.handler, stream, event, contract=NUMBER if under else None)

    yield said(case.contract, _registered(case.holder))
    yield said(case.ticket, _opened(case.holder, NUMBER))
    yield said(case.enquiry, _opened(case.claimant, None), under=False)
    kind, words = DisputeKind.UNPAID_CONTRACTOR, _claimed(case.claimant, "I was not paid.")
    opened = d.DisputeOpened("000021", kind, None, case.enquiry.id, "ru", words)
    yield said(case.dispute, opened, under=False)
    first = _claim(claims[0], case.claimant, CLAIMANT_NAME, case.enquiry)
    yield said(case.dispute, first, under=False)
    yield said(case.dispute, d.DisputeAttached(NUMBER))
    yield said(case.other, _opened(case.second, None), under=False)
    yield said(case.dispute, _claim(claims[1], case.second, SECOND_NAME, case.other))
    rule, why = ClaimRule.HOLDER_IS_WHO_GAVE_DOCUMENT, _claimed(case.claimant, "He built it.")
    yield said(case.dispute, d.ClaimRefused(claims[0], rule, case.handler.id, (), why))
    outcome = (Outcome.HOLDER, (case.holder,), None, 1, None, (new_id(),))
    yield said(case.dispute, d.DeterminationMade(made, 9, *outcome))
    yield said(case.dispute, d.DeterminationConfirmed(made, case.handler.id))
    yield said(case.enquiry, _posted(case.claimant, "I ask again."), under=False)


def harmful_story(case: Case, number: str) -> Iterator[Request]:
    """Yield a contract with a ticket that is all harm; its files lie about their type."""
    saying, contract = Saying(), _stream(StreamKind.CONTRACT)
    ticket = case.ticket
    registered = ContractRegistered(number, Category.UNKNOWN, case.holder, "zh", None, ())
    yield saying(case.handler, contract, registered, contract=number)
    opened = _opened(case.holder, number)
    yield saying(case.handler, ticket, opened, contract=number)
    for text in HARMFUL.values():
        yield saying(case.handler, ticket, _posted(case.holder, text), contract=number)
    for name, content in LYING.items():
        labels = (_words(case.holder, name), _words(case.holder, "image/jpeg"))
        digest = _words(case.holder, sha256(content).hexdigest())
        added = t.AttachmentAdded(
            case.files[name],
            t.Audience.PUBLIC,
            t.Side.CUSTOMER,
            *labels,
            "unknown",
            len(content),
            digest,
        )
        yield saying(case.handler, ticket, added, contract=number)


def _registered(holder: UUID) -> ContractRegistered:
    fields = ("RU", "1234", HOLDER_NAME, "1980-02-29", "Office", "2020-01-02", "2030-01-02")
    sealed = (Sealed(text, holder, Purpose.IDENTITY) for text in fields)
    document = Document(passport=Passport(*sealed))
    return ContractRegistered(NUMBER, Category.INDIVIDUAL, holder, "ru", document, ())


def _opened(requester: UUID, contract: str | None) -> t.TicketOpened:
    return t.TicketOpened(
        number="000001",
        contract=contract,
        requester=requester,
        channel=t.Channel.PHONE if contract is None else t.Channel.PORTAL,
        language="en",
        priority=t.Priority.NORMAL,
        subject=_words(requester, "Access"),
        text=_words(requester, "Words of a ticket."),
    )


def _posted(whose: UUID, text: str) -> t.MessagePosted:
    words = _words(whose, text)
    return t.MessagePosted(new_id(), t.Side.CUSTOMER, t.Audience.PUBLIC, words, "en", ())


def _claim(claim: UUID, claimant: UUID, name: str, ticket: Stream) -> d.ClaimReceived:
    return d.ClaimReceived(
        claim=claim,
        claimant=claimant,
        capacity=Capacity.IN_PERSON,
        wish=Wish.TRANSFER,
        channel=t.Channel.PHONE,
        ticket=ticket.id,
        order=None,
        attachments=(),
        recordings=(),
        name=_claimed(claimant, name),
        document=None,
        contact=None,
        words=_claimed(claimant, "It is mine."),
    )


def _claimed(whose: UUID, text: str) -> Sealed:
    return Sealed(text, whose, Purpose.CLAIM)


def _words(whose: UUID, text: str) -> Sealed:
    return Sealed(text, whose, Purpose.CORRESPONDENCE)
