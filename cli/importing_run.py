"""Recording a log's cases: in the order of time, each row once, through the one write path.

Positions follow the log's time across all tickets, so that the ledger reads as the log does: it is
recorded stretch by stretch. Within a stretch tickets are recorded side by side, so that they share
the store's commits, and each ticket's rows one after the other. Contracts come first.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from cli.importing_names import Names
from domain.contract import CONTRACT
from domain.contract.commands import ImportContract
from domain.decider import Decider
from domain.errors import KeyReused
from domain.handling import Handler, Reading, Step
from domain.importing.order import Entry, contracts, entries, in_time, stretches
from domain.importing.rows import Case, Problem
from domain.log import CommandKey
from domain.number import spoken
from domain.stream import Stream
from domain.ticket import TICKET
from domain.ticket.commands import ImportRow
from domain.values import Origin, OriginKind, Provenance, Purpose, Sealed
from infra.ids import new_id

STRETCH: Final = 64
"""Entries side by side: none comes further from its place in time. Larger batches are no faster."""

MANY: Final = 128
"""Contracts registered, and cases compared, side by side."""

UNDETERMINED: Final = "und"
"""BCP 47 for a language that nobody stated."""


@dataclass(slots=True)
class Done:
    """What a run found recorded already (`known` rows), and what it recorded."""

    known: int = 0
    rows: int = 0
    tickets: int = 0
    contracts: int = 0
    events: int = 0


@dataclass(slots=True)
class Importer:
    """Records the cases of one file; it may be cut off anywhere and begun again."""

    handler: Handler
    names: Names
    correlation: UUID = field(default_factory=new_id)
    done: Done = field(default_factory=Done)

    async def compare(self, cases: Sequence[Case]) -> tuple[list[Entry], list[Problem]]:
        """Return what is not recorded yet, in order, and rows that contradict what is."""
        fresh: list[Entry] = []
        problems: list[Problem] = []
        for start in range(0, len(cases), MANY):
            part = cases[start : start + MANY]
            for new, wrong in await asyncio.gather(*map(self._compare_case, part)):
                fresh += new
                problems += wrong
        return in_time(fresh), problems

    async def record(self, ordered: Sequence[Entry], progress: Callable[[int], None]) -> None:
        """Record the entries. Raises Refused, Unavailable; what is done by then stays done."""
        registrations = list(contracts(ordered).items())
        for start in range(0, len(registrations), MANY):
            part = registrations[start : start + MANY]
            await _all(self._register(number, entry) for number, entry in part)
        recorded = 0
        for stretch in stretches(ordered, STRETCH):
            # Given one after the other, numbers of new tickets follow time as positions do.
            numbered = [(chain, await self._number(chain[0])) for chain in stretch]
            await _all(self._record_chain(chain, number) for chain, number in numbered)
            recorded += sum(map(len, stretch))
            progress(recorded)

    async def _compare_case(self, case: Case) -> tuple[list[Entry], list[Problem]]:
        fresh: list[Entry] = []
        problems: list[Problem] = []
        for entry in entries(case):
            try:
                known = await self.handler.log.recall(self._key(entry)) is not None
            except KeyReused:
                problems.append(
                    Problem(entry.told_by.line, "recorded before, and it said other things")
                )
                continue
            if known:
                self.done.known += entry.update is not None
                problems += [_too_late(skipped) for skipped in fresh]
                fresh = []
            elif entry.update is None:
                return list(entries(case)), []
            else:
                fresh.append(entry)
        return fresh, problems

    async def _number(self, entry: Entry) -> str:
        if entry.update is not None:
            return ""
        return spoken(await self.handler.log.next_ticket_number())

    async def _record_chain(self, chain: Sequence[Entry], number: str) -> None:
        stream = self.names.ticket(chain[0].case)
        for entry in chain:
            command = self._command(entry, number)
            await self._handle(TICKET, stream, command, self._key(entry), entry)
            self.done.rows += entry.update is not None
            self.done.tickets += entry.update is None

    async def _register(self, number: str, entry: Entry) -> None:
        if await self.handler.log.contract_stream(number) is not None:
            return
        command = ImportContract(
            by=self.names.actor(None),
            at=datetime.now(UTC),
            number=number,
            holder=self.names.holder(number),
            language=UNDETERMINED,
        )
        stream, key = self.names.contract(number, entry.at), self.names.contract_key(number)
        await self._handle(CONTRACT, stream, command, key, entry)
        self.done.contracts += 1

    async def _handle(
        self,
        decider: Decider[Any, Any, Any],
        stream: Stream,
        command: ImportContract | ImportRow,
        key: CommandKey,
        entry: Entry,
    ) -> None:
        async def plan(_: Reading) -> tuple[Step, ...]:
            return (Step(decider, stream, command),)

        provenance = Provenance(
            actor=command.by,
            at=command.at,
            correlation=self.correlation,
            origin=Origin(OriginKind.IMPORTED, self.names.source, entry.told_by.ordinal),
            occurred_at=entry.at,
        )
        accepted = await self.handler.handle(plan, key, provenance)
        self.done.events += len(accepted.event_ids)

    def _key(self, entry: Entry) -> CommandKey:
        if entry.update is None:
            return self.names.opening_key(entry.case)
        return self.names.row_key(entry.case, entry.update)

    def _command(self, entry: Entry, number: str) -> ImportRow:
        case, update = entry.case, entry.update
        opening = ImportRow(
            by=self.names.actor(case.opening.actor),
            at=datetime.now(UTC),
            row=entry.ordinal,
            number=number,
            reference=case.reference,
            contract=case.opening.contract,
            requester=self.names.requester(case),
            language=UNDETERMINED,
            channel=case.opening.channel,
            opened_at=case.opening.stated_at,
            priority=case.opening.priority,
        )
        if update is None:
            return opening
        return replace(
            opening,
            by=self.names.actor(update.actor),
            priority=update.priority,
            status=update.status,
            reopenings=update.reopenings,
            reassignments=update.reassignments,
            team=self.names.team(update.team),
            assignee=self.names.person(update.assignee),
            columns=Sealed(update.told, opening.requester, Purpose.CORRESPONDENCE),
        )


async def _all(work: Iterable[Awaitable[None]]) -> None:
    """Wait for all of it, then raise what the first one to fail raised."""
    for result in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result


def _too_late(entry: Entry) -> Problem:
    return Problem(entry.told_by.line, "later rows of its case were recorded before it")
