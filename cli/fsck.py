"""`ledger fsck`: is everything that is stored what was recorded?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter, validators

from cli.connection import Where, local_settings
from cli.exits import GOOD, WRONG
from cli.output import progress, show
from cli.viewing import AsJson
from domain.errors import Malformed, Unavailable
from infra.fsck.run import Report, fsck, head_of
from infra.fsck.signed import kept_elsewhere

_TIMEOUT: Final = 30.0
_CHECKPOINT: Final = "/checkpoint"


def fsck_(
    *,
    checkpoint: str | None = None,
    vkey: str | None = None,
    sample: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    as_json: AsJson = False,
    where: Where | None = None,
) -> int:
    """Verify every stored event; exit 1 when something is not what was recorded.

    Reads the events, their columns, chains, hashes and sealed fields on all cores, computes their
    tree, and compares it with the ledger's own log: every hash of its tiles, and the last head that
    was signed. The ledger may go on recording meanwhile.

    Example: ledger fsck --data ./var --checkpoint kept-since-monday.txt

    Parameters
    ----------
    checkpoint
        Compare with this checkpoint too: a file kept elsewhere, or the URL of a log.
    vkey
        The key that must have signed it. Default: the keys in the data directory.
    sample
        Read only so many random events closely; of the others, position and hash alone.
    """
    settings = local_settings(where or Where())
    kept = []
    if checkpoint is not None:
        kept.append(kept_elsewhere(_read(checkpoint), checkpoint, settings, vkey))
    elif vkey is not None:
        raise Malformed("a key is for a checkpoint: say --checkpoint too", "--vkey")
    with progress("verifying", head_of(settings)) as done:
        report = fsck(settings, kept=kept, sample=sample, progress=done)
    ok = not report.findings
    found = {
        "ok": ok,
        "checked": report.checked,
        "size": report.tree.size,
        "root": report.tree.root().hex(),
        "findings": [
            {"position": one.position, "kind": one.kind.value, "detail": one.detail}
            for one in report.findings
        ],
        "compared": [
            {"origin": one.head.origin, "size": one.head.size, "with": one.words}
            for one in report.signed
        ],
    }
    show(found, _lines(report), as_json=as_json)
    return GOOD if ok else WRONG


def _lines(report: Report) -> Iterator[str]:
    for one in report.findings:
        yield f"WRONG  position {one.position}: {one.kind.value}: {one.detail}"
    yield f"{report.checked} of {report.tree.size} events verified, root {report.tree.root().hex()}"
    for signed in report.signed:
        yield f"compared with {signed.words}: {signed.head.size} events of {signed.head.origin}"
    if not report.signed:
        yield "no log here, and no checkpoint given: what is consistently rewritten cannot show"
    if not report.findings:
        yield "nothing contradicts what was recorded"


def _read(where: str) -> bytes:
    """Return a checkpoint's bytes; raise Malformed where there is none, Unavailable for later."""
    if where.startswith(("http://", "https://")):
        return _fetch(where if where.endswith(_CHECKPOINT) else where.rstrip("/") + _CHECKPOINT)
    try:
        return Path(where).read_bytes()
    except OSError as error:
        raise Malformed(f"cannot be read: {error.strerror}", where) from None


def _fetch(url: str) -> bytes:
    import httpx  # noqa: PLC0415 - 80 ms, needed for a log elsewhere alone

    try:
        answer = httpx.get(url, timeout=_TIMEOUT)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(f"{url} does not answer: {type(error).__name__}") from None
    if answer.is_server_error:
        raise Unavailable(f"{url} answers {answer.status_code}")
    if not answer.is_success:
        raise Malformed(f"answers {answer.status_code}", url)
    return answer.content
