"""A whole ledger as `ledger up` starts it, on a data directory that is thrown away."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import psutil

from bench.load import Load
from bench.workload import TEXT

_STOPPED_WITHIN: Final = 30.0


@dataclass(frozen=True, slots=True)
class Stack:
    """A running ledger: what it said when it was ready, and its supervisor."""

    ready: dict[str, Any]
    supervisor: psutil.Process

    def processes(self) -> list[psutil.Process]:
        """Return the supervisor and everything below it."""
        return [self.supervisor, *self.supervisor.children(recursive=True)]

    def opening(self, requests: int, path: str = "/v1/tickets") -> Load:
        """Return a load of tickets opened by the demonstration customer."""
        where = urlsplit(self.ready["url"])
        body = {
            "contract": self.ready["customer_contract"],
            "channel": "portal",
            "language": "en",
            "subject": "No network after a change of the firewall",
            "text": TEXT,
        }
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {where.netloc}\r\n"
            f"Authorization: Bearer {self.ready['tokens']['customer']}\r\n"
            "Idempotency-Key: @KEY@\r\nContent-Type: application/json\r\nAccept: */*"
        )
        return Load(str(where.hostname), int(where.port or 80), head, json.dumps(body), requests)


@contextmanager
def stack(**environment: str) -> Iterator[Stack]:
    """Start `ledger up`, stop it after the block and throw its data away."""
    place = Path(tempfile.mkdtemp(prefix="ledger-bench-"))
    place.chmod(0o755)
    command = [sys.executable, "-m", "cli", "up", "--json", "--data", str(place / "data")]
    command += ["--port", "0"]
    given = {**os.environ, "LEDGER_STATE": str(place / "state"), **environment}
    with (place / "log").open("w+") as log:
        process = subprocess.Popen(
            command, env=given, stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            assert process.stdout
            line = process.stdout.readline()
            assert line, (place / "log").read_text("utf-8")
            yield Stack(json.loads(line), psutil.Process(process.pid))
        finally:
            process.terminate()
            process.wait(_STOPPED_WITHIN)
            shutil.rmtree(place)
