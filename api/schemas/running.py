"""What an operator is told about a running ledger."""

from api.schemas.common import Answer


class FollowerStatus(Answer):
    """How far a follower has read: `lag` events behind; `failed` ones wait for a person."""

    position: int
    lag: int
    state: str


class CosignedStatus(Answer):
    """The last tree that a quorum of witnesses cosigned, `age` in seconds; what needs a person."""

    size: int
    age: int | None
    quorum: int
    alarms: list[str]
    witnesses: dict[str, str]


class CheckpointStatus(Answer):
    """The last published checkpoint, `age` in seconds; `cosigned` is null without witnesses."""

    size: int
    age: int
    cosigned: CosignedStatus | None


class LastStamp(Answer):
    """The newest time stamp; `age` in seconds, `ends`: when its certificates do."""

    epoch: int
    size: int
    authority: str
    time: str
    ends: str
    age: int


class StampingStatus(Answer):
    """How time stamping goes; `trouble` is what the last question met, null when nothing."""

    last: LastStamp | None
    failures: int
    trouble: str | None


class PublisherStatus(Answer):
    """To which topic events go, and how far: `lag` events behind."""

    topic: str
    position: int
    lag: int
    state: str


class ConsumerStatus(Answer):
    """How far a consumer is, fed by `feed`; `parked` events wait until they are redriven.

    `retried` counts tries beyond the first.
    """

    feed: str
    position: int
    lag: int
    parked: int
    retried: int


class LedgerStatus(Answer):
    """What the ledger holds; `imported` tells of other systems' logs."""

    position: int
    epoch: int
    tickets: int
    contracts: int
    events: dict[str, int]
    followers: dict[str, FollowerStatus]
    publisher: PublisherStatus | None
    consumers: dict[str, ConsumerStatus]
    checkpoint: CheckpointStatus | None
    timestamps: StampingStatus | None
    imported: dict[str, object]
