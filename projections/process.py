"""What the processes that read the log have in common: settings, logs, an end when told."""

import signal
import threading
from collections.abc import Callable

from domain.errors import Malformed
from infra import logs
from infra.garbage import leave_loaded
from infra.settings import Settings, read_settings


def run(serve: Callable[[Settings, threading.Event], None]) -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = read_settings()
    logs.configure(settings.log_level)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    leave_loaded()
    serve(settings, stop)


def follower_dsn(settings: Settings) -> str:
    """Return the database's URL as role ledger_follower; raise Malformed without one."""
    if settings.database_follower_url is None:
        raise Malformed("name the database as role ledger_follower", "LEDGER_DATABASE_FOLLOWER_URL")
    return settings.database_follower_url.get_secret_value()
