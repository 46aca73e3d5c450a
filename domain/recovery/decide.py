"""The recovery's decider: suspended first, then proved, then restored, each of them confirmed."""

from typing import assert_never

from domain.contract.ownership.decide import by_staff
from domain.errors import NotFound, Refused
from domain.identity.agreeing import holders_agree
from domain.identity.checking import check_can_be_recorded, code_can_be_given
from domain.identity.commands import IssuePhotoCode, RecordIdentityCheck
from domain.identity.proof import Scope, identified, still_given
from domain.limits import check_texts
from domain.log import Guard
from domain.recovery.commands import (
    ConfirmProvisioning,
    DropRecovery,
    OrderRestoration,
    OrderSuspension,
    RecoveryCommand,
    ReportRecovery,
)
from domain.recovery.events import (
    Act,
    ProvisioningConfirmed,
    ProvisioningOrdered,
    RecoveryChecked,
    RecoveryCodeIssued,
    RecoveryDropped,
    RecoveryEvent,
    RecoveryReported,
)
from domain.recovery.state import RecoveryState
from domain.values import ActorKind, Assurance


def decide(state: RecoveryState, command: RecoveryCommand) -> tuple[RecoveryEvent, ...]:  # noqa: C901, PLR0911 - one case a command
    """Return what happens when `command` is asked of a recovery in `state`.

    Raises NotFound before it was reported, Refused by a rule, Malformed by a text's size.
    """
    check_texts(command)
    if not isinstance(command, ConfirmProvisioning):
        by_staff(command.by)
    match command:
        case ReportRecovery():
            return _report(state, command)
        case _ if state.contract is None:
            raise NotFound("there is no such recovery")
        case ConfirmProvisioning():
            return _confirm(state, command)
        case _ if state.decided:
            raise Refused("recovery-over", "this recovery was decided: report another one")
        case IssuePhotoCode():
            code_can_be_given(state.evidence, command.code, command.expires_at, command.at)
            return (
                RecoveryCodeIssued(command.code, command.by.id, command.expires_at, command.shown),
            )
        case RecordIdentityCheck():
            return _check(state, command)
        case OrderSuspension():
            return _suspend(state, command)
        case OrderRestoration():
            return _restore(state, command)
        case DropRecovery():
            return _drop(state, command)
        case _:
            assert_never(command)


def contract_of(state: RecoveryState) -> str | None:
    """Return the contract whose access it is about."""
    return state.contract


def guards(state: RecoveryState, command: RecoveryCommand) -> tuple[Guard, ...]:  # noqa: ARG001 - the decider's form
    """Return nothing: the plans read what it depends on, so it is guarded."""
    return ()


def _report(state: RecoveryState, command: ReportRecovery) -> tuple[RecoveryEvent, ...]:
    if state.contract is not None:
        raise Refused("recovery-exists", "a recovery with this id was reported before")
    return (
        RecoveryReported(
            command.contract,
            command.ticket,
            command.by.id,
            command.reporter,
            command.capacity,
            command.name,
            command.words,
        ),
    )


def _check(state: RecoveryState, command: RecordIdentityCheck) -> tuple[RecoveryEvent, ...]:
    check_can_be_recorded(state.evidence, command.check, command.at, command.standing.ownership)
    return (RecoveryChecked(command.by.id, command.check, command.found),)


def _suspend(state: RecoveryState, command: OrderSuspension) -> tuple[RecoveryEvent, ...]:
    if Act.SUSPEND_ACCESS in state.ordered:
        return ()
    return (ProvisioningOrdered(Act.SUSPEND_ACCESS, command.by.id, None),)


def _restore(state: RecoveryState, command: OrderRestoration) -> tuple[RecoveryEvent, ...]:
    if Act.SUSPEND_ACCESS not in state.confirmed:
        raise Refused("suspension-unconfirmed", "access is given back once nobody has it any more")
    if command.by.assurance is not Assurance.INTERACTIVE:
        raise Refused("interactive-required", "sign in to decide: an API key decides nothing")
    if command.by.id in state.evidence.checkers:
        raise Refused("restored-by-another", "somebody who checked nothing gives access back")
    if not _proved(state, command):
        raise Refused("checks-missing", "it is not proved that the holder asks for access")
    by = command.by.id
    return (
        ProvisioningOrdered(Act.RESTORE_ACCESS, by, command.person),
        ProvisioningOrdered(Act.REVOKE_OTHER_ACCESS, by, command.person),
    )


def _proved(state: RecoveryState, command: OrderRestoration) -> bool:
    """Say whether the holders of record are proved to ask, and this person to be who they say."""
    ownership = command.standing.ownership
    checks = still_given(state.evidence.checks, ownership.acting)
    agree = holders_agree(checks, ownership, Scope.ACCESS, command.at)
    return bool(ownership.holders) and agree and identified(checks, command.person)


def _confirm(state: RecoveryState, command: ConfirmProvisioning) -> tuple[RecoveryEvent, ...]:
    if command.by.kind in (ActorKind.CUSTOMER, ActorKind.IMPORTED):
        raise Refused("confirmed-by-provisioning", "provisioning says what it has done")
    if command.act not in state.ordered:
        raise Refused("provisioning-unordered", "it was not told to do this")
    return () if command.act in state.confirmed else (ProvisioningConfirmed(command.act),)


def _drop(state: RecoveryState, command: DropRecovery) -> tuple[RecoveryEvent, ...]:
    dropped = RecoveryDropped(command.dropping, command.by.id, command.explanation)
    if Act.SUSPEND_ACCESS not in state.ordered:
        return (dropped,)
    return (dropped, ProvisioningOrdered(Act.RESTORE_ACCESS, command.by.id, None))
