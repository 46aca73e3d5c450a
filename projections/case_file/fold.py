"""From the events under a contract to the case file of one of its disputes, without a database."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from domain.contract.events import ContractClosed, ContractRegistered
from domain.contract.ownership.events import IdentityChanged
from domain.dispute.events import DeterminationMade
from domain.identity.answer import HeldOfRecord, Undetermined
from domain.identity.holder import holder_of_record
from domain.log import Recorded
from domain.stream import StreamKind
from infra.networks import Labels
from projections.case_file.addresses import Axis, Uses
from projections.case_file.entries import MOST, Entry, Json, Listed, Mark, entry_of, mark_of
from projections.case_file.identities import Version, versions
from projections.case_file.people import Involved, Member, Ticket
from projections.case_file.table import Section
from projections.case_file.threads import Thread, Threads, Told


class Scope(StrEnum):
    """What a case file is made of."""

    CONTRACT = "whole_contract"
    UNATTACHED = "dispute_and_its_ticket_only"


@dataclass(frozen=True, slots=True)
class Happened:
    """An event with its texts opened; `address` as it was resolved, None where there is none."""

    recorded: Recorded
    address: Json | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """The contract, registered and perhaps closed by these events."""

    number: str
    registered: Mark | None
    category: str | None
    language: str | None
    closed: Mark | None
    ending: str | None


@dataclass(frozen=True, slots=True)
class Held:
    """Who holds the contract of record, or why nobody can say; and the events it rests on.

    `holders` of an undetermined answer are those with whom what is goes on.
    """

    determined: bool
    reason: str | None
    holders: tuple[UUID, ...]
    together: str | None
    version: int
    since: Any
    departure: UUID | None
    rests_on: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A dispute of the contract with its claims; `this` is the one whose file it is."""

    this: bool
    dispute: Told
    claims: Listed[Told]


@dataclass(frozen=True, slots=True)
class CaseFile:
    """Everything as of a position; `events` is how many of them it was made of."""

    dispute: UUID
    as_of_position: int
    scope: Scope
    events: int
    contract: Contract | None
    holder: Held | None
    identities: Listed[Version]
    disputes: Listed[Case]
    sections: dict[str, Listed[Told]]
    tickets: Listed[Ticket]
    addresses: Axis
    staff: Listed[Member]


DISPUTES: Final = 50
"""How many disputes are shown, and how many claims of another dispute than this one."""

NESTED: Final = frozenset({Section.DISPUTES, Section.CLAIMS})
"""The sections that are shown within the disputes."""


def case_file(
    dispute: UUID,
    number: str | None,
    happened: Iterable[Happened],
    as_of: int,
    *,
    identity: bool = True,
) -> CaseFile:
    """Return the file of a dispute about contract `number` (None: nobody has said which).

    `happened` are events in order of position; later ones than `as_of` count for nothing.
    """
    folding = Folding(dispute, number, identity=identity)
    for one in happened:
        if one.recorded.position <= as_of:
            folding.add(one)
    return folding.file(as_of)


