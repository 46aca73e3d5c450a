"""What an operator is told about a running ledger."""

from api.schemas.common import Answer


class FollowerStatus(Answer):
    """How far a follower has read: `lag` events behind; `failed` ones wait for a person."""

    position: int
    lag: int
    state: str


class LedgerStatus(Answer):
    """What the ledger holds; `imported` tells of other systems' logs."""

    position: int
    epoch: int
    tickets: int
    contracts: int
    events: dict[str, int]
    followers: dict[str, FollowerStatus]
    checkpoint: dict[str, int] | None
    imported: dict[str, object]
