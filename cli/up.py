"""`ledger up`: the whole ledger on this machine."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli import output
from cli.ready import for_people
from cli.signals import Stopped, listen_for_signals
from cli.supervisor import Supervisor
from domain.errors import Malformed
from infra import logs
from infra.development import check_loopback
from infra.files import hold
from infra.settings import read_settings


def up(
    *,
    data: Annotated[Path | None, Parameter(help="Data directory; LEDGER_DATA or ./var.")] = None,
    port: Annotated[int | None, Parameter(help="Port of the API; 0 takes a free one.")] = None,
    kafka: Annotated[
        bool, Parameter(negative="", help="With an embedded Kafka (fetched once, 45 MB).")
    ] = False,
    as_json: Annotated[bool, Parameter(name="--json", help="Print one JSON line when ready.")] = (
        False
    ),
) -> int:
    """Start the whole ledger on this machine: database, API, followers. Ctrl-C stops it.

    What it prints when it is ready stays in DATA/ready.json while it runs. With --kafka every
    event is published, and consumers are fed by that; without, they are fed by the store.

    Example: ledger up --data ./var --port 8080
    Example: ledger up --data ./var --kafka
    """
    given = {} if data is None else {"data": data}
    settings = read_settings(**given)
    if port is not None:
        host = settings.listen.rpartition(":")[0]
        settings = read_settings(**given, listen=f"{host}:{port}")
    if not settings.issuers:
        check_loopback(settings.listen)
    if kafka and settings.kafka_bootstrap is not None:
        raise Malformed("names a Kafka already: leave out --kafka", "LEDGER_KAFKA_BOOTSTRAP")
    logs.configure(settings.log_level)
    listen_for_signals()
    with hold(settings.data) as held:
        supervisor = Supervisor(held, settings, output.note, kafka=kafka)
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
