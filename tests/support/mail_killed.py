"""A worker of notifications that is killed when its first mail was handed over, before it says so.

`python -m support.mail_killed`, asked in JSON: `dsn`, `data`, `port`.
"""

import json
import os
import signal
import sys
import threading
from email.headerregistry import Address
from pathlib import Path
from zoneinfo import ZoneInfo

from support.store import keys_of

from consumers.notifications.post import Post
from consumers.notifications.recording import Recorder
from consumers.notifications.told import Told
from consumers.notifications.wording import House
from consumers.notifications.worker import Worker
from infra.mail.outgoing import Server, Tls


async def _die(_recorder: Recorder, _told: Told, _turn: int, *_became: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    asked = json.loads(sys.stdin.read())
    Recorder.record = _die  # type: ignore[method-assign]
    server = Server("127.0.0.1", asked["port"], Tls.NONE)
    sender = Address("The provider", "no-reply", "provider.example")
    house = House(ZoneInfo("UTC"), None)
    post = Post(server, sender, "bounces@provider.example", frozenset(), house)
    data = Path(asked["data"])
    Worker(asked["dsn"], post, keys_of(data), data)(threading.Event())
