"""Of which claims the holder may be told: not of those that rest on a confidential order."""

from datetime import datetime
from uuid import UUID

from domain.contract.ownership.state import Ownership
from domain.dispute.state import DisputeState


def secrets(state: DisputeState, ownership: Ownership, at: datetime) -> tuple[UUID, ...]:
    """Return the orders of which nobody may be told yet and on which claims rest."""
    orders = dict.fromkeys(one for one in _orders(state) if one is not None)
    return tuple(one for one in orders if ownership.confidential(one, at))


def tellable(state: DisputeState, ownership: Ownership, at: datetime) -> int:
    """Return of how many claims the holder may be told."""
    return sum(one is None or not ownership.confidential(one, at) for one in _orders(state))


def _orders(state: DisputeState) -> list[UUID | None]:
    """Return the order of each claim."""
    return [one.order for key in state.claims if (one := state.claims.get(key))]
