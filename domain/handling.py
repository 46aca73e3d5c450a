"""The only write path: load, fold, decide, append.

A plan says which deciders get which commands; it is made anew whenever a stream turns out to
have moved on. A decision may rest on cached state, a refusal never does: before refusing, every
state that the plan read is confirmed to be current, or loaded again and decided again. What a plan
only read is guarded: it still has to be so when the decision is recorded.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from domain.decider import Decider
from domain.errors import NotAllowed, NotFound, Refused, Stale, Unavailable
from domain.log import ERASED, Accepted, AtVersion, CommandKey, Guard, Log, NewEvent, Request, Write
from domain.stream import Stream
from domain.values import Provenance

ATTEMPTS: Final = 64
"""How often a plan is made anew when streams move on under it, before the asker has to wait."""


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
        self._epoch = log.epoch

    async def load(
        self, decider: Decider[Any, Any, Any], stream: Stream, *, fresh: bool = False
    ) -> Folded:
        """Return the state, from memory unless `fresh`; then only the events since are read."""
        self._forget_lost()
        known = self._kept.get(stream)
        if known is not None and not fresh:
            self._kept.move_to_end(stream)
            return known
        version, state = (known.version, known.state) if known else (0, decider.initial)
        async for recorded in self._log.read(stream, after=version):
            state = decider.evolve(state, recorded.event)
            version = recorded.version
        return self.keep(stream, Folded(version, state))

    def _forget_lost(self) -> None:
        """Drop everything when the ledger went on in another epoch: it may rest on lost events."""
        if self._log.epoch != self._epoch:
            self._epoch = self._log.epoch
            self._kept.clear()

    def keep(self, stream: Stream, folded: Folded) -> Folded:
        """Remember a state unless a later one is known."""
        known = self._kept.get(stream)
        if known is None or known.version <= folded.version:
            self._kept[stream] = folded
            self._kept.move_to_end(stream)
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)
        return folded

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()


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


@dataclass(slots=True)
class _Part:
    """What becomes of one stream: where it was, the events so far, where they lead."""

    before: Folded
    after: Folded
    events: list[NewEvent]


@dataclass(frozen=True, slots=True)
class _Draft:
    parts: Mapping[Stream, _Part]
    guards: tuple[Guard, ...]

    def request(self, key: CommandKey, provenance: Provenance) -> Request:
        """Return what is asked of the log."""
        writes = (
            Write(stream, part.before.version, tuple(part.events))
            for stream, part in self.parts.items()
        )
        return Request(tuple(writes), self.guards, key, provenance)


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
        NotAllowed, Malformed, KeyReused, Unavailable.
        """
        fresh = False
        for _ in range(ATTEMPTS):
            reading = Reading(self.states, fresh=fresh)
            try:
                draft = await _draft(await plan(reading), reading, expected or {})
            except (Refused, NotFound, NotAllowed, Stale):
                if fresh:
                    answer = await self.log.recall(key)
                    if answer is None:
                        raise
                    return answer
            else:
                accepted = await self._append(draft, key, provenance, fresh=fresh)
                if accepted is not None:
                    return accepted
            fresh = True
        raise Unavailable("these streams change too fast: nothing was recorded, try again")

    async def _append(
        self, draft: _Draft, key: CommandKey, provenance: Provenance, *, fresh: bool
    ) -> Accepted | None:
        """Record the draft; None when it has to be made anew from what the streams are now."""
        try:
            accepted = await self.log.append(draft.request(key, provenance))
        except Stale as stale:
            if stale.actual < stale.expected:  # the store went back behind what is remembered
                self.states.clear()
            return None
        except Refused as refused:
            if fresh or refused.rule == ERASED:
                raise
            return None
        if not accepted.replayed:
            for stream, part in draft.parts.items():
                self.states.keep(stream, part.after)
        return accepted


async def _draft(
    steps: tuple[Step, ...], reading: Reading, expected: Mapping[Stream, int]
) -> _Draft:
    parts: dict[Stream, _Part] = {}
    guards: list[Guard] = []
    for step in steps:
        if step.stream not in parts:
            before = await reading.state(step.decider, step.stream)
            wanted = expected.get(step.stream, before.version)
            if wanted != before.version:
                raise Stale(wanted, before.version)
            parts[step.stream] = _Part(before, before, [])
        part = parts[step.stream]
        guards.extend(step.decider.guards(part.after.state, step.command))
        _decide(step, part)
    only_read = (AtVersion(s, f.version) for s, f in reading.seen.items() if s not in parts)
    return _Draft(parts, (*guards, *only_read))


def _decide(step: Step, part: _Part) -> None:
    state = part.after.state
    for event in step.decider.decide(state, step.command):
        state = step.decider.evolve(state, event)
        part.events.append(NewEvent(event, step.decider.contract_of(state)))
    part.after = Folded(part.before.version + len(part.events), state)
