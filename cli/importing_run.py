"""Recording a log's cases: in the order of time, each row once, through the one write path.

Positions follow the log's time across all tickets, so that the ledger reads as the log does. Rows
that follow each other in time and belong to different tickets and contracts form a wave: they are
appended together and share the store's commits. A ticket's next row waits for the one before.
"""

import asyncio
from collections.abc import Callable, Sequence
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
from domain.importing.order import Entry, entries, in_time, waves
from domain.importing.rows import Case, Problem
from domain.log import CommandKey
from domain.number import spoken
from domain.stream import Stream
from domain.ticket import TICKET
from domain.ticket.commands import ImportRow
from domain.values import Origin, OriginKind, Provenance, Purpose, Sealed
from infra.ids import new_id

WAVE: Final = 128
"""Appends in flight at once; larger batches of the store are slower."""

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
    _contracts: set[str] = field(default_factory=set)

    async def compare(self, cases: Sequence[Case]) -> tuple[list[Entry], list[Problem]]:
        """Return what is not recorded yet, in order, and rows that contradict what is."""
        fresh: list[Entry] = []
        problems: list[Problem] = []
        for start in range(0, len(cases), WAVE):
            part = cases[start : start + WAVE]
            for new, wrong in await asyncio.gather(*map(self._compare_case, part)):
                fresh += new
                problems += wrong
        return in_time(fresh), problems

    async def record(self, ordered: Sequence[Entry], progress: Callable[[int], None]) -> None:
        """Record the entries wave by wave. Raises Refused, Unavailable; what is done stays."""
        recorded = 0
        for wave in waves(ordered, WAVE):
            # Given one after the other, numbers of new tickets follow time as positions do.
            numbers = [await self._number(entry) for entry in wave]
            results = await asyncio.gather(
                *map(self._record, wave, numbers), return_exceptions=True
            )
            for result in results:
                if isinstance(result, BaseException):
                    raise result
            recorded += len(wave)
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

    async def _record(self, entry: Entry, number: str) -> None:
        if entry.update is None:
            await self._register(entry)
        command = self._command(entry, number)
        await self._handle(TICKET, self.names.ticket(entry.case), command, self._key(entry), entry)
        self.done.rows += entry.update is not None
        self.done.tickets += entry.update is None

    async def _register(self, entry: Entry) -> None:
        number = entry.case.opening.contract
        if number is None or number in self._contracts:
            return
        self._contracts.add(number)
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


def _too_late(entry: Entry) -> Problem:
    return Problem(entry.told_by.line, "later rows of its case were recorded before it")
