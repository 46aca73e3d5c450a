"""Publishers that are killed at the step they are told, one process after the other.

`python -m support.publishing_killed`, with lines of JSON on standard input: `dsn`, `data`,
`bootstrap`, `topic`, `partitions`, `events` (in a transaction), and `hop` and `nth`: at which step,
the how many'th time, a publisher dies; or `after`: so many seconds after its first transaction
began. Prints for each how it ended, as `os.waitpid` says it.
"""

import json
import os
import signal
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

from support.broker import settings
from support.dying import end_of

from infra import logs
from infra.kafka.client import Kafka
from projections.publishing.meters import PublisherMeters
from projections.publishing.publisher import Copying, Publisher


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def publish(asked: dict[str, Any]) -> None:
    """Publish until that kills."""
    steps: list[str] = []

    def step(name: str) -> None:
        steps.append(name)
        if "after" in asked and len(steps) == 1:
            threading.Timer(asked["after"], die).start()
        if steps.count(asked.get("hop", "")) == asked.get("nth"):
            die()

    given = settings(
        Path(asked["data"]), kafka_bootstrap=asked["bootstrap"], kafka_topic=asked["topic"]
    )
    copying = Copying(asked["topic"], asked["partitions"], asked["events"], poll=0.1)
    publisher = Publisher(asked["dsn"], Kafka(given), copying, PublisherMeters(), step)
    publisher.run(threading.Event())


def main() -> None:
    """Do what standard input asks for."""
    logs.configure()  # to standard error
    for line in sys.stdin:
        print(end_of(partial(publish, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
