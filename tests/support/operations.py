"""The table of settings in docs/operations.md, as it must read. Run this file to print it."""

import json
from pathlib import Path

from infra.settings import PREFIX, Settings


def settings_table() -> list[str]:
    """Return one row for every setting, from its own description and default."""
    rows = ["| variable | default | what it is |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = "" if default is None else f"`{_text(default)}`"
        rows.append(f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |")
    return rows


def _text(default: object) -> str:
    if isinstance(default, tuple):
        return json.dumps(default)
    return str(default) if isinstance(default, str | Path) else json.dumps(default)


if __name__ == "__main__":
    print("\n".join(settings_table()))
