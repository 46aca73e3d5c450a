"""What brings a consumer its events: the store itself, or Kafka."""

from collections.abc import Sequence
from typing import Protocol

from consumers.inbox import Progress
from consumers.isolation import Parked
from consumers.messages import Message, Where


class Bearings(Protocol):
    """What a feed may ask about its consumer, to know where to start."""

    def progress(self) -> Progress:
        """Return how far the consumer is."""

    def knows(self, where: Where) -> bool:
        """Say whether the consumer handled or parked an event."""


class Feed(Protocol):
    """Brings every event at least once, those of a stream in order; used from one thread.

    It starts at a place before which everything was handled. Raises Unavailable when what feeds
    it is away: close it then, and open another.
    """

    @property
    def kind(self) -> str:
        """`store` or `kafka`."""

    def poll(self, seconds: float, limit: int) -> Sequence[Message]:
        """Return what is next, at most `limit` messages; none when nothing comes for `seconds`."""

    def bury(self, parked: Sequence[Parked]) -> None:
        """Tell others what was parked; it may be told again."""

    def done(self) -> None:
        """Note that everything that was returned so far was recorded."""

    def close(self) -> None:
        """Let go of it, so that another takes over at once."""
