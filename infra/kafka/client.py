"""The only module that knows kafka-python: topics, writers and readers of one cluster.

What goes wrong is raised as Unavailable: nothing is known of what was under way, and whoever
wrote or read begins anew.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from kafka import (  # type: ignore[import-untyped]
    ConsumerRebalanceListener,
    KafkaConsumer,
    KafkaProducer,
    OffsetAndMetadata,
    TopicPartition,
)
from kafka.admin import KafkaAdminClient  # type: ignore[import-untyped]
from kafka.errors import (  # type: ignore[import-untyped]
    CommitFailedError,
    IllegalGenerationError,
    KafkaError,
    KafkaTimeoutError,
    RebalanceInProgressError,
    TopicAlreadyExistsError,
    UnknownMemberIdError,
)
from kafka.net.compat import KafkaNetClient  # type: ignore[import-untyped]
from kafka.net.inet import KafkaNetSocket  # type: ignore[import-untyped]
from kafka.record.default_records import DefaultRecordBatch  # type: ignore[import-untyped]

from domain.errors import Unavailable
from infra.kafka.connection import ANSWER_WITHIN, IN_A_GROUP, READING, WAITING, WRITING, options
from infra.kafka.lenient import read_any_names
from infra.kafka.records import Message, Place, Record, Topic
from infra.settings import Settings

read_any_names(DefaultRecordBatch)

_UNKNOWN_TOPIC: Final = 3
_LOOK_BACK: Final = 16
_SAFE_FROM: Final = 3  # copies of a topic from which on one of them may be missing
_MOVED_ON: Final = (
    CommitFailedError,
    IllegalGenerationError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Turn what kafka-python raises into Unavailable; its texts may name machines."""
    try:
        yield
    except KafkaError as error:
        raise Unavailable(f"Kafka, {what}: {type(error).__name__}") from error


class Kafka:
    """A cluster, as the settings name it. Nothing is connected until something is asked.

    `reached_within` is how many seconds it is tried. Raises Malformed when a setting is missing or
    wrong.
    """

    def __init__(self, settings: Settings, reached_within: float = 5.0) -> None:
        trying = {"bootstrap_timeout_ms": int(reached_within * 1000)}
        self._options = {**options(settings), **WAITING, **trying}
        self._replication = settings.kafka_replication
        # they warn at each attempt to reach a broker that is away; what matters is raised
        logging.getLogger("kafka").setLevel(logging.CRITICAL)

    def cluster(self) -> str:
        """Return the id of the cluster."""
        with self._admin() as admin:
            return str(admin.describe_cluster()["cluster_id"])

    def topics(self, names: Collection[str]) -> dict[str, Topic]:
        """Return those of these topics that are there."""
        with self._admin() as admin:
            return _described(admin, names)

    def ensure(self, name: str, partitions: int, *, compacted: bool = False) -> Topic:
        """Make a topic that keeps everything for ever unless it is there; return it as it is.

        Of a `compacted` one only the last record of each key is kept.
        """
        in_sync = 2 if self._replication >= _SAFE_FROM else 1
        configs = {
            "cleanup.policy": "compact" if compacted else "delete",
            "retention.ms": "-1",
            "retention.bytes": "-1",
            "compression.type": "zstd",  # whatever others wrote with
            "min.insync.replicas": str(in_sync),
            "message.timestamp.after.max.ms": str(2**63 - 1),  # the ledger's clock decides
        }
        wanted = {
            "num_partitions": partitions,
            "replication_factor": self._replication,
            "configs": configs,
        }
        with self._admin() as admin:
            if not (found := _described(admin, [name])):
                with suppress(TopicAlreadyExistsError):
                    admin.create_topics({name: wanted})
                admin.wait_for_topics([name])
                found = _described(admin, [name])
            if name not in found:
                raise Unavailable(f"Kafka, topic {name}: it does not appear")
            return found[name]

    def last(self, topic: str) -> Record | None:
        """Return the last committed record of a topic with one partition; None when empty."""
        place = TopicPartition(topic, 0)
        with _told("reading the last record"), closing(self._consumer(None)) as consumer:
            consumer.assign([place])
            first = consumer.beginning_offsets([place])[place]
            end = consumer.end_offsets([place])[place]
            back = _LOOK_BACK
            while True:  # what ends a transaction has an offset too, and so has what was aborted
                start = max(first, end - back)
                found = _read_up_to(consumer, place, start, end)
                if found or start == first:
                    return found[-1] if found else None
                back *= _LOOK_BACK

    def offsets_at(self, topic: str, moment: datetime | None) -> dict[Place, int]:
        """Return, for each partition, the first offset of a record not before a moment, or the end.

        The ends when `moment` is None. Empty when there is no such topic.
        """
        found = self.topics([topic]).get(topic)
        places = [TopicPartition(topic, at) for at in range(found.partitions if found else 0)]
        with _told("looking up offsets"), closing(self._consumer(None)) as consumer:
            # the ends first: what is written meanwhile is found by its time, or lies behind them
            offsets: dict[Any, int] = consumer.end_offsets(places)
            if moment is not None:
                asked = dict.fromkeys(places, int(moment.timestamp() * 1000))
                at = consumer.offsets_for_times(asked)
                offsets |= {place: one.offset for place, one in at.items() if one is not None}
        return {Place(*place): offset for place, offset in offsets.items()}

    def writer(self) -> "Writer":
        """Return a writer without transactions; what it writes again after a doubt is there twice.

        Raises Unavailable when the cluster does not answer.
        """
        return Writer({**self._options, **WRITING})

    def transactions(self, name: str) -> "Transactions":
        """Return the writer of this transactional id; any other of that name is fenced from now on.

        What that one had begun is ended first. Raises Unavailable.
        """
        return Transactions({**self._options, **WRITING}, name)

    def reader(
        self,
        group: str,
        pattern: str,
        assigned: Callable[[frozenset[Place]], None] = lambda _places: None,
    ) -> "GroupReader":
        """Return a reader of a consumer group that shares the topics matching a pattern.

        `assigned` is told of every assignment, in the thread that polls and before its records.
        """
        consumer = self._consumer(group, **IN_A_GROUP)
        return GroupReader(consumer, pattern, assigned)

    @contextmanager
    def _admin(self) -> Iterator[Any]:
        with _told("asking the cluster"), closing(_made(KafkaAdminClient, self._options)) as admin:
            yield admin

    def _consumer(self, group: str | None, **more: object) -> Any:
        with _told("reaching the cluster"):
            given = {**self._options, **READING, **more}
            return _made(KafkaConsumer, {**given, "group_id": group})


