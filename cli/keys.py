"""`ledger keys`: the key that signs the log's checkpoints, and those that did before."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from cli.exits import GOOD
from cli.output import show
from infra.logkeys import LogKeys, PastKey
from infra.settings import Settings, read_settings
from projections.log import About, about_log

Data = Annotated[Path | None, Parameter(help="Data directory; LEDGER_DATA or ./var.")]
AsJson = Annotated[bool, Parameter(name="--json", help="Print one line of JSON.")]

app = App(
    name="keys",
    help="Make, show and replace the keys of the ledger.",
    help_epilogue="",
    result_action="return_value",
)


@app.command
def new(*, data: Data = None, as_json: AsJson = False) -> int:
    """Make the key that signs checkpoints, before the first start; refused when there is one.

    Without this, the integrator makes it. It lies in DATA/log/signing-key, mode 0600.

    Example: ledger keys new --data ./var
    """
    settings = _settings(data)
    LogKeys.of(settings).create()
    return _tell(settings, as_json=as_json)


@app.command(name="show")
def show_keys(*, data: Data = None, as_json: AsJson = False) -> int:
    """Show the log's origin and the public keys that sign for it, past ones too.

    Example: ledger keys show --json
    """
    return _tell(_settings(data), as_json=as_json)


@app.command
def rotate(*, data: Data = None, as_json: AsJson = False) -> int:
    """Put a new signing key in the place of the present one, which is destroyed.

    A running integrator signs its last checkpoint again with the new key within a second. Tell the
    new key to everybody who checks the log; the old one stays in the list.

    Example: ledger keys rotate --data ./var
    """
    settings = _settings(data)
    LogKeys.of(settings).rotate()
    return _tell(settings, as_json=as_json)


def _settings(data: Path | None) -> Settings:
    return read_settings(**({} if data is None else {"data": data}))


def _tell(settings: Settings, *, as_json: bool) -> int:
    about, past = about_log(settings.data), LogKeys.of(settings).history()
    keys = [_told(one, about) for one in past]
    origin = about.origin if about else None
    show({"origin": origin, "keys": keys}, _lines(origin, keys), as_json=as_json)
    return GOOD


def _told(key: PastKey, about: About | None) -> dict[str, Any]:
    """Return a key; its vkey names the origin, which is known once the log has begun."""
    return {
        "vkey": key.verifier(about.origin).vkey if about else None,
        "public": key.public,
        "created_at": key.created_at,
        "retired_at": key.retired_at,
    }


def _lines(origin: str | None, keys: list[dict[str, Any]]) -> Iterator[str]:
    yield f"origin  {origin or 'known when the log has begun'}"
    for key in keys:
        until = f"until {key['retired_at']}" if key["retired_at"] else "signs now"
        yield f"key     {key['vkey'] or key['public']}  since {key['created_at']}, {until}"
    if not keys:
        yield "key     none yet: the first start makes one, or `ledger keys new`"
