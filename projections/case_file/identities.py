"""The versions of the identity of record: when, how, by which change, who checked and approved."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from projections.case_file.entries import Entry, Json, Mark
from projections.case_file.table import Section
from projections.case_file.threads import Thread, Threads


@dataclass(frozen=True, slots=True)
class Look:
    """One check on the way to a version: what was looked at, by whom, and what came out."""

    mark: Mark
    checker: UUID
    person: UUID
    method: str
    finding: str


@dataclass(frozen=True, slots=True)
class Approval:
    """Who agreed, and where that is recorded."""

    mark: Mark
    approver: UUID
    role: str


@dataclass(frozen=True, slots=True)
class Version:
    """An identity version; 0 has no document. `change` None: it came with the registration.

    `holders` have id, category and document, `rests_on` are the events that made it.
    """

    version: int
    since: Mark
    kind: str
    change: UUID | None
    ticket: UUID | None
    recorded_by: UUID
    holders: tuple[Json, ...]
    together: Any
    contacts: tuple[Json, ...]
    asked: Mark | None
    checks: tuple[Look, ...]
    approved: Approval | None


def versions(entries: Sequence[Entry], threads: Threads) -> list[Version]:
    """Return every version, from the contract's events that make one and the changes behind."""
    made: list[Version] = []
    for entry in entries:
        match entry.mark.type:
            case "ContractRegistered":
                made.append(_registered(entry))
            case "JointHoldersNamed" if made:
                made[-1] = _joint(made[-1], entry)
            case "IdentityChanged" if made:
                change = threads.get(Section.IDENTITY_CHANGES, entry.what["change"])
                made.append(_changed(made[-1], entry, change))
            case _:
                pass
    return made


def _registered(entry: Entry) -> Version:
    what = entry.what
    holder = {name: what[name] for name in ("category", "document")}
    return Version(
        version=0 if what["document"] is None else 1,
        since=entry.mark,
        kind="registration",
        change=None,
        ticket=None,
        recorded_by=entry.actor.id,
        holders=({"id": what["holder"], **holder},),
        together=None,
        contacts=tuple(what["contacts"]),
        asked=None,
        checks=(),
        approved=None,
    )


def _joint(before: Version, entry: Entry) -> Version:
    what = entry.what
    return replace(before, holders=(*before.holders, *what["holders"]), together=what["together"])


def _changed(before: Version, entry: Entry, change: Thread | None) -> Version:
    """Return the next version; what its change did not ask for stays as it was."""
    what, steps = entry.what, change.entries if change else []
    asked = _last(steps, "IdentityChangeRequested")
    agreed = _last(steps, "IdentityChangeApproved")
    said = asked.what if asked else {}
    return Version(
        version=what["version"],
        since=entry.mark,
        kind=what["kind"],
        change=what["change"],
        ticket=said.get("ticket"),
        recorded_by=entry.actor.id,
        holders=tuple(said.get("holders", ())) or before.holders,
        together=what["together"],
        contacts=tuple(said.get("contacts", ())) or before.contacts,
        asked=asked.mark if asked else None,
        checks=tuple(_look(one) for one in steps if one.mark.type == "IdentityChecked"),
        approved=_approval(agreed) if agreed else None,
    )


def _last(steps: Sequence[Entry], kind: str) -> Entry | None:
    return next((one for one in reversed(steps) if one.mark.type == kind), None)


def _look(entry: Entry) -> Look:
    check = entry.what["check"]
    checker = entry.what["checker"]
    return Look(entry.mark, checker, check["person"], check["method"], check["finding"])


def _approval(entry: Entry) -> Approval:
    return Approval(entry.mark, entry.what["approver"], entry.what["role"])
