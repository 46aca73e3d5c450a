"""What checks prove: who somebody is and for whom they act; who is drawn; how old a role is."""

from collections import Counter
from typing import Any

import pytest
from unit.cast import AGENT, NOW, REASON, SOON, recorded, uid
from unit.ownership_cast import (
    COMPANY,
    HOLDER,
    LAWYER,
    days,
    mandate,
    papers,
    photo,
    state_of,
    visit,
)

from domain.contract.ownership.state import UNOWNED, Ownership
from domain.errors import Refused
from domain.identity.checking import (
    NO_EVIDENCE,
    Evidence,
    check_can_be_recorded,
    code_can_be_given,
)
from domain.identity.draw import draw
from domain.identity.proof import Capacity, Check, Finding, Method, Scope, Shown, identified, proved
from domain.identity.standing import role_since
from domain.limits import CHECKS_PER_CASE, CODES_PER_CASE, COPIES_PER_CHECK
from domain.log import Recorded
from domain.staff.events import RoleGranted, RoleRevoked, StaffAbsent, StaffJoined, StaffLeft
from domain.stream import Stream, StreamKind
from domain.values import Role

CODE = uid(80)
GIVEN = NO_EVIDENCE.with_code(CODE, SOON)
PASSED, FAILED, UNCLEAR = Finding.PASSED, Finding.FAILED, Finding.UNCLEAR
HEIR, BROTHER = uid(46), uid(47)


def _heir(who: Any, **fields: Any) -> Any:
    return mandate(who, capacity=Capacity.HEIR, **{"named": 2, **fields})


def _proved(*checks: Check, scope: Scope = Scope.IDENTITY, **fields: Any) -> bool:
    return proved(checks, HOLDER, scope, NOW, **fields)


def _refused(rule: str, evidence: Evidence, check: Check, ownership: Ownership = UNOWNED) -> None:
    with pytest.raises(Refused) as refused:
        check_can_be_recorded(evidence, check, NOW, ownership)
    assert refused.value.rule == rule


# What proves


def test_nothing_proves_nothing_and_a_good_look_proves_who_somebody_is() -> None:
    assert not _proved()
    assert _proved(visit(1))
    assert _proved(photo(1, CODE))
    assert not _proved(visit(1, LAWYER))


@pytest.mark.parametrize("finding", [FAILED, UNCLEAR])
def test_the_last_look_counts(finding: Finding) -> None:
    assert not _proved(visit(1), visit(2, finding=finding))
    assert _proved(visit(1, finding=finding), visit(2))
    assert _proved(visit(1), visit(2, LAWYER, finding))


def test_papers_alone_and_a_person_alone_prove_no_authority() -> None:
    assert not _proved(papers(1, mandate()))
    assert not _proved(visit(1, LAWYER))
    assert _proved(papers(1, mandate()), visit(2, LAWYER))
    assert not _proved(papers(1, mandate()), visit(2, LAWYER, FAILED))


def test_papers_that_turned_out_bad_prove_nothing() -> None:
    bad = papers(3, mandate(), FAILED)
    assert not _proved(papers(1, mandate()), visit(2, LAWYER), bad)


def test_papers_are_good_for_what_they_say_and_as_long() -> None:
    narrow = mandate(scope=(Scope.TICKETS, Scope.IDENTITY), expires_at=SOON)
    checks = (papers(1, narrow), visit(2, LAWYER))
    assert _proved(*checks)
    assert not _proved(*checks, scope=Scope.TRANSFER)
    assert not proved(checks, HOLDER, Scope.IDENTITY, SOON)


def test_one_of_several_heirs_proves_nothing_and_all_of_them_do() -> None:
    one = (papers(1, _heir(HEIR)), visit(2, HEIR))
    assert not _proved(*one)
    assert not _proved(*one, papers(3, _heir(BROTHER)))
    assert _proved(*one, papers(3, _heir(BROTHER)), visit(4, BROTHER))


