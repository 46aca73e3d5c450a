"""Threads: all events of one thing (an order, a claim, a freeze, a change) in order."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.stream import Stream
from projections.case_file.entries import MOST, STEPS, Entry, Json, Listed
from projections.case_file.table import STREAM, TABLE, Row, Section


@dataclass(frozen=True, slots=True)
class Told:
    """A thread as it is shown: how it stands, what is known of it, and its events.

    `case` is the stream in which it began.
    """

    id: str
    case: UUID
    state: str
    facts: Json
    events: Listed[Entry]


@dataclass(slots=True)
class Thread:
    """A thing and everything that happened to it so far."""

    id: str
    case: UUID
    state: str
    facts: Json = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def told(self) -> Told:
        """Return it as it is shown: of many events the first and the newest."""
        shown = tuple(self.entries)
        if len(shown) > STEPS:
            shown = (shown[0], *shown[1 - STEPS :])
        return Told(
            self.id, self.case, self.state, dict(self.facts), Listed(len(self.entries), shown)
        )


class Threads:
    """All threads, by section and id, in the order in which they began."""

    def __init__(self) -> None:
        self._by: dict[Section, dict[str, Thread]] = {section: {} for section in Section}

    def add(self, stream: Stream, entry: Entry) -> None:
        """Take in an event; one of no thread is none of theirs."""
        row = TABLE.get(entry.mark.type)
        if row is None:
            return
        key = str(stream.id) if row.key == STREAM else _key(row, entry)
        known = self._by[row.section]
        thread = known.get(key)
        if thread is None:
            thread = known[key] = Thread(key, stream.id, row.state or "")
        thread.state = row.state or thread.state
        thread.facts.update({name: entry.what[name] for name in row.facts})
        thread.entries.append(entry)

    def end_doubts(self, holders: Iterable[UUID], entry: Entry) -> None:
        """End the doubts about whoever is no holder any more."""
        stay = set(holders)
        for thread in self._by[Section.DOUBTS].values():
            if thread.state == "open" and thread.facts["holder"] not in stay:
                thread.state = "ended_by_identity"
                thread.entries.append(entry)

    def say(self, section: Section, key: UUID, **facts: Any) -> None:
        """Say more of a thing than its events do by themselves."""
        self._by[section][str(key)].facts.update(facts)

    def of(self, section: Section) -> list[Thread]:
        """Return the threads of a kind."""
        return list(self._by[section].values())

    def get(self, section: Section, key: UUID) -> Thread | None:
        """Return one thread."""
        return self._by[section].get(str(key))

    def listed(self, section: Section) -> Listed[Told]:
        """Return the threads of a kind as they are shown."""
        threads = self.of(section)
        return Listed(len(threads), tuple(one.told() for one in threads[-MOST:]))


def _key(row: Row, entry: Entry) -> str:
    if not row.key:
        return str(entry.mark.event_id)
    return ":".join(str(_at(entry.what, path)) for path in row.key)


def _at(what: Json, path: str) -> Any:
    value: Any = what
    for name in path.split("."):
        value = value[name]
    return value
