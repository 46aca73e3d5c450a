"""Getting an account back: reported, suspended, proved, restored, each confirmed."""

from typing import Any

import pytest
from unit.cast import CUSTOMER, PORTAL, SOON, SYSTEM, ask, identity, said, uid
from unit.ownership_cast import (
    ASKER,
    CHECKER,
    COMPANY,
    HOLDER,
    JOINT,
    LAWYER,
    LEFT,
    REGISTERED,
    REPRESENTATIVE,
    SECOND,
    TICKET,
    mandate,
    on_record,
    papers,
    person,
    photo,
    registration,
    specialist,
    state_of,
    visit,
)
from unit.spec import Given, given

from domain.contract import CONTRACT
from domain.contract.ownership.events import HolderDoubted
from domain.contract.ownership.vocabulary import Doubt, Together
from domain.contract.state import UNREAD
from domain.errors import NotFound
from domain.identity.commands import IssuePhotoCode, RecordIdentityCheck
from domain.identity.proof import Capacity, Check, Finding, Scope
from domain.recovery import RECOVERY
from domain.recovery.commands import (
    ConfirmProvisioning,
    DropRecovery,
    OrderRestoration,
    OrderSuspension,
    ReportRecovery,
)
from domain.recovery.events import (
    Act,
    Dropping,
    ProvisioningConfirmed,
    ProvisioningOrdered,
    RecoveryChecked,
    RecoveryCodeIssued,
    RecoveryDropped,
    RecoveryReported,
)
from domain.values import Actor, ActorKind, Role

WORDS, WHY = said("somebody has my password"), said("it was not proved")
STANDING = state_of(REGISTERED)
CODE = uid(80)
NAME = identity("Ann Ode")
SUSPEND, RESTORE, REVOKE = Act


def report(**fields: Any) -> ReportRecovery:
    usual = {
        "by": ASKER,
        "contract": "C-1",
        "ticket": TICKET,
        "reporter": HOLDER,
        "capacity": Capacity.IN_PERSON,
        "words": WORDS,
    }
    return ask(ReportRecovery, **{**usual, **fields})


def check(one: Check, standing: Any = STANDING) -> RecordIdentityCheck:
    return ask(RecordIdentityCheck, by=CHECKER, check=one, standing=standing)


def restore(**fields: Any) -> OrderRestoration:
    usual = {"by": SECOND, "person": HOLDER, "name": NAME, "standing": STANDING}
    return ask(OrderRestoration, **{**usual, **fields})


def confirm(act: Act, by: Any = SYSTEM) -> ConfirmProvisioning:
    return ask(ConfirmProvisioning, by=by, act=act)


SUSPENSION = ask(OrderSuspension, by=ASKER)
DROP = ask(DropRecovery, by=SECOND, dropping=Dropping.NOT_PROVED, explanation=WHY)
REPORTED = given(RECOVERY).after(report())
ORDERED = REPORTED.after(SUSPENSION)
SUSPENDED = ORDERED.after(confirm(SUSPEND))
PROVED = SUSPENDED.after(check(visit(1)))
RESTORED = PROVED.after(restore())


def test_a_theft_is_reported_under_the_contract() -> None:
    state = (
        given(RECOVERY)
        .when(report())
        .then(RecoveryReported("C-1", TICKET, ASKER.id, HOLDER, Capacity.IN_PERSON, None, WORDS))
    )
    assert RECOVERY.contract_of(state) == "C-1"
    assert RECOVERY.guards(state, report()) == ()
    REPORTED.when(report()).then_refused("recovery-exists")
    given(RECOVERY).when(SUSPENSION).then_raises(NotFound)


@pytest.mark.parametrize("by", [CUSTOMER, PORTAL])
def test_staff_recover_and_customers_do_not(by: Any) -> None:
    given(RECOVERY).when(report(by=by)).then_refused("identity-by-staff")
    PROVED.when(restore(by=by)).then_refused("identity-by-staff")


def test_suspension_is_ordered_once_and_confirmed_once() -> None:
    REPORTED.when(SUSPENSION).then(ProvisioningOrdered(SUSPEND, ASKER.id, None))
    ORDERED.when(SUSPENSION).then_nothing()
    ORDERED.when(confirm(SUSPEND)).then(ProvisioningConfirmed(SUSPEND))
    SUSPENDED.when(confirm(SUSPEND)).then_nothing()
    REPORTED.when(confirm(SUSPEND)).then_refused("provisioning-unordered")


@pytest.mark.parametrize("by", [SYSTEM, ASKER, PORTAL])
def test_provisioning_confirms(by: Any) -> None:
    assert ORDERED.when(confirm(SUSPEND, by)).types == ["ProvisioningConfirmed"]


@pytest.mark.parametrize("by", [CUSTOMER, Actor(ActorKind.IMPORTED, uid(8), None)])
def test_customers_confirm_nothing(by: Any) -> None:
    ORDERED.when(confirm(SUSPEND, by)).then_refused("confirmed-by-provisioning")


