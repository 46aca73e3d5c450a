"""Staff: who may act as what, and since when no more."""

from datetime import timedelta
from typing import Any

import pytest
from unit.cast import LATER, NOW, SOON, SUPERVISOR, ask, said, uid
from unit.spec import given

from domain.errors import Malformed, NotFound
from domain.limits import KEYS_PER_PERSON, LANGUAGES_PER_PERSON
from domain.staff import STAFF
from domain.staff.commands import (
    GrantRole,
    IssueApiKey,
    JoinStaff,
    LeaveStaff,
    RevokeApiKey,
    RevokeRole,
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
    StaffJoined,
    StaffLeft,
    StaffReturned,
)
from domain.staff.state import acts_as, away, key_works
from domain.values import Role

KEY = uid(90)
DIGEST = "ab" * 32


def _do(command: type, **fields: Any) -> Any:
    return ask(command, by=SUPERVISOR, **fields)


def _join(**fields: Any) -> JoinStaff:
    usual = {
        "name": said("Ole Vik"),
        "login": said("dev|ole"),
        "roles": (Role.AGENT,),
        "languages": ("nb", "en"),
    }
    return _do(JoinStaff, **{**usual, **fields})


def _issue(**fields: Any) -> IssueApiKey:
    return _do(IssueApiKey, **{"key": KEY, "digest": DIGEST, **fields})


JOINED = given(STAFF).after(_join())
LEFT = JOINED.after(_issue(), _do(LeaveStaff))

ANYTHING = [
    _do(GrantRole, role=Role.SUPERVISOR),
    _do(RevokeRole, role=Role.AGENT),
    _do(StateLanguages, languages=("de",)),
    _do(StateAbsence),
    _do(StateReturn),
    _do(LeaveStaff),
    _issue(),
    _do(RevokeApiKey, key=KEY),
]


def test_somebody_joins_in_roles_and_languages() -> None:
    state = (
        given(STAFF)
        .when(_join(roles=(Role.SUPERVISOR, Role.AGENT, Role.AGENT)))
        .then(
            StaffJoined(
                said("Ole Vik"), said("dev|ole"), (Role.AGENT, Role.SUPERVISOR), ("nb", "en")
            )
        )
    )
    assert acts_as(state, Role.AGENT)
    assert acts_as(state, Role.SUPERVISOR)
    assert not acts_as(state, Role.OPERATOR)
    assert state.languages == ("nb", "en")


def test_who_never_joined_acts_as_nobody() -> None:
    assert not any(acts_as(STAFF.initial, role) for role in Role)


@pytest.mark.parametrize("command", ANYTHING)
def test_nothing_can_be_asked_of_somebody_who_is_not_there(command: object) -> None:
    given(STAFF).when(command).then_raises(NotFound)


def test_somebody_joins_once_and_in_a_role() -> None:
    JOINED.when(_join()).then_refused("staff-exists")
    given(STAFF).when(_join(roles=())).then_refused("role-required")


def test_customer_is_no_role_of_staff() -> None:
    given(STAFF).when(_join(roles=(Role.AGENT, Role.CUSTOMER))).then_refused(
        "customer-is-no-staff-role"
    )
    JOINED.when(_do(GrantRole, role=Role.CUSTOMER)).then_refused("customer-is-no-staff-role")


def test_a_name_is_not_blank() -> None:
    given(STAFF).when(_join(name=said(" "))).then_raises(Malformed)


def test_roles_come_and_go() -> None:
    state = JOINED.when(_do(GrantRole, role=Role.COMPLIANCE)).then(RoleGranted(Role.COMPLIANCE))
    assert acts_as(state, Role.COMPLIANCE)
    both = JOINED.after(_do(GrantRole, role=Role.COMPLIANCE))
    state = both.when(_do(RevokeRole, role=Role.AGENT)).then(RoleRevoked(Role.AGENT))
    assert not acts_as(state, Role.AGENT)


def test_a_role_had_and_one_not_had_change_nothing() -> None:
    JOINED.when(_do(GrantRole, role=Role.AGENT)).then_nothing()
    JOINED.when(_do(RevokeRole, role=Role.OPERATOR)).then_nothing()


