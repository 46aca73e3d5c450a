"""One row of another system's log as history: exempt from rules, and inventing nothing."""

from domain.errors import Refused
from domain.ticket.commands import ImportRow
from domain.ticket.events import (
    Cause,
    ImportedAssignmentRecorded,
    ImportedUpdateRecorded,
    Priority,
    PriorityChanged,
    Status,
    StatusChanged,
    TicketEvent,
    TicketOpened,
)
from domain.ticket.state import TicketState
from domain.ticket.status import settled


def import_row(state: TicketState, command: ImportRow) -> tuple[TicketEvent, ...]:
    """Return what is news in the row; the first row opens the ticket."""
    if state.opened and (state.elsewhere is None or state.elsewhere.reference != command.reference):
        raise Refused("not-imported", "the ticket does not come from this record of another log")
    news = (
        *(() if state.opened else (_opening(command),)),
        *_priority(state, command),
        *_statuses(state, command),
        *_assignment(state, command),
    )
    if news and command.columns is None:
        return news
    return (*news, ImportedUpdateRecorded(command.row, command.columns))


def _opening(command: ImportRow) -> TicketOpened:
    return TicketOpened(
        number=command.number,
        contract=command.contract,
        requester=command.requester,
        channel=command.channel,
        language=command.language,
        priority=command.priority or Priority.NORMAL,
        subject=None,
        text=None,
        reference=command.reference,
        stated_opened_at=command.opened_at,
    )


def _priority(state: TicketState, command: ImportRow) -> tuple[TicketEvent, ...]:
    if not state.opened or command.priority in (None, state.priority):
        return ()
    assert command.priority is not None
    return (PriorityChanged(command.priority, state.priority, None),)


def _statuses(state: TicketState, command: ImportRow) -> tuple[TicketEvent, ...]:
    changes: list[TicketEvent] = []
    standing = state.status
    for status in (*[Status.REOPENED] * command.reopenings, command.status):
        again = status is Status.REOPENED and len(changes) < command.reopenings
        if status is not None and (again or status is not standing):
            changes.append(StatusChanged(status, standing, Cause.IMPORT, None, None))
            standing = status
    return (*changes, *settled(state, command.at)) if changes else ()


def _assignment(state: TicketState, command: ImportRow) -> tuple[TicketEvent, ...]:
    known = state.elsewhere
    team, assignee = (known.team, known.assignee) if known else (None, None)
    times = known.times if known else 0
    counted = times if command.reassignments is None else command.reassignments
    renamed = command.team not in (None, team) or command.assignee not in (None, assignee)
    if not renamed and counted == times:
        return ()
    return (ImportedAssignmentRecorded(command.team, command.assignee, counted),)