def test_access_is_given_back_after_it_was_taken_from_everybody() -> None:
    proved = check(visit(1))
    for given_ in (REPORTED.after(proved), ORDERED.after(proved)):
        given_.when(restore()).then_refused("suspension-unconfirmed")
    state = PROVED.when(restore()).then(
        ProvisioningOrdered(RESTORE, SECOND.id, HOLDER),
        ProvisioningOrdered(REVOKE, SECOND.id, HOLDER),
    )
    assert state.decided
    assert not state.over
    assert RESTORED.after(confirm(REVOKE), confirm(RESTORE)).state.over


def test_whoever_gives_access_back_is_signed_in_and_checked_nothing() -> None:
    PROVED.when(restore(by=CHECKER)).then_refused("restored-by-another")
    other_token = specialist(12, Role.SUPERVISOR)
    assert other_token.id == CHECKER.id
    PROVED.when(restore(by=other_token)).then_refused("restored-by-another")
    keyed = Actor(ActorKind.STAFF, SECOND.id, Role.AGENT)
    PROVED.when(restore(by=keyed)).then_refused("interactive-required")


def _restorable(given_: Given, **fields: Any) -> bool:
    return given_.when(restore(**fields)).passes("checks-missing")


def test_it_takes_the_holders_word_and_the_persons_face() -> None:
    assert not _restorable(SUSPENDED)
    assert not _restorable(SUSPENDED.after(check(visit(1, LAWYER))), person=LAWYER)
    assert not _restorable(SUSPENDED.after(check(visit(1, finding=Finding.FAILED))))
    assert not _restorable(PROVED, person=LAWYER)
    assert not _restorable(PROVED, standing=UNREAD)


def test_an_attorney_gets_access_for_the_holder_if_the_papers_say_so() -> None:
    for scope, good in (((Scope.TICKETS,), False), ((Scope.ACCESS,), True)):
        attorney = papers(1, mandate(scope=scope))
        given_ = SUSPENDED.after(check(attorney), check(visit(2, LAWYER)))
        assert _restorable(given_, person=LAWYER) == good


def test_the_representative_on_record_gets_the_organisations_access_until_they_leave() -> None:
    state = state_of(COMPANY)
    (has,) = state.ownership.acting
    given_ = SUSPENDED.after(check(on_record(1, has), state), check(visit(2, REPRESENTATIVE)))
    assert _restorable(given_, person=REPRESENTATIVE, standing=state)
    left = state_of(COMPANY.and_(LEFT))
    assert not _restorable(given_, person=REPRESENTATIVE, standing=left)
    foreign = on_record(1, mandate())
    SUSPENDED.when(check(foreign, state)).then_refused("authority-unknown")
    SUSPENDED.when(check(visit(3), state)).then_refused("organisation-through-people")


@pytest.mark.parametrize("together", Together)
def test_joint_holders_agree_as_they_said(together: Together) -> None:
    joint = given(CONTRACT).after(registration(joint=(person(JOINT),), together=together))
    state = state_of(joint)
    assert _restorable(PROVED, standing=state) == (together is Together.ANY)
    assert _restorable(PROVED.after(check(visit(2, JOINT))), standing=state)


def test_nobody_gets_the_access_of_somebody_who_died_in_person() -> None:
    doubt = HolderDoubted(uid(72), HOLDER, Doubt.DECEASED, None, WHY)
    assert not _restorable(PROVED, standing=state_of(REGISTERED.and_(doubt)))


def test_a_photo_shows_the_code_that_was_given_out() -> None:
    issue = ask(IssuePhotoCode, by=CHECKER, code=CODE, expires_at=SOON, shown=WORDS)
    SUSPENDED.when(issue).then(RecoveryCodeIssued(CODE, CHECKER.id, SOON, WORDS))
    good = SUSPENDED.after(issue).when(check(photo(1, CODE)))
    good.then(RecoveryChecked(CHECKER.id, photo(1, CODE), None))
    SUSPENDED.when(check(photo(1, CODE))).then_refused("photo-code-unknown")


def test_what_was_not_proved_leaves_everything_as_it_was() -> None:
    dropped = RecoveryDropped(Dropping.NOT_PROVED, SECOND.id, WHY)
    REPORTED.when(DROP).then(dropped)
    state = SUSPENDED.when(DROP).then(dropped, ProvisioningOrdered(RESTORE, SECOND.id, None))
    assert not state.over
    assert SUSPENDED.after(DROP, confirm(RESTORE)).state.over
    assert REPORTED.after(DROP).state.over


@pytest.mark.parametrize("given_", [RESTORED, SUSPENDED.after(DROP)])
@pytest.mark.parametrize("command", [SUSPENSION, DROP, restore(), check(visit(2))])
def test_a_recovery_is_decided_once(given_: Given, command: Any) -> None:
    given_.when(command).then_refused("recovery-over")
