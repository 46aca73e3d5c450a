"""Where a recovery stands: what the rules need, without personal data."""

from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID

from domain.identity.checking import NO_EVIDENCE, Evidence
from domain.recovery.events import (
    Act,
    ProvisioningConfirmed,
    ProvisioningOrdered,
    RecoveryChecked,
    RecoveryCodeIssued,
    RecoveryDropped,
    RecoveryEvent,
    RecoveryReported,
)


@dataclass(frozen=True, slots=True)
class RecoveryState:
    """A recovery after some of its events; before the first one `contract` is None."""

    contract: str | None = None
    ticket: UUID | None = None
    evidence: Evidence = NO_EVIDENCE
    ordered: frozenset[Act] = frozenset()
    confirmed: frozenset[Act] = frozenset()
    dropped: bool = False

    @property
    def decided(self) -> bool:
        """Say whether access was given back, or will not be."""
        return self.dropped or Act.RESTORE_ACCESS in self.ordered

    @property
    def over(self) -> bool:
        """Say whether everything that was ordered is done, and nothing more will be."""
        return self.decided and self.ordered == self.confirmed


def evolve(state: RecoveryState, event: RecoveryEvent) -> RecoveryState:
    """Return the state after `event`; takes every event that was ever recorded."""
    match event:
        case RecoveryReported(contract=contract, ticket=ticket):
            return replace(state, contract=contract, ticket=ticket)
        case RecoveryCodeIssued(code=code, expires_at=expires_at):
            return replace(state, evidence=state.evidence.with_code(code, expires_at))
        case RecoveryChecked(check=check, checker=checker):
            return replace(state, evidence=state.evidence.with_check(check, checker))
        case ProvisioningOrdered(act=act):
            return replace(state, ordered=state.ordered | {act})
        case ProvisioningConfirmed(act=act):
            return replace(state, confirmed=state.confirmed | {act})
        case RecoveryDropped():
            return replace(state, dropped=True)
        case _:
            assert_never(event)
