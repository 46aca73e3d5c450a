"""What the contract's chain says of engineers, as its history does, with long lists cut short."""

from collections.abc import Mapping
from dataclasses import dataclass

from projections.case_file.entries import Listed
from projections.contract_findings import Engineers, Finding, Searched, Work


@dataclass(frozen=True, slots=True)
class Imported:
    """How much another system's log says that its people did; they are never staff here."""

    events: int
    actors: int
    tickets: int
    kinds: Mapping[str, int]
    sources: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Findings:
    """Whether this ledger's staff worked on the customer's systems, and what was searched."""

    worked: bool
    finding: Finding
    work: Listed[Work]
    imported: Imported
    searched: Searched


def findings_of(engineers: Engineers) -> Findings:
    """Return the findings of a contract's history."""
    theirs = engineers.imported
    imported = Imported(
        theirs.events, len(theirs.actors), len(theirs.tickets), theirs.kinds, theirs.sources
    )
    work = Listed.of(engineers.work)
    return Findings(engineers.worked, engineers.finding, work, imported, engineers.searched)
