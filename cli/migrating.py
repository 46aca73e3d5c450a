"""`ledger migrate`: the database in the form this version needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli.connection import find_ready, settings_for
from cli.output import note, show
from domain.errors import Malformed, Unavailable
from infra.files import hold, is_held
from infra.migrate import migrate as apply
from infra.postgres import CREDENTIALS, Cluster, Role
from infra.settings import Settings, read_settings


def migrate(
    *,
    data: Annotated[Path | None, Parameter(help="Data directory; LEDGER_DATA or ./var.")] = None,
    as_json: Annotated[bool, Parameter(name="--json", help="Print one line of JSON.")] = False,
) -> int:
    """Bring the database to the form this version needs; `ledger up` does so by itself.

    Works on LEDGER_DATABASE_OWNER_URL where it is set, else on the data directory's own
    PostgreSQL, whether it runs or not.

    Example: ledger migrate --data ./var
    """
    settings = read_settings(**({} if data is None else {"data": data}))
    with _owner(settings) as url:
        applied = apply(url, progress=note)
    show({"applied": applied}, applied or ["nothing to do"], as_json=as_json)
    return 0


@contextmanager
def _owner(settings: Settings) -> Iterator[str]:
    """Give the owner's URL, of a PostgreSQL that is started for the block if none runs."""
    if settings.database_url is not None or settings.database_owner_url is not None:
        if settings.database_owner_url is None:
            raise Malformed("name the database as role ledger_owner", "LEDGER_DATABASE_OWNER_URL")
        yield settings.database_owner_url.get_secret_value()
    elif is_held(settings.data):
        owner = settings_for(find_ready(settings.data)).database_owner_url
        assert owner is not None
        yield owner.get_secret_value()
    elif not (settings.data / CREDENTIALS).exists():
        raise Unavailable(f"no ledger lives in {settings.data}: `ledger up` makes one")
    else:
        with hold(settings.data) as held:
            cluster = Cluster(held, settings)
            cluster.start()
            try:
                yield cluster.dsn(Role.OWNER)
            finally:
                cluster.stop()
