"""Saying what a batch of messages is, and comparing what Kafka brings with the store.

Whoever may write to the topic can write a well-made event of a position that is still to come. Only
what is committed is published, so a real event is in the store before it is on the topic.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from consumers.connecting import Connection, connect
from consumers.messages import Event, Foreign, Message, Where, judge
from infra.envelope import leaf_hash
from infra.sqlfiles import load_sql

_SQL: Final = load_sql(__file__, "judging.sql")
_ABSENT: Final = "the store has no such event: it is forged, or a restore lost it"
_ANOTHER: Final = "the store has another event of this position: it is forged"


class Judge:
    """Says what messages are to a ledger; used from one thread.

    `store` is its URL, for a role that may read events; without one what comes is believed.
    """

    def __init__(self, ledger: UUID, store: str | None = None) -> None:
        self._ledger = ledger
        self._store = store
        self._connection: Connection | None = None

    def judge(self, messages: Sequence[Message]) -> list[Event | Foreign]:
        """Say of each message what it is, without a look at the store."""
        return [judge(message, self._ledger) for message in messages]

    def compare(self, messages: Sequence[Message]) -> list[Event | Foreign]:
        """Say the same; what Kafka brought is foreign where the store has not the same bytes."""
        judged = self.judge(messages)
        brought = [
            one.where.position
            for one in judged
            if isinstance(one, Event) and one.message.headers is not None
        ]
        if self._store is None or not brought:
            return judged
        if self._connection is None:
            self._connection = connect(self._store, "compares")
        rows = self._connection.execute(_SQL["recorded"], [brought], binary=True).fetchall()
        leaves = {Where(epoch, position): bytes(leaf) for epoch, position, leaf in rows}
        return [_compared(one, leaves) for one in judged]

    def close(self) -> None:
        """Disconnect, until it is asked again."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def _compared(one: Event | Foreign, leaves: dict[Where, bytes]) -> Event | Foreign:
    if isinstance(one, Foreign) or one.message.headers is None:
        return one
    leaf = leaves.get(one.where)
    if leaf is None:
        return Foreign(one.message, _ABSENT)
    return one if leaf == leaf_hash(one.message.value) else Foreign(one.message, _ANOTHER)
