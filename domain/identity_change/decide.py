"""The identity change's decider: which rules answer which command."""

from typing import assert_never

from domain.contract.ownership.decide import by_staff
from domain.errors import NotFound, Refused
from domain.identity.commands import IssuePhotoCode, RecordIdentityCheck
from domain.identity_change import approving, asking, contesting
from domain.identity_change.commands import (
    ApplyIdentityChange,
    ApproveIdentityChange,
    ContestIdentityChange,
    DismissContest,
    DrawApprover,
    EraseCopies,
    ExcuseApprover,
    IdentityChangeCommand,
    RecordChangeNotice,
    RefuseIdentityChange,
    RequestIdentityChange,
    WithdrawIdentityChange,
)
from domain.identity_change.events import IdentityChangeEvent
from domain.identity_change.state import OPEN, IdentityChangeState
from domain.limits import check_texts
from domain.log import Guard


def decide(  # noqa: C901, PLR0911, PLR0912 - one case a command
    state: IdentityChangeState, command: IdentityChangeCommand
) -> tuple[IdentityChangeEvent, ...]:
    """Return what happens when `command` is asked of a change of identity data in `state`.

    Raises NotFound before it was requested, Refused by a rule, Malformed by a text's size.
    """
    check_texts(command)
    if not isinstance(command, ContestIdentityChange):
        by_staff(command.by)
    match command:
        case RequestIdentityChange():
            return asking.request(state, command)
        case _ if state.asked is None:
            raise NotFound("there is no such change of identity data")
        case EraseCopies():
            return contesting.erase(state, command)
        case RecordChangeNotice():
            return approving.tell(state, state.asked, command)
        case _ if state.phase not in OPEN:
            raise Refused("change-over", "this change of identity data was decided")
        case IssuePhotoCode():
            return asking.issue(state, command)
        case RecordIdentityCheck():
            return asking.check(state, state.asked, command)
        case WithdrawIdentityChange():
            return asking.withdraw(command)
        case DrawApprover():
            return approving.draw_approver(state, state.asked, command)
        case ExcuseApprover():
            return approving.excuse(state, command)
        case ApproveIdentityChange():
            return approving.approve(state, state.asked, command)
        case ContestIdentityChange():
            return contesting.contest(state, command)
        case DismissContest():
            return contesting.dismiss(state, command)
        case RefuseIdentityChange():
            return contesting.refuse(command)
        case ApplyIdentityChange():
            return contesting.apply(state, state.asked, command)
        case _:
            assert_never(command)


def contract_of(state: IdentityChangeState) -> str | None:
    """Return the contract whose identity it would change."""
    return state.contract


def guards(state: IdentityChangeState, command: IdentityChangeCommand) -> tuple[Guard, ...]:  # noqa: ARG001 - the decider's form
    """Return nothing: the plans read what it depends on, so it is guarded."""
    return ()
