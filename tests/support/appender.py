"""A process that appends until it has made its requests, or is killed.

`python -m support.appender DSN DATA SEED REQUESTS` prints one JSON line before each request, and
one as soon as its outcome is known.
"""

import json
import random
import sys
import threading
import time
from pathlib import Path
from uuid import UUID

from support.store import adding, key, ticket, waiting_log

from domain.errors import LedgerError, OutcomeUnknown, Stale
from domain.stream import Stream, StreamKind
from infra.store import PostgresLog

THREADS = 11


def main(dsn: str, data: str, seed: str, requests: str, *shared: str) -> None:
    """Append from THREADS threads, to streams of its own and to shared ones."""
    streams = [Stream(StreamKind.TICKET, UUID(text)) for text in shared]
    with waiting_log(dsn, Path(data)) as log:
        threads = [
            threading.Thread(
                target=_append, args=(log, random.Random(f"{seed}/{n}"), int(requests), streams)
            )
            for n in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _append(log: PostgresLog, chance: random.Random, requests: int, shared: list[Stream]) -> None:
    own = ticket()
    versions: dict[Stream, int] = {}
    for _ in range(requests):
        stream = chance.choice([own, own, *shared])
        tags = ["x"] * chance.randint(1, 3)
        request = adding(stream, versions.get(stream, 0), *tags, command=key(chance))
        told: dict[str, object] = {"command": request.key.id.hex(), "stream": str(stream.id)}
        told |= {"expected": versions.get(stream, 0), "events": len(tags)}
        _tell(told | {"outcome": "sent"})
        try:
            accepted = log.append_wait(request)
        except Stale as stale:
            versions[stream] = stale.actual
            told["outcome"] = "stale"
        except OutcomeUnknown:
            told["outcome"] = "unknown"
        except LedgerError as error:
            told["outcome"] = type(error).__name__
            time.sleep(0.05)
        else:
            versions[stream] = accepted.version
            told |= {
                "outcome": "accepted",
                "version": accepted.version,
                "position": accepted.position,
            }
        _tell(told)


def _tell(said: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
