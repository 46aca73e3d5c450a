"""`ledger fsck`: is everything that is stored what was recorded?"""

from collections.abc import Iterator
from typing import Annotated

from cyclopts import Parameter, validators

from cli.connection import Where, local_settings
from cli.exits import GOOD, WRONG
from cli.output import progress, show
from cli.viewing import AsJson
from infra.fsck.run import Report, fsck, head_of


def fsck_(
    *,
    sample: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    as_json: AsJson = False,
    where: Where | None = None,
) -> int:
    """Verify every stored event; exit 1 when something is not what was recorded.

    Reads the events, their columns, chains, hashes and sealed fields on all cores, computes the
    root of their tree, and looks whether the last event that the head file knows is there. The
    ledger may go on recording meanwhile.

    Example: ledger fsck --data ./var --json

    Parameters
    ----------
    sample
        Read only so many random events closely; of the others, position and hash alone.
    """
    settings = local_settings(where or Where())
    with progress("verifying", head_of(settings)) as done:
        report = fsck(settings, sample=sample, progress=done)
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
    }
    show(found, _lines(report), as_json=as_json)
    return GOOD if ok else WRONG


def _lines(report: Report) -> Iterator[str]:
    for one in report.findings:
        yield f"WRONG  position {one.position}: {one.kind.value}: {one.detail}"
    yield f"{report.checked} of {report.tree.size} events verified, root {report.tree.root().hex()}"
    if not report.findings:
        yield "nothing contradicts what was recorded"
