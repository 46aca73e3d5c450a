"""The ticket's decider: which rules answer which command."""

from typing import assert_never

from domain.erasure import CompleteErasure
from domain.errors import NotFound
from domain.limits import check_texts
from domain.log import ContractOpen, Guard
from domain.ticket import erasing, holding, marking, messages, status
from domain.ticket.commands import (
    AcknowledgeTicket,
    AddAttachment,
    AddressTicket,
    AssignTicket,
    ChangePriority,
    ChangeStatus,
    ChangeTags,
    ClaimTicket,
    CorrectMessage,
    EraseMessage,
    HandOverTicket,
    ImportRow,
    KeepMail,
    LinkTicket,
    MoveTicket,
    OpenTicket,
    PostMessage,
    RecordWork,
    ReleaseTicket,
    RetractMessage,
    TicketCommand,
)
from domain.ticket.events import TicketEvent
from domain.ticket.importing import import_row
from domain.ticket.state import TicketState


def decide(state: TicketState, command: TicketCommand) -> tuple[TicketEvent, ...]:  # noqa: C901, PLR0911, PLR0912 - one case a command
    """Return what happens when `command` is asked of a ticket in `state`; nothing: nothing changes.

    Raises NotFound before the ticket was opened, Refused by a rule, Malformed by a text's size.
    """
    check_texts(command)
    match command:
        case OpenTicket():
            return marking.open_ticket(state, command)
        case ImportRow():
            return import_row(state, command)
        case CompleteErasure():
            return erasing.complete_message(state, command)
        case _ if not state.opened:
            raise NotFound("there is no such ticket")
        case AcknowledgeTicket():
            return status.acknowledge(state, command)
        case ChangeStatus():
            return status.change_status(state, command)
        case PostMessage():
            return messages.post(state, command)
        case CorrectMessage():
            return messages.correct(state, command)
        case RetractMessage():
            return messages.retract(state, command)
        case AddAttachment():
            return messages.attach(state, command)
        case KeepMail():
            return messages.keep_mail(state, command)
        case ClaimTicket():
            return holding.claim(state, command)
        case AssignTicket():
            return holding.assign(state, command)
        case AddressTicket():
            return holding.address(state, command)
        case HandOverTicket():
            return holding.hand_over(state, command)
        case ReleaseTicket():
            return holding.release(state, command)
        case ChangePriority():
            return marking.change_priority(state, command)
        case ChangeTags():
            return marking.change_tags(state, command)
        case LinkTicket():
            return marking.link(state, command)
        case MoveTicket():
            return marking.move(state, command)
        case RecordWork():
            return marking.record_work(state, command)
        case EraseMessage():
            return erasing.erase_message(state, command)
        case _:
            assert_never(command)


def contract_of(state: TicketState) -> str | None:
    """Return the contract under which the ticket's last event counts."""
    return state.contract


def guards(state: TicketState, command: TicketCommand) -> tuple[Guard, ...]:
    """Return what must hold elsewhere: a contract gaining a ticket is open; imports are exempt."""
    match command:
        case OpenTicket(contract=str(number)):
            return (ContractOpen(number),)
        case MoveTicket(contract=number) if number != state.contract:
            return (ContractOpen(number),)
        case _:
            return ()
