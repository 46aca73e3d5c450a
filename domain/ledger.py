"""The ledger's own stream: which lives it had."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LedgerContinued:
    """The store had lost acknowledged events; a new epoch goes on from what survived.

    `lost_*` is the last head known outside the store, `survived_*` the last event still there;
    hashes are hex leaf hashes.
    """

    lost_epoch: int
    lost_position: int
    lost_hash: str
    survived_position: int
    survived_hash: str


LedgerEvent = LedgerContinued
