"""`ledger keys`: the key that signs the log's checkpoints, and the one that wraps all others."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from cli.exits import GOOD
from cli.output import progress, show
from infra.erasurelist import ErasureList, destroy_listed
from infra.keys import Keys
from infra.keys.opening import open_keks, open_store
from infra.keys.rotation import Rotated
from infra.keys.rotation import rotate_kek as rotate_keks
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


@app.command
def rotate_kek(*, destroy_old: bool = False, data: Data = None, as_json: AsJson = False) -> int:
    """Wrap every sealing key by a new key-encryption key, while the ledger runs.

    Say it again when it was cut off: it goes on. With LEDGER_KEK, put a new key before the present
    one, start every process again, then say this. Save the new key where your secrets are kept.

    Example: ledger keys rotate-kek --data ./var --destroy-old

    Parameters
    ----------
    destroy_old
        Destroy the old key-encryption keys afterwards: what was erased before is gone for good,
        and older backups of the key store cannot be opened by anybody.
    """
    settings = _settings(data)
    keks, store = open_keks(settings), open_store(settings)
    keys = Keys(store, keks)
    try:
        destroy_listed(ErasureList(settings.data), keys)
        with progress("wrapping", sum(store.keks().values())) as done:
            rotated = rotate_keks(
                keks, store, datetime.now(UTC), destroy_old=destroy_old, progress=done
            )
    finally:
        keys.close()
    since = rotated.since.astimezone(UTC).isoformat(timespec="microseconds")
    told = {
        "kek": rotated.kek,
        "rewrapped": rotated.rewrapped,
        "destroyed": rotated.destroyed,
        "kept": rotated.kept,
        "since": since.replace("+00:00", "Z"),
    }
    show(told, _rotation_lines(rotated, destroy_old=destroy_old), as_json=as_json)
    return GOOD


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


def _rotation_lines(rotated: Rotated, *, destroy_old: bool) -> Iterator[str]:
    yield f"key-encryption key {rotated.kek} wraps every key: {rotated.rewrapped} were wrapped anew"
    for kek in rotated.destroyed:
        yield f"destroyed: {kek}. Older backups of the key store cannot be opened: make one now"
    for kek in rotated.kept:
        if destroy_old:
            yield f"to destroy: {kek}. Take it out of LEDGER_KEK, start every process again"
        else:
            yield f"kept: {kek}"
    if destroy_old:
        yield f"gone for good without the old ones: what was erased before {rotated.since}"