def test_the_papers_that_name_most_decide_how_many_it_takes() -> None:
    alone = (papers(1, _heir(HEIR, named=1)), visit(2, HEIR))
    assert _proved(*alone)
    assert not _proved(*alone, papers(3, _heir(BROTHER, named=3)), visit(4, BROTHER))


def test_heirs_and_attorneys_do_not_add_up() -> None:
    mixed = (papers(1, _heir(HEIR)), visit(2, HEIR), papers(3, mandate(named=2)), visit(4, LAWYER))
    assert not _proved(*mixed)


@pytest.mark.parametrize("capacity", [one for one in Capacity if one is not Capacity.IN_PERSON])
def test_after_a_holders_end_only_those_act_who_come_after(capacity: Capacity) -> None:
    checks = (papers(1, mandate(capacity=capacity)), visit(2, LAWYER))
    after = {Capacity.HEIR, Capacity.LIQUIDATOR, Capacity.LEGAL_SUCCESSOR}
    assert _proved(*checks)
    assert _proved(*checks, ended=True) == (capacity in after)
    assert not _proved(visit(1), ended=True)


def test_identification_is_by_looking_at_the_person() -> None:
    assert not identified((papers(1, mandate()),), LAWYER)


# What can be recorded


@pytest.mark.parametrize("method", [Method.OFFICE_VISIT, Method.AUTHORITY_PAPERS])
@pytest.mark.parametrize("copies", [(), (uid(1),)])
def test_what_is_looked_at_is_copied_or_only_seen(method: Method, copies: Any) -> None:
    of = mandate() if method is Method.AUTHORITY_PAPERS else None
    check = Check(uid(1), LAWYER, method, PASSED, None, (), copies, of)
    check_can_be_recorded(GIVEN, check, NOW, UNOWNED)
    assert GIVEN.with_check(check, AGENT.id).copies == set(copies)


@pytest.mark.parametrize(
    "check",
    [
        Check(uid(1), LAWYER, Method.OFFICE_VISIT, PASSED, None, (), (), mandate()),
        Check(uid(1), LAWYER, Method.OFFICE_VISIT, PASSED, CODE, (), (), None),
        Check(uid(1), LAWYER, Method.OFFICE_VISIT, PASSED, None, (Shown.CODE,), (), None),
        Check(uid(1), LAWYER, Method.AUTHORITY_PAPERS, PASSED, None, (), (), None),
        photo(1, CODE, copies=()),
    ],
)
def test_a_method_takes_what_it_needs_and_nothing_else(check: Check) -> None:
    _refused("check-fits-method", GIVEN, check)


def test_a_code_is_good_for_one_photo_until_it_expires() -> None:
    check_can_be_recorded(GIVEN, photo(1, CODE), NOW, UNOWNED)
    _refused("photo-code-unknown", GIVEN, photo(1, uid(81)))
    _refused("photo-code-unknown", NO_EVIDENCE.with_code(CODE, NOW), photo(1, CODE))
    used = GIVEN.with_check(photo(1, CODE, finding=UNCLEAR), AGENT.id)
    _refused("photo-code-unknown", used, photo(2, CODE))


@pytest.mark.parametrize("missing", Shown)
def test_a_good_photo_shows_person_code_and_spread(missing: Shown) -> None:
    shows = tuple(one for one in Shown if one is not missing)
    _refused("photo-shows-all", GIVEN, photo(1, CODE, shows=shows))
    check_can_be_recorded(GIVEN, photo(1, CODE, shows=shows, finding=UNCLEAR), NOW, UNOWNED)


def test_an_organisation_shows_itself_by_people() -> None:
    _refused("organisation-through-people", GIVEN, visit(1), state_of(COMPANY).ownership)


def test_a_check_has_an_id_of_its_own_and_there_are_not_endlessly_many() -> None:
    known = GIVEN.with_check(visit(1), AGENT.id)
    assert known.checkers == {AGENT.id}
    _refused("check-exists", known, visit(1))
    many = Evidence((visit(1),) * CHECKS_PER_CASE)
    _refused("too-many", many, visit(2))
    _refused("too-many", GIVEN, photo(1, CODE, copies=(uid(1),) * (COPIES_PER_CHECK + 1)))


