"""Whatever is asked of staff, they act as what they were granted, and not at all after leaving."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from property.effort import UNSHRUNK
from unit.cast import NOW, SUPERVISOR, said, uid

from domain.errors import Refused
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
from domain.staff.state import acts_as, away, key_works
from domain.values import Role

MARKER = "Ole Vik from Tromsø"
ROLES = st.sampled_from(Role)
KEYS = st.integers(900, 903).map(uid)
EXPIRIES = st.sampled_from([None, 1, 2, 5, 0, -1])


class StaffMachine(RuleBasedStateMachine):
    """Keeps plain sets of roles and keys beside the decider."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.state = STAFF.initial
        self.events: list[Any] = []
        self.roles: set[Role] = set()
        self.keys: dict[UUID, datetime | None] = {}
        self.languages: tuple[str, ...] = ()
        self.away: list[datetime | None] = []
        self.left = False

    @initialize(roles=st.sets(st.sampled_from(sorted(set(Role) - {Role.CUSTOMER})), min_size=1))
    def joins(self, roles: set[Role]) -> None:
        told = {"name": said(MARKER), "login": said(MARKER), "languages": ()}
        assert self._asked(JoinStaff, expected=True, roles=tuple(roles), **told)
        self.roles = set(roles)

    @rule(hours=st.integers(0, 3))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(role=ROLES)
    def gets_a_role(self, role: Role) -> None:
        if self._asked(GrantRole, role is not Role.CUSTOMER, role=role):
            self.roles.add(role)

    @rule(role=ROLES)
    def loses_a_role(self, role: Role) -> None:
        if self._asked(RevokeRole, self.roles != {role}, role=role):
            self.roles.discard(role)

    @rule(languages=st.sampled_from([("en",), ("de", "en"), ()]))
    def states_languages(self, languages: tuple[str, ...]) -> None:
        if self._asked(StateLanguages, expected=True, languages=languages):
            self.languages = languages

    @rule(hours=EXPIRIES)
    def goes_away(self, hours: int | None) -> None:
        until = None if hours is None else self.now + timedelta(hours=hours)
        if self._asked(StateAbsence, until is None or until > self.now, until=until):
            self.away = [until]

    @rule()
    def comes_back(self) -> None:
        if self._asked(StateReturn, expected=True):
            self.away = []

    @rule(key=KEYS, hours=EXPIRIES)
    def gets_a_key(self, key: UUID, hours: int | None) -> None:
        expiry = None if hours is None else self.now + timedelta(hours=hours)
        may = key not in self.keys and (expiry is None or expiry > self.now)
        if self._asked(IssueApiKey, may, key=key, digest="ab" * 32, expires_at=expiry):
            self.keys[key] = expiry

    @rule(key=KEYS)
    def loses_a_key(self, key: UUID) -> None:
        if self._asked(RevokeApiKey, expected=True, key=key):
            self.keys.pop(key, None)

    @rule(really=st.integers(0, 9))
    def leaves(self, really: int) -> None:
        if really == 0 and self._asked(LeaveStaff, expected=True):
            self.left = True
            self.roles, self.keys = set(), {}

    @invariant()
    def they_act_as_what_they_were_granted(self) -> None:
        assert {role for role in Role if acts_as(self.state, role)} == self.roles
        assert self.state.active != self.left
        assert self.state.languages == self.languages

    @invariant()
    def keys_work_until_they_end(self) -> None:
        for key in map(uid, range(900, 905)):
            expiry = self.keys.get(key)
            works = key in self.keys and (expiry is None or expiry > self.now)
            assert key_works(self.state, key, self.now) == works

    @invariant()
    def they_are_away_as_stated(self) -> None:
        expected = any(until is None or until > self.now for until in self.away)
        assert away(self.state, self.now) == expected

    @invariant()
    def the_state_holds_nothing_personal(self) -> None:
        assert MARKER not in repr(self.state)
        assert "Sealed" not in repr(self.state)

    def teardown(self) -> None:
        """Fold everything once more: the same person comes out."""
        folded = STAFF.initial
        for event in self.events:
            folded = STAFF.evolve(folded, event)
        assert folded == self.state

    def _asked(self, command: Any, expected: bool, **told: Any) -> bool:  # noqa: FBT001 - what the model says
        asked = command(by=SUPERVISOR, at=self.now, **told)
        before = repr(self.state)
        try:
            events = STAFF.decide(self.state, asked)
        except Refused:
            assert self.left or not expected, asked
            assert repr(self.state) == before
            return False
        assert expected, asked
        assert not self.left, asked
        for event in events:
            self.state = STAFF.evolve(self.state, event)
        self.events.extend(events)
        return True


TestStaff = StaffMachine.TestCase
TestStaff.settings = UNSHRUNK