class Writer:
    """Writes messages, each exactly once as long as nothing is raised."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        with _told("reaching the cluster"):
            self._producer = _made(KafkaProducer, given)

    def write(self, messages: Iterable[Message]) -> None:
        """Write messages in order; return when the cluster has them all.

        Raises Unavailable when one of them is in doubt: close this writer then.
        """
        with _told("writing"):
            send = self._producer.send
            sent = [
                send(topic, value, key, list(headers), partition, timestamp)
                for topic, key, value, headers, timestamp, partition in messages
            ]
            self._producer.flush(ANSWER_WITHIN)
            for future in sent:  # a failed one is not raised by flush, nor always by a commit
                if not future.succeeded():
                    raise future.exception or KafkaTimeoutError("not acknowledged in time")

    def close(self) -> None:
        """Let go of the connections at once; what was not acknowledged may be lost."""
        # close() alone would wait for what cannot be sent, and leave its thread behind
        self._producer._sender.force_close()  # noqa: SLF001
        with suppress(KafkaError):
            self._producer.close(timeout=ANSWER_WITHIN)


class Transactions(Writer):
    """Writes messages in transactions: `begin`, `write` as often as need be, `commit`.

    After anything was raised, what became of the transaction is not known: close it, open another.
    """

    def __init__(self, given: Mapping[str, Any], name: str) -> None:
        super().__init__({**given, "transactional_id": name, "transaction_timeout_ms": 60_000})
        try:
            with _told("taking over its transactions"):
                self._producer.init_transactions()
        except Unavailable:
            self.close()
            raise

    def begin(self) -> None:
        """Begin a transaction."""
        with _told("beginning a transaction"):
            self._producer.begin_transaction()

    def commit(self, seconds: float = ANSWER_WITHIN) -> None:
        """End the transaction; return when everything in it can be read, at most after `seconds`.

        Raises Unavailable when that is not known: it may be committed or not.
        """
        with _told("committing"):
            # commit_transaction() is these three lines, and waits without end
            result = self._producer._transaction_manager.begin_commit()  # noqa: SLF001
            self._producer._sender.wakeup()  # noqa: SLF001
            if not result.wait(timeout_ms=seconds * 1000):
                raise KafkaTimeoutError("the commit was not confirmed in time")


class GroupReader:
    """Reads what a group's partitions hold; offsets are committed by whoever asks for it."""

    def __init__(
        self, consumer: Any, pattern: str, assigned: Callable[[frozenset[Place]], None]
    ) -> None:
        self._consumer = consumer
        self._assigned = assigned
        self._listener = _Assignments()
        consumer.subscribe(pattern=pattern, listener=self._listener)

    def poll(self, seconds: float, limit: int) -> list[Record]:
        """Return what is next, at most `limit` records, in order within each partition.

        Empty when nothing came for `seconds`. Raises Unavailable.
        """
        group = self._consumer._coordinator  # noqa: SLF001
        if group._join_task is not None:  # noqa: SLF001
            # it took longer than the poll before; kafka-python 3.0.12 may forget what came of it
            group.request_rejoin()
        with _told("reading"):
            found = self._consumer.poll(timeout_ms=int(seconds * 1000), max_records=limit)
        if self._listener.changed:
            self._listener.changed = False
            self._assigned(self.assignment())
        return [_record(record) for records in found.values() for record in records]

    def assignment(self) -> frozenset[Place]:
        """Return which partitions are this reader's."""
        return frozenset(Place(*place) for place in self._consumer.assignment())

    def committed(self, places: Iterable[Place]) -> dict[Place, tuple[int, str]]:
        """Return where the group goes on in partitions, with the note kept with it.

        A partition of which nothing is known is left out. Raises Unavailable.
        """
        with _told("reading offsets"):
            found = {
                place: self._consumer.committed(
                    TopicPartition(*place), metadata=True, timeout_ms=ANSWER_WITHIN * 1000
                )
                for place in places
            }
        return {place: (one.offset, one.metadata) for place, one in found.items() if one}

    def commit(
        self, offsets: Mapping[Place, int], notes: Mapping[Place, str] = MappingProxyType({})
    ) -> bool:
        """Keep where the group goes on; False when the partitions are another's by now.

        A note is kept with an offset. Raises Unavailable.
        """
        kept = {
            TopicPartition(*place): OffsetAndMetadata(offset, notes.get(place, ""), -1)
            for place, offset in offsets.items()
        }
        with _told("committing offsets"):
            try:
                self._consumer.commit(kept, timeout_ms=ANSWER_WITHIN * 1000)
            except _MOVED_ON:
                return False
        return True

    def seek(self, place: Place, offset: int) -> None:
        """Go on reading a partition of this reader from an offset."""
        self._consumer.seek(TopicPartition(*place), offset)

    def close(self) -> None:
        """Leave the group, so that others take over at once."""
        client = self._consumer._client  # noqa: SLF001
        with suppress(KafkaError):
            self._consumer._coordinator.close(autocommit=False, timeout_ms=2_000)  # noqa: SLF001
        self._consumer._closed = True  # noqa: SLF001
        client._net.stop()  # noqa: SLF001 - close() alone would close what that thread works on
        client.close()


