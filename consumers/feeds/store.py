"""The store as a feed: every event in the order of positions, for a ledger without Kafka."""

from collections.abc import Sequence
from typing import Any, Final

from consumers.connecting import connect
from consumers.feeds import Bearings
from consumers.isolation import Parked
from consumers.messages import Message
from domain.errors import Unavailable
from infra.reader import read_batch
from infra.sqlfiles import load_sql

_SQL: Final = load_sql(__file__, "store.sql")


class StoreFeed:
    """Reads the store behind the consumer's low-water mark. NOTIFY is a hint, the poll the truth.

    `dsn` is of a role that may read events.
    """

    kind = "store"

    def __init__(self, dsn: str, consumer: str, bearings: Bearings) -> None:
        self._consumer = consumer
        self._bearings = bearings
        self._connection = connect(dsn, f"{consumer} reads")
        self._after: int | None = None
        self._epoch = 0

    def poll(self, seconds: float, limit: int) -> Sequence[Message]:
        """Return the next events; none while another copy of the consumer has its turn."""
        connection = self._connection
        if self._after is None:
            if not self._value("take_turn", [self._consumer]):
                self._wait(seconds)
                return []
            connection.execute(_SQL["listen"])
            self._after = self._start()
        batch = read_batch(connection, self._after, limit)
        if self._value("epoch") != self._epoch:
            raise Unavailable("the ledger goes on in another epoch: begin again")
        if not batch:
            self._wait(seconds)
            return []
        self._after = batch[-1][0]
        return [Message(envelope, f"store/{position}") for position, envelope in batch]

    def bury(self, parked: Sequence[Parked]) -> None:
        """Do nothing: what is parked stands in the database."""

    def done(self) -> None:
        """Do nothing: the low-water mark says where to start."""

    def close(self) -> None:
        """Disconnect, and let another copy have its turn."""
        self._connection.close()

    def _start(self) -> int:
        """Return behind which position to read: where an epoch begins that is not known yet."""
        self._epoch = self._value("epoch")
        last = self._bearings.progress().last
        continued = self._value("continued", [last.epoch])
        return last.position if continued is None else min(last.position, continued - 1)

    def _wait(self, seconds: float) -> None:
        for _ in self._connection.notifies(timeout=seconds, stop_after=1):
            pass

    def _value(self, name: str, values: Sequence[object] = ()) -> Any:
        row = self._connection.execute(_SQL[name], values).fetchone()
        return None if row is None else row[0]
