"""The answer of the case file."""

from datetime import datetime
from typing import Any
from uuid import UUID

from api.schemas.common import Answer
from api.schemas.signals import SignalView
from domain.values import ActorKind
from projections.case_file.fold import Scope
from projections.contract_findings import Finding


class MarkView(Answer):
    """Which event, and when; `occurred_at` where it differs."""

    event_id: UUID
    position: int
    type: str
    recorded_at: datetime
    occurred_at: datetime | None


class ActorView(Answer):
    """Who acted, by an internal id."""

    kind: ActorKind
    id: UUID
    role: str | None


class EntryView(Answer):
    """An event with what it says; what was erased is {"erased": true}."""

    mark: MarkView
    actor: ActorView
    what: dict[str, Any]


class EntryList(Answer):
    """The events of one thing: the first and the newest of `total`."""

    total: int
    items: list[EntryView]


class ThreadView(Answer):
    """One thing (an order, a claim, a freeze): how it stands, what is known, its events.

    `case` is the stream in which it began.
    """

    id: str
    case: UUID
    state: str
    facts: dict[str, Any]
    events: EntryList


class ThreadList(Answer):
    """The newest things of `total`."""

    total: int
    items: list[ThreadView]


class CaseView(Answer):
    """A dispute with its claims; `this`: it is the one whose file this is."""

    this: bool
    dispute: ThreadView
    claims: ThreadList


class CaseList(Answer):
    """The newest disputes of `total`."""

    total: int
    items: list[CaseView]


class ContractFile(Answer):
    """The contract, and the events by which it was registered and closed."""

    number: str
    registered: MarkView | None
    category: str | None
    language: str | None
    closed: MarkView | None
    ending: str | None


class HolderFile(Answer):
    """Who holds the contract of record, or why nobody can say, and on which events that rests."""

    determined: bool
    reason: str | None
    holders: list[UUID]
    together: str | None
    version: int
    since: datetime | None
    departure: UUID | None
    rests_on: list[MarkView]


class LookView(Answer):
    """One check on the way to an identity version."""

    mark: MarkView
    checker: UUID
    person: UUID
    method: str
    finding: str


class ApprovalView(Answer):
    """Who agreed as the second specialist."""

    mark: MarkView
    approver: UUID
    role: str


class VersionFile(Answer):
    """An identity version, from when and how; `change` null: it came with the registration."""

    version: int
    since: MarkView
    kind: str
    change: UUID | None
    ticket: UUID | None
    recorded_by: UUID
    holders: list[dict[str, Any]]
    together: str | None
    contacts: list[dict[str, Any]]
    asked: MarkView | None
    checks: list[LookView]
    approved: ApprovalView | None


class VersionList(Answer):
    """The newest identity versions of `total`."""

    total: int
    items: list[VersionFile]


class TicketFile(Answer):
    """A ticket; `under` is how many of its events count under the contract."""

    id: UUID
    number: str | None
    reference: str | None
    events: int
    under: int
    first: MarkView
    last: MarkView


class TicketFiles(Answer):
    """The newest tickets of `total`."""

    total: int
    items: list[TicketFile]


class UserView(Answer):
    """Whose connection it was; `asserted`: only a service says so."""

    kind: ActorKind
    id: UUID | None
    role: str | None
    asserted: bool


class AddressFile(Answer):
    """An address without its port; null where it was erased or could not be determined."""

    address: str | None
    peer: str | None
    source: str | None
    erased: bool


class SpanView(Answer):
    """Uses of one address by somebody, without another of theirs in between for a run."""

    address: AddressFile
    user: UserView
    first: MarkView
    last: MarkView
    events: int


class SpanList(Answer):
    """The newest uses of `total`."""

    total: int
    items: list[SpanView]


class NetworkView(Answer):
    """A /24 or /64 with the uses of its addresses; `label` where it is a known one."""

    network: str | None
    label: str | None
    events: int
    first: MarkView
    last: MarkView
    used: SpanList


class NetworkList(Answer):
    """The newest networks of `total`."""

    total: int
    items: list[NetworkView]


class AxisView(Answer):
    """Who used which address when, in time, and by network."""

    runs: SpanList
    networks: NetworkList


class MemberView(Answer):
    """Somebody of the staff, a service or the system: what they did, how often, first and last."""

    id: UUID
    kind: ActorKind
    roles: list[str]
    events: int
    kinds: dict[str, int]
    tickets: int
    first: MarkView
    last: MarkView


class MemberList(Answer):
    """The newest members of the staff of `total`."""

    total: int
    items: list[MemberView]


class FindingsView(Answer):
    """What the contract's chain says of engineers, as its history does."""

    worked: bool
    finding: Finding
    searched: dict[str, Any]


class SignalList(Answer):
    """The newest signals of `total`."""

    total: int
    items: list[SignalView]


class CaseFileView(Answer):
    """The whole life of a dispute's contract as of a moment; this read was recorded.

    Of a dispute that is not attached to a contract there is only the dispute, its claims and its
    ticket, and `scope` says so. Every list says how many there are and shows the newest: the file
    as of an earlier position shows what was newest then. `links` lead to the full histories.
    """

    dispute: UUID
    as_of_position: int
    scope: Scope
    events: int
    contract: ContractFile | None
    holder: HolderFile | None
    identities: VersionList
    persons: ThreadList
    authorities: ThreadList
    warnings: ThreadList
    orders: ThreadList
    doubts: ThreadList
    identity_changes: ThreadList
    recoveries: ThreadList
    access_suspensions: ThreadList
    freezes: ThreadList
    service_suspensions: ThreadList
    holds: ThreadList
    erasures: ThreadList
    disputes: CaseList
    determinations: ThreadList
    departures: ThreadList
    tickets: TicketFiles
    addresses: AxisView
    staff: MemberList
    signals: SignalList
    findings: FindingsView | None
    links: dict[str, str]