class _Assignments(ConsumerRebalanceListener):  # type: ignore[misc]
    """Notes that the assignment changed; it is called in another thread."""

    def __init__(self) -> None:
        self.changed = False

    def on_partitions_revoked(self, _revoked: object) -> None:
        self.changed = True

    def on_partitions_assigned(self, _assigned: object) -> None:
        self.changed = True


class _Closing(KafkaNetSocket):  # type: ignore[misc]
    """Connects as always, but closes the socket when that fails; kafka-python forgets it."""

    SCHEMES = ("closing",)

    async def sock_connect(self, net: Any, sock: Any, sockaddr: Any, timeout_at: Any = None) -> Any:
        try:
            return await super().sock_connect(net, sock, sockaddr, timeout_at=timeout_at)
        except BaseException:
            sock.close()
            raise


def _made(client: Callable[..., Any], given: Mapping[str, Any]) -> Any:
    """Return a client; when it cannot be made, end the thread that it has begun."""
    begun: list[Any] = []

    def connections(**configs: Any) -> Any:
        begun.append(KafkaNetClient(**configs))
        return begun[-1]

    try:
        return client(**given, kafka_client=connections)
    except BaseException:
        for one in begun:
            one._net.stop()  # noqa: SLF001 - close() alone would close what that thread works on
            one.close()
        raise


def _described(admin: Any, names: Collection[str]) -> dict[str, Topic]:
    found = admin.describe_topics(list(names)) if names else []
    return {
        one["name"]: Topic(one["name"], str(one["topic_id"]), len(one["partitions"]))
        for one in found
        if one["error_code"] != _UNKNOWN_TOPIC and one["partitions"]
    }


def _read_up_to(consumer: Any, place: Any, start: int, end: int) -> Sequence[Record]:
    consumer.seek(place, start)
    found: list[Record] = []
    quiet = 0
    while consumer.position(place) < end:
        records = consumer.poll(timeout_ms=500).get(place, [])
        found += [_record(record) for record in records]
        quiet = 0 if records else quiet + 1
        if quiet * 0.5 > ANSWER_WITHIN:
            raise KafkaTimeoutError("the end of the topic is not reached")
    return found


def _record(found: Any) -> Record:
    return Record(
        found.topic,
        found.partition,
        found.offset,
        found.key,
        found.value,
        tuple(found.headers),
        found.timestamp,
    )
