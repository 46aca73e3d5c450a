"""Everything that can go wrong, as one tree.

LedgerError
├── Malformed              the input is not what the form says
│   └── KeyMissing         a write came without an Idempotency-Key
├── Unauthenticated        nobody, or a token that proves nothing
├── NotAllowed             known, but without the right
├── NotFound               not there, or not yours: the two are never told apart
├── Removed                it was there and is not kept any more; the text says what to do
├── KeyReused              a known Idempotency-Key with another payload
├── VersionMissing         a decision about state needs If-Match
├── Stale                  the stream moved on since it was read
├── Refused                a rule of the domain says no; `rule` names it
├── Integrity              what is stored contradicts itself or its proof
└── Unavailable            not now: store, broker or clock is not fit
    ├── OutcomeUnknown     sent, not confirmed: repeat with the same key to find out
    ├── NotYetIntegrated   recorded, and no checkpoint covers it yet
    ├── InTheMaking        the same was asked before and is being made: ask again in a moment
    ├── Erasing            its keys are being destroyed: a moment later there are new ones
    ├── ClockUnfit         time would run backwards or jump
    └── Forked             the store lost events it had acknowledged

`api/problems.py` holds the one table that maps this tree to HTTP.
"""

from dataclasses import dataclass


class LedgerError(Exception):
    """Root of every error that the ledger raises on purpose."""


@dataclass
class Malformed(LedgerError):
    """The input is not what the form says; `where` is the path of the field, '' for the whole."""

    detail: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.detail}" if self.where else self.detail


class KeyMissing(Malformed):
    """A write came without an Idempotency-Key."""


class Unauthenticated(LedgerError):
    """No credential, or one that proves nothing."""


class NotAllowed(LedgerError):
    """The actor is known and lacks the right."""


class NotFound(LedgerError):
    """Not there, or not the asker's: the two are never told apart."""


class Removed(LedgerError):
    """It was there and is not kept any more; the text says how to get it again."""


class KeyReused(LedgerError):
    """An Idempotency-Key came back with another payload."""


class VersionMissing(LedgerError):
    """A decision about state came without the version it was made on."""


@dataclass
class Stale(LedgerError):
    """The stream is at `actual`, not at the `expected` version."""

    expected: int
    actual: int

    def __str__(self) -> str:
        return f"expected version {self.expected}, the stream is at {self.actual}: read it again"


@dataclass
class Refused(LedgerError):
    """A rule of the domain says no: `rule` is its stable name (docs/glossary.md)."""

    rule: str
    detail: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.detail}"


class Integrity(LedgerError):
    """What is stored contradicts itself or its proof."""


class Unavailable(LedgerError):
    """Not now: nothing was recorded, trying again is safe."""


class OutcomeUnknown(Unavailable):
    """The append was sent and not confirmed: repeat with the same Idempotency-Key to find out."""


class NotYetIntegrated(Unavailable):
    """No checkpoint covers it yet: the next one is a second away."""


class InTheMaking(Unavailable):
    """The same request, with the same key, is being carried out: its answer comes in a while."""


class Erasing(Unavailable):
    """What it would be sealed with is being destroyed: trying again in a moment is safe."""


class ClockUnfit(Unavailable):
    """A clock jumped: recording now would falsify time."""


class Forked(Unavailable):
    """The store lost events that it had acknowledged: `ledger continue` opens the next epoch."""
