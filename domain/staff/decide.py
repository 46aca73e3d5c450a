"""The staff member's decider: which rules answer which command."""

from collections.abc import Collection
from datetime import datetime
from typing import assert_never

from domain.errors import NotFound, Refused
from domain.limits import KEYS_PER_PERSON, LANGUAGES_PER_PERSON, check_texts
from domain.log import Guard
from domain.staff.commands import (
    GrantRole,
    IssueApiKey,
    JoinStaff,
    LeaveStaff,
    RevokeApiKey,
    RevokeRole,
    StaffCommand,
    StateAbsence,
    StateLanguages,
    StateReturn,
)
from domain.staff.events import (
    ApiKeyIssued,
    ApiKeyRevoked,
    LanguagesStated,
    RoleGranted,
    RoleRevoked,
    StaffAbsent,
    StaffEvent,
    StaffJoined,
    StaffLeft,
    StaffReturned,
)
from domain.staff.state import StaffState
from domain.values import Role


def decide(state: StaffState, command: StaffCommand) -> tuple[StaffEvent, ...]:  # noqa: C901, PLR0911 - one case a command
    """Return what happens when `command` is asked of a staff member in `state`.

    Raises NotFound before they joined, Refused by a rule, Malformed by a text's size.
    """
    check_texts(command)
    match command:
        case JoinStaff():
            return _join(state, command)
        case _ if not state.joined:
            raise NotFound("there is no such staff member")
        case _ if state.left:
            raise Refused("staff-left", "they left for good: somebody who comes back joins anew")
        case GrantRole(role=role):
            _roles_of_staff((role,))
            return () if role in state.roles else (RoleGranted(role),)
        case RevokeRole(role=role):
            return _revoke_role(state, role)
        case StateLanguages(languages=languages):
            _few(languages)
            return () if languages == state.languages else (LanguagesStated(languages),)
        case StateAbsence():
            return _absent(state, command)
        case StateReturn():
            return (StaffReturned(),) if state.absent else ()
        case LeaveStaff():
            return (StaffLeft(),)
        case IssueApiKey():
            return _issue(state, command)
        case RevokeApiKey(key=key):
            return (ApiKeyRevoked(key),) if any(one.id == key for one in state.keys) else ()
        case _:
            assert_never(command)


def contract_of(state: StaffState) -> None:
    """Return None: what happens to staff is no contract's history."""


def guards(state: StaffState, command: StaffCommand) -> tuple[Guard, ...]:  # noqa: ARG001 - the decider's form
    """Return nothing: staff depend on no other stream."""
    return ()


def _join(state: StaffState, command: JoinStaff) -> tuple[StaffEvent, ...]:
    if state.joined:
        raise Refused("staff-exists", "somebody with this id joined before")
    if not command.roles:
        raise Refused("role-required", "name at least one role in which they act")
    _roles_of_staff(command.roles)
    _few(command.languages)
    roles = tuple(role for role in Role if role in command.roles)
    return (StaffJoined(command.name, command.login, roles, command.languages),)


def _roles_of_staff(roles: Collection[Role]) -> None:
    if Role.CUSTOMER in roles:
        raise Refused("customer-is-no-staff-role", "customers are persons named under contracts")


def _revoke_role(state: StaffState, role: Role) -> tuple[StaffEvent, ...]:
    if role not in state.roles:
        return ()
    if state.roles == {role}:
        raise Refused("last-role", "it is their only role: grant another first, or let them leave")
    return (RoleRevoked(role),)


def _few(languages: tuple[str, ...]) -> None:
    if len(languages) > LANGUAGES_PER_PERSON:
        raise Refused("too-many", f"somebody answers in at most {LANGUAGES_PER_PERSON} languages")


def _absent(state: StaffState, command: StateAbsence) -> tuple[StaffEvent, ...]:
    _in_future(command.until, command.at)
    if state.absent and state.absent_until == command.until:
        return ()
    return (StaffAbsent(command.until),)


def _issue(state: StaffState, command: IssueApiKey) -> tuple[StaffEvent, ...]:
    _in_future(command.expires_at, command.at)
    if any(one.id == command.key for one in state.keys):
        raise Refused("key-already-there", "a key with this id was issued before")
    if len(state.keys) >= KEYS_PER_PERSON:
        raise Refused("too-many", f"somebody has at most {KEYS_PER_PERSON} keys that work")
    return (ApiKeyIssued(command.key, command.digest, command.expires_at),)


def _in_future(moment: datetime | None, at: datetime) -> None:
    if moment is not None and moment <= at:
        raise Refused("expiry-in-future", "the moment given lies in the past")
