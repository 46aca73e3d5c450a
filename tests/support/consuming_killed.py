"""Members of consumer groups that are killed at the steps they are told, one after the other.

`python -m support.consuming_killed`, with JSON on standard input: `dsn`, `ledger`, `bootstrap`
(null: fed from the store), `topic`, `data` and `kills`, each [consumer, hop]: the member dies when
it gets there with its second batch. Prints a JSON line after each: how it ended.
"""

import json
import os
import signal
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from support.apart import run_apart
from support.broker import settings
from support.consuming import Effects
from support.dying import end_of

from consumers.feeds import Bearings, Feed
from consumers.feeds.kafka import KafkaFeed
from consumers.feeds.store import StoreFeed
from consumers.group import Member, Pace, Start
from consumers.inbox import Hop
from consumers.judging import Judge
from infra import logs
from infra.kafka.client import Kafka

BATCH = 20
_PATIENCE = 60


def consume(asked: dict[str, Any], name: str, fatal: Hop) -> None:
    """Consume until the second batch is at the fatal hop."""
    at = 0

    def step(hop: Hop) -> None:
        nonlocal at
        at += hop is fatal
        if at > 1:
            os.kill(os.getpid(), signal.SIGKILL)

    def feed(consumer: str, bearings: Bearings) -> Feed:
        if asked["bootstrap"] is None:
            return StoreFeed(asked["dsn"], consumer, bearings)
        kafka = Kafka(settings(Path(asked["data"]), kafka_bootstrap=asked["bootstrap"]))
        return KafkaFeed(kafka, consumer, bearings, asked["topic"])

    stop = threading.Event()
    threading.Timer(_PATIENCE, stop.set).start()
    judge, pace = Judge(UUID(asked["ledger"]), asked["dsn"]), Pace(BATCH, 0.05)
    Member(asked["dsn"], judge, Effects(name), feed, Start, pace, step).run(stop)


def main() -> None:
    """Run what standard input asks for."""
    logs.configure("error")
    asked = json.load(sys.stdin)
    for name, hop in asked["kills"]:
        print(json.dumps(end_of(partial(consume, asked, name, Hop(hop)))), flush=True)


def run_killed(asked: dict[str, Any]) -> list[int]:
    """Do this in a process of its own, so that it may fork."""
    return run_apart("consuming_killed", asked)


if __name__ == "__main__":
    main()
