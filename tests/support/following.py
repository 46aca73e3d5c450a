"""A process that follows the log into the queue until it is told to stop, or killed.

`python -m support.following DSN BATCH`
"""

import signal
import subprocess
import sys
import threading
from pathlib import Path

from projections.metrics import Meters
from projections.queue import QueueWriter
from projections.runner import Follower, Pace

ROOT = Path(__file__).parents[2]


def main(dsn: str, batch: str) -> None:
    """Follow until SIGTERM."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    Follower(dsn, QueueWriter().followed(), Meters(), Pace(int(batch), 0.05)).run(stop)


def start(dsn: str, batch: int) -> subprocess.Popen[bytes]:
    """Start such a process."""
    return subprocess.Popen(
        [sys.executable, "-m", "support.following", dsn, str(batch)],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PATH": ""},
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