@dataclass(slots=True)
class Folding:
    """Takes in events one by one."""

    dispute: UUID
    number: str | None
    identity: bool = field(kw_only=True)
    labels: Labels = field(default_factory=Labels, kw_only=True)
    _events: int = 0
    _threads: Threads = field(default_factory=Threads)
    _identities: list[Entry] = field(default_factory=list)
    _history: list[Recorded] = field(default_factory=list)
    _involved: Involved = field(default_factory=Involved)
    _uses: Uses = field(init=False)
    _contract: ContractRegistered | None = None
    _marks: dict[UUID, Mark] = field(default_factory=dict)
    _ends: tuple[Mark, str] | None = None

    def __post_init__(self) -> None:
        self._uses = Uses(self.labels)

    def add(self, happened: Happened) -> None:
        """Take in the next event."""
        recorded = happened.recorded
        mark = mark_of(recorded)
        self._events += 1
        self._involved.add(recorded, mark, self.number)
        if happened.address is not None:
            self._uses.add(mark, recorded.actor, recorded.on_behalf_of, happened.address)
        if recorded.stream.kind is not StreamKind.TICKET:
            self._case(recorded, mark)
        elif mark.type in {"MessageErased", "KeysDestroyed"}:
            self._threads.add(recorded.stream, entry_of(recorded, identity=self.identity))

    def _case(self, recorded: Recorded, mark: Mark) -> None:
        """Take in what decides who holds the contract, or what is said of that."""
        entry = entry_of(recorded, identity=self.identity)
        self._marks[mark.event_id] = mark
        self._history.append(recorded)
        self._threads.add(recorded.stream, entry)
        match recorded.event:
            case ContractRegistered():
                self._contract = recorded.event
            case ContractClosed(ending=ending):
                self._ends = (mark, ending)
            case IdentityChanged(holders=holders):
                self._threads.end_doubts((one.id for one in holders), entry)
            case DeterminationMade(determination=determination, rests_on=rests_on):
                known = [self._marks[one] for one in rests_on if one in self._marks]
                self._threads.say(Section.DETERMINATIONS, determination, rests_on=known)
            case _:
                pass
        if recorded.stream.kind is StreamKind.CONTRACT:
            self._identities.append(entry)

    def file(self, as_of: int) -> CaseFile:
        """Return the file of what was taken in."""
        attached = self.number is not None
        sections = [one for one in Section if one not in NESTED]
        return CaseFile(
            dispute=self.dispute,
            as_of_position=as_of,
            scope=Scope.CONTRACT if attached else Scope.UNATTACHED,
            events=self._events,
            contract=self._registered(self.number) if self.number is not None else None,
            holder=self._held(as_of) if attached else None,
            identities=Listed.of(versions(self._identities, self._threads)),
            disputes=self._disputes(),
            sections={section.value: self._threads.listed(section) for section in sections},
            tickets=self._involved.tickets(),
            addresses=self._uses.axis(),
            staff=self._involved.staff(),
        )

    def _registered(self, number: str) -> Contract:
        known = self._contract
        registered = next((m for m in self._marks.values() if m.type == "ContractRegistered"), None)
        mark, ending = self._ends or (None, None)
        return Contract(
            number=number,
            registered=registered,
            category=known.category if known else None,
            language=known.language if known else None,
            closed=mark,
            ending=ending,
        )

    def _held(self, as_of: int) -> Held:
        answer = holder_of_record(self._history, as_of)
        marks = tuple(self._marks[event] for event in answer.rests_on)
        match answer:
            case HeldOfRecord():
                return Held(
                    determined=True,
                    reason=None,
                    holders=answer.holders,
                    together=answer.together,
                    version=answer.version,
                    since=answer.since,
                    departure=answer.departure,
                    rests_on=marks,
                )
            case Undetermined():
                return Held(
                    determined=False,
                    reason=answer.reason,
                    holders=answer.status_quo,
                    together=None,
                    version=answer.version,
                    since=None,
                    departure=answer.departure,
                    rests_on=marks,
                )

    def _disputes(self) -> Listed[Case]:
        """Return the newest disputes, and in any case the one whose file it is."""
        threads = self._threads.of(Section.DISPUTES)
        shown = [one for one in threads[:-DISPUTES] if one.case == self.dispute]
        shown += threads[-DISPUTES:]
        claims: dict[UUID, list[Thread]] = {one.case: [] for one in shown}
        for claim in self._threads.of(Section.CLAIMS):
            if claim.case in claims:
                claims[claim.case].append(claim)
        return Listed(len(threads), tuple(self._told(one, claims[one.case]) for one in shown))

    def _told(self, dispute: Thread, claims: list[Thread]) -> Case:
        """Return a dispute with its newest claims: of another one fewer."""
        this = dispute.case == self.dispute
        newest = claims[-MOST if this else -DISPUTES :]
        told = Listed(len(claims), tuple(one.told() for one in newest))
        return Case(this, dispute.told(), told)
