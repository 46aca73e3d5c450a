"""A whole ledger, as `ledger up` starts it, for tests from outside."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import psutil

_READY_WITHIN: Final = 120.0
_STOPPED_WITHIN: Final = 30.0


@dataclass(slots=True)
class Running:
    """One `ledger up`: what it said when it was ready, and its process."""

    process: subprocess.Popen[str]
    ready: dict[str, Any]
    log: Path

    @property
    def url(self) -> str:
        """Where the API listens."""
        return str(self.ready["url"])

    @property
    def data(self) -> Path:
        """The data directory."""
        return Path(self.ready["data"])

    def token(self, role: str) -> str:
        """Return a bearer token of somebody with this role."""
        return str(self.ready["tokens"][role])

    def open_ticket(
        self, text: str = "Since this morning.", token: str | None = None
    ) -> dict[str, Any]:
        """Open a ticket under the demonstration contract; return the answer."""
        body = {"channel": "portal", "language": "en", "subject": "No network", "text": text}
        answer = httpx.post(
            f"{self.url}/v1/tickets",
            json={"contract": self.ready["customer_contract"], **body},
            headers={
                "Authorization": f"Bearer {token or self.token('customer')}",
                "Idempotency-Key": os.urandom(8).hex(),
            },
            timeout=60.0,
        )
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def reread(self) -> dict[str, Any]:
        """Read ready.json again: children may have been replaced."""
        self.ready = json.loads((self.data / "ready.json").read_text("utf-8"))
        return self.ready

    def family(self) -> list[psutil.Process]:
        """Return the supervisor and everything below it."""
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(sign)
        try:
            return self.process.wait(_STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"did not stop:\n{self.log.read_text('utf-8')}") from None
        finally:
            assert self.process.stdout is not None
            self.process.stdout.close()


def ledger(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the `ledger` command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def start(data: Path, log: Path, *arguments: str, **environment: str) -> Running:
    """Start `ledger up --json` on `data`; return when it is ready."""
    command = [sys.executable, "-m", "cli", "up", "--json", "--data", str(data), "--port", "0"]
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [*command, *arguments],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    line = _first_line(process)
    if not line:
        process.terminate()
        code = process.wait(_STOPPED_WITHIN)
        raise AssertionError(f"`ledger up` ended with {code}:\n{log.read_text('utf-8')}")
    return Running(process, json.loads(line), log)


def _first_line(process: subprocess.Popen[str]) -> str:
    """Return the line that says that it is ready, '' when it ended or took too long."""
    assert process.stdout is not None
    deadline = time.monotonic() + _READY_WITHIN
    while time.monotonic() < deadline:
        if select.select([process.stdout], [], [], 1.0)[0]:
            return process.stdout.readline()
    return ""
