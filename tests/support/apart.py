"""Runs a module of this package in a process of its own, so that it may fork."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
_WITHIN: Final = 300


def run_apart(module: str, asked: dict[str, Any]) -> list[Any]:
    """Run `support.MODULE`, which is asked in JSON; return what each line that it prints says."""
    done = subprocess.run(
        [sys.executable, "-m", f"support.{module}"],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PATH": ""},
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=_WITHIN,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
