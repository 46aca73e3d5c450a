"""The only write path: load, fold, decide, append.

A plan says which deciders get which commands; it is made anew whenever a stream turns out to
have moved on. A decision may rest on cached state, a refusal never does: before refusing, every
state that the plan read is confirmed to be current, or loaded again and decided again.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from domain.decider import Decider
from domain.errors import NotFound, Refused, Stale
from domain.log import Accepted, CommandKey, Guard, Log, NewEvent, Request, Write
from domain.stream import Stream
from domain.values import Provenance

ATTEMPTS: Final = 8
"""How often a command without If-Match is decided anew when its stream moves on under it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One stream's part of a request."""

    decider: Decider[Any, Any, Any]
    stream: Stream
    command: object


@dataclass(frozen=True, slots=True)
class Folded:
    """A stream's state at a version."""

    version: int
    state: Any


class States:
    """The folded states of streams, as many as `limit`, least recently used first out."""

    def __init__(self, log: Log, limit: int = 10_000) -> None:
        self._log = log
        self._limit = limit
        self._kept: OrderedDict[Stream, Folded] = OrderedDict()

    async def load(
        self, decider: Decider[Any, Any, Any], stream: Stream, *, fresh: bool = False
    ) -> Folded:
        """Return the state, from memory unless `fresh`; then only the events since are read."""
        known = self._kept.get(stream)
        if known is not None and not fresh:
            self._kept.move_to_end(stream)
            return known
        version, state = (known.version, known.state) if known else (0, decider.initial)
        async for recorded in self._log.read(stream, after=version):
            state = decider.evolve(state, recorded.event)
            version = recorded.version
        return self.keep(stream, Folded(version, state))

    def keep(self, stream: Stream, folded: Folded) -> Folded:
        """Remember a state unless a later one is known."""
        known = self._kept.get(stream)
        if known is None or known.version <= folded.version:
            self._kept[stream] = folded
            self._kept.move_to_end(stream)
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)
        return folded

    def forget(self, stream: Stream) -> None:
        """Drop what is known of a stream."""
        self._kept.pop(stream, None)


class Reading:
    """What one plan reads, and at which versions it read it."""

    def __init__(self, states: States, *, fresh: bool) -> None:
        self._states = states
        self._fresh = fresh
        self.seen: dict[Stream, Folded] = {}

    async def state(self, decider: Decider[Any, Any, Any], stream: Stream) -> Folded:
        """Return a stream's state; within one plan always the same."""
        if stream not in self.seen:
            self.seen[stream] = await self._states.load(decider, stream, fresh=self._fresh)
        return self.seen[stream]


Plan = Callable[[Reading], Awaitable[tuple[Step, ...]]]


@dataclass(frozen=True, slots=True)
class _Drafted:
    writes: tuple[Write, ...]
    guards: tuple[Guard, ...]
    after: dict[Stream, Folded]


class Handler:
    """Turns plans into recorded events."""

    def __init__(self, log: Log, states: States | None = None) -> None:
        self.log = log
        self.states = states or States(log)

    async def handle(
        self,
        plan: Plan,
        key: CommandKey,
        provenance: Provenance,
        expected: Mapping[Stream, int] | None = None,
    ) -> Accepted:
        """Decide and record; `expected` are the versions that the asker decided on (If-Match).

        Returns the first answer again when `key` is known. Raises Refused, Stale, NotFound,
        KeyReused, Unavailable.
        """
        fresh = False
        for attempt in range(ATTEMPTS):
            try:
                return await self._attempt(plan, key, provenance, expected or {}, fresh=fresh)
            except (Refused, NotFound, Stale) as error:
                final = fresh and (expected or not isinstance(error, Stale))
                if final or attempt == ATTEMPTS - 1:
                    answer = await self.log.recall(key)
                    if answer is None:
                        raise
                    return answer
                fresh = True
        raise AssertionError("the loop returns or raises")

    async def _attempt(
        self,
        plan: Plan,
        key: CommandKey,
        provenance: Provenance,
        expected: Mapping[Stream, int],
        *,
        fresh: bool,
    ) -> Accepted:
        reading = Reading(self.states, fresh=fresh)
        draft = await _draft(await plan(reading), reading, expected)
        request = Request(draft.writes, draft.guards, key, provenance)
        accepted = await self.log.append(request)
        if not accepted.replayed:
            for stream, folded in draft.after.items():
                self.states.keep(stream, folded)
        return accepted


async def _draft(
    steps: tuple[Step, ...], reading: Reading, expected: Mapping[Stream, int]
) -> _Drafted:
    writes: list[Write] = []
    guards: list[Guard] = []
    after: dict[Stream, Folded] = {}
    for step in steps:
        before = await reading.state(step.decider, step.stream)
        wanted = expected.get(step.stream, before.version)
        if wanted != before.version:
            raise Stale(wanted, before.version)
        write, folded = _decide(step, before)
        writes.append(write)
        guards.extend(step.decider.guards(before.state, step.command))
        after[step.stream] = folded
    return _Drafted(tuple(writes), tuple(guards), after)


def _decide(step: Step, before: Folded) -> tuple[Write, Folded]:
    state, events = before.state, []
    for event in step.decider.decide(state, step.command):
        state = step.decider.evolve(state, event)
        events.append(NewEvent(event, step.decider.contract_of(state)))
    write = Write(step.stream, before.version, tuple(events))
    return write, Folded(before.version + len(events), state)
