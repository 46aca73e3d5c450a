"""`ledger doctor`: does anything on this machine endanger the ledger?"""

from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter

from cli.connection import Where, local_settings
from cli.exits import GOOD, WRONG
from cli.output import show
from infra.checks import run_checks


def doctor(
    where: Where | None = None,
    *,
    as_json: Annotated[bool, Parameter(name="--json", help="Print one line of JSON.")] = False,
) -> int:
    """Check that nothing on this machine endangers the ledger; exit 1 when something does.

    Looks at durability settings, versions, migrations, the head file, keys, disk space, roles,
    triggers and the clock.

    Example: ledger doctor --data ./var
    """
    checks = list(run_checks(local_settings(where or Where())))
    ok = all(check.ok for check in checks)
    lines = [
        f"{'ok   ' if check.ok else 'WRONG'}  {check.name:<12}  {check.detail}" for check in checks
    ]
    show({"ok": ok, "checks": [asdict(check) for check in checks]}, lines, as_json=as_json)
    return GOOD if ok else WRONG
