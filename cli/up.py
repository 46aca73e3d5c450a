"""`ledger up`: the whole ledger on this machine."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli import output
from cli.ready import for_people
from cli.supervisor import Stopped, Supervisor, listen_for_signals
from infra import logs
from infra.development import check_loopback
from infra.files import hold
from infra.settings import read_settings


def up(
    *,
    data: Annotated[Path | None, Parameter(help="Data directory; LEDGER_DATA or ./var.")] = None,
    port: Annotated[int | None, Parameter(help="Port of the API; 0 takes a free one.")] = None,
    as_json: Annotated[bool, Parameter(name="--json", help="Print one JSON line when ready.")] = (
        False
    ),
) -> int:
    """Start the whole ledger on this machine: database, API, followers. Ctrl-C stops it.

    What it prints when it is ready stays in DATA/ready.json while it runs.

    Example: ledger up --data ./var --port 8080
    """
    given = {} if data is None else {"data": data}
    settings = read_settings(**given)
    if port is not None:
        host = settings.listen.rpartition(":")[0]
        settings = read_settings(**given, listen=f"{host}:{port}")
    if not settings.issuers:
        check_loopback(settings.listen)
    logs.configure(settings.log_level)
    listen_for_signals()
    with hold(settings.data) as held:
        supervisor = Supervisor(held, settings, output.note)
        try:
            supervisor.start()
            ready = supervisor.ready()
            output.show(ready, for_people(ready), as_json=as_json)
            supervisor.run()
        except Stopped:
            pass
        finally:
            supervisor.stop()
            sys.stderr.flush()
    return 0
