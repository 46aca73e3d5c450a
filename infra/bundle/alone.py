"""The program that lies in every bag as `verify.py`: one file, for a bare Python.

It is made of the texts of `alone_proofs` and `alone_checks`, without what one imports of the other.
"""

import ast
from functools import cache
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
_ENDS: Final = '"""\n'


@cache
def program() -> bytes:
    """Return `verify.py`, byte for byte the same for one version of the ledger."""
    checks = (_HERE / "alone_checks.py").read_text("utf-8")
    proofs = (_HERE / "alone_proofs.py").read_text("utf-8")
    about, _, rest = checks.partition(f"\n{_ENDS}")
    _, _, proving = proofs.partition(f"\n{_ENDS}")
    return f"{about}\n{_ENDS}{proving}\n\n{_without_ours(_ENDS + rest)}".encode()


def _without_ours(text: str) -> str:
    """Return what follows the docstring's end, without the imports of our own modules."""
    text = text.removeprefix(_ENDS)
    lines = text.splitlines(keepends=True)
    for node in reversed(ast.parse(text).body):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("infra."):
            del lines[node.lineno - 1 : node.end_lineno]
    return "".join(lines).strip("\n") + "\n"