def test_nobody_stays_without_any_role() -> None:
    JOINED.when(_do(RevokeRole, role=Role.AGENT)).then_refused("last-role")


def test_languages_are_stated_anew() -> None:
    state = JOINED.when(_do(StateLanguages, languages=("it",))).then(LanguagesStated(("it",)))
    assert state.languages == ("it",)
    JOINED.when(_do(StateLanguages, languages=("nb", "en"))).then_nothing()


def test_nobody_speaks_every_language() -> None:
    many = tuple(f"x{number}" for number in range(LANGUAGES_PER_PERSON + 1))
    JOINED.when(_do(StateLanguages, languages=many)).then_refused("too-many")
    given(STAFF).when(_join(languages=many)).then_refused("too-many")


# Away and back


def test_an_absence_ends_by_itself_or_by_a_return() -> None:
    state = JOINED.when(_do(StateAbsence, until=SOON)).then(StaffAbsent(SOON))
    assert away(state, NOW)
    assert not away(state, SOON)
    assert away(JOINED.after(_do(StateAbsence)).state, NOW + timedelta(days=9000))
    state = JOINED.after(_do(StateAbsence)).when(_do(StateReturn)).then(StaffReturned())
    assert not away(state, NOW)


def test_being_away_takes_no_right() -> None:
    assert acts_as(JOINED.after(_do(StateAbsence)).state, Role.AGENT)


def test_the_same_absence_and_a_return_of_somebody_present_change_nothing() -> None:
    absent = JOINED.after(_do(StateAbsence, until=SOON))
    absent.when(_do(StateAbsence, until=SOON)).then_nothing()
    assert absent.when(_do(StateAbsence, until=LATER)).types == ["StaffAbsent"]
    JOINED.when(_do(StateReturn)).then_nothing()


def test_an_absence_ends_in_the_future() -> None:
    JOINED.when(_do(StateAbsence, until=NOW)).then_refused("expiry-in-future")


# Keys


def test_a_key_works_until_it_expires_or_is_revoked() -> None:
    state = JOINED.when(_issue(expires_at=SOON)).then(ApiKeyIssued(KEY, DIGEST, SOON))
    assert key_works(state, KEY, NOW)
    assert not key_works(state, KEY, SOON)
    assert not key_works(state, uid(91), NOW)
    assert key_works(JOINED.after(_issue()).state, KEY, NOW + timedelta(days=9000))
    state = JOINED.after(_issue()).when(_do(RevokeApiKey, key=KEY)).then(ApiKeyRevoked(KEY))
    assert not key_works(state, KEY, NOW)


def test_a_key_is_issued_once_and_revoked_once() -> None:
    JOINED.after(_issue()).when(_issue()).then_refused("key-already-there")
    JOINED.when(_do(RevokeApiKey, key=KEY)).then_nothing()
    JOINED.when(_issue(expires_at=NOW)).then_refused("expiry-in-future")


def test_somebody_has_so_many_working_keys_and_no_more() -> None:
    keys = [_issue(key=uid(300 + number)) for number in range(KEYS_PER_PERSON)]
    full = JOINED.after(*keys)
    full.when(_issue()).then_refused("too-many")
    assert full.after(_do(RevokeApiKey, key=uid(300))).when(_issue()).types == ["ApiKeyIssued"]


# The end


def test_who_left_has_no_role_and_no_key_any_more() -> None:
    state = JOINED.after(_issue()).when(_do(LeaveStaff)).then(StaffLeft())
    assert not any(acts_as(state, role) for role in Role)
    assert not key_works(state, KEY, NOW)
    assert not state.active


@pytest.mark.parametrize("command", ANYTHING)
def test_nothing_happens_to_who_left(command: object) -> None:
    LEFT.when(command).then_refused("staff-left")


def test_who_left_does_not_join_the_same_stream_again() -> None:
    LEFT.when(_join()).then_refused("staff-exists")


def test_staff_belong_to_no_contract() -> None:
    assert STAFF.contract_of(JOINED.state) is None
    assert JOINED.guards(_issue()) == ()