@pytest.mark.parametrize(
    "wrong",
    [{"capacity": Capacity.IN_PERSON}, {"scope": ()}, {"named": 0}, {"holder": LAWYER}],
)
def test_good_papers_let_somebody_act_for_another(wrong: Any) -> None:
    _refused("authority-sound", GIVEN, papers(1, mandate(**wrong)))
    check_can_be_recorded(GIVEN, papers(1, mandate(**wrong), FAILED), NOW, UNOWNED)


def test_papers_are_those_of_the_person_who_was_checked() -> None:
    of_another = Check(uid(1), HEIR, Method.AUTHORITY_PAPERS, PASSED, None, (), (), mandate(LAWYER))
    _refused("authority-sound", GIVEN, of_another)


def test_expired_papers_are_no_good_ones() -> None:
    _refused("authority-expired", GIVEN, papers(1, mandate(expires_at=NOW)))
    check_can_be_recorded(GIVEN, papers(1, mandate(expires_at=SOON)), NOW, UNOWNED)


@pytest.mark.parametrize(
    ("evidence", "expires_at", "rule"),
    [
        (GIVEN, SOON, "photo-code-exists"),
        (NO_EVIDENCE, NOW, "expiry-in-future"),
        (Evidence(codes=(*GIVEN.codes,) * CODES_PER_CASE), SOON, "too-many"),
    ],
)
def test_a_code_is_new_good_for_a_while_and_one_of_few(
    evidence: Evidence, expires_at: Any, rule: str
) -> None:
    code = CODE if rule == "photo-code-exists" else uid(82)
    with pytest.raises(Refused) as refused:
        code_can_be_given(evidence, code, expires_at, NOW)
    assert refused.value.rule == rule


# The draw


def test_a_draw_can_be_repeated_in_any_order() -> None:
    people = [uid(number) for number in range(10)]
    assert draw(people, "ab") == draw(people[::-1], "ab")


def test_a_draw_falls_on_everybody_about_as_often() -> None:
    people = [uid(number) for number in range(5)]
    drawn = Counter(draw(people, f"{number:064x}") for number in range(2000))
    assert set(drawn) == set(people)
    assert min(drawn.values()) > 300


def test_somebody_elses_leaving_moves_no_draw() -> None:
    people = [uid(number) for number in range(5)]
    drawn = draw(people, "ab")
    for other in people:
        if other != drawn:
            assert draw([one for one in people if one != other], "ab") == drawn


# How old a role is


def _history(*events: object) -> list[Recorded]:
    of = {"stream": Stream(StreamKind.STAFF, AGENT.id), "contract": None}
    return [
        recorded(event, number, recorded_at=days(number), occurred_at=days(-900), **of)
        for number, event in enumerate(events, 1)
    ]


JOINED = StaffJoined(REASON, REASON, (Role.AGENT,), ())


@pytest.mark.parametrize(
    ("events", "since"),
    [
        ((), None),
        ((JOINED, StaffAbsent(None)), days(1)),
        ((JOINED, RoleGranted(Role.SUPERVISOR)), days(1)),
        ((JOINED, RoleRevoked(Role.AGENT)), None),
        ((JOINED, RoleRevoked(Role.AGENT), RoleGranted(Role.AGENT)), days(3)),
        ((JOINED, RoleRevoked(Role.SUPERVISOR)), days(1)),
        ((JOINED, StaffLeft()), None),
    ],
)
def test_a_role_is_as_old_as_its_last_grant_by_the_ledgers_clock(events: Any, since: Any) -> None:
    assert role_since(_history(*events), Role.AGENT) == since


def test_a_role_that_was_granted_later_is_younger() -> None:
    history = _history(JOINED, RoleGranted(Role.SUPERVISOR))
    assert role_since(history, Role.SUPERVISOR) == days(2)
