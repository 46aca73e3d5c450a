"""Given what happened, when this is asked, then that happens: how rules are stated in tests."""

from dataclasses import dataclass
from typing import Any

from domain.decider import Decider
from domain.errors import LedgerError, Refused
from domain.log import Guard


@dataclass(frozen=True)
class Outcome:
    """What a decider said."""

    decider: Decider[Any, Any, Any]
    before: Any
    events: tuple[object, ...]
    error: LedgerError | None

    def then(self, *events: object) -> Any:
        """State that exactly these events happen, and return where they lead."""
        if self.error is not None:
            raise self.error
        assert self.events == events
        return self.state

    @property
    def state(self) -> Any:
        """Where the events lead."""
        state = self.before
        for event in self.events:
            state = self.decider.evolve(state, event)
        return state

    @property
    def types(self) -> list[str]:
        """The events' type names."""
        if self.error is not None:
            raise self.error
        return [type(event).__name__ for event in self.events]

    def then_nothing(self) -> None:
        """State that the command is accepted and changes nothing."""
        self.then()

    def then_refused(self, rule: str) -> None:
        """State that a rule refuses, and that the refusal says what to do about it."""
        assert isinstance(self.error, Refused), self.error or self.events
        assert self.error.rule == rule, str(self.error)
        assert self.error.detail
        assert not self.events

    def passes(self, rule: str) -> bool:
        """Say whether this rule lets it happen; no other one may refuse it."""
        if self.error is not None:
            self.then_refused(rule)
        return self.error is None

    def then_raises(self, error: type[LedgerError]) -> None:
        """State that it fails in another way."""
        assert isinstance(self.error, error), self.error or self.events


@dataclass(frozen=True)
class Given:
    """A stream in which some events happened."""

    decider: Decider[Any, Any, Any]
    state: Any

    def and_(self, *events: object) -> "Given":
        """Let more happen."""
        state = self.state
        for event in events:
            state = self.decider.evolve(state, event)
        return Given(self.decider, state)

    def after(self, *commands: object) -> "Given":
        """Let commands be accepted first."""
        given = self
        for command in commands:
            given = given.and_(*self.decider.decide(given.state, command))
        return given

    def when(self, command: object) -> Outcome:
        """Ask something."""
        try:
            events = self.decider.decide(self.state, command)
        except LedgerError as error:
            return Outcome(self.decider, self.state, (), error)
        return Outcome(self.decider, self.state, events, None)

    def guards(self, command: object) -> tuple[Guard, ...]:
        """Return what must hold elsewhere for the command."""
        return self.decider.guards(self.state, command)


def given(decider: Decider[Any, Any, Any], *events: object) -> Given:
    """Begin with a stream in which these events happened."""
    return Given(decider, decider.initial).and_(*events)
