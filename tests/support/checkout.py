"""What belongs to the checkout, asked without git: a machine that runs tests may lack it."""

import os
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]


def checkout_files(root: Path = ROOT) -> list[str]:
    """Return every file below `root` that .gitignore does not name, from `root`, sorted."""
    lines = (root / ".gitignore").read_text("utf-8").split()
    ignored = [".git", *(line.rstrip("/") for line in lines)]

    def kept(name: str) -> bool:
        return not any(fnmatch(name, pattern) for pattern in ignored)

    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = filter(kept, folders)
        found += [str((Path(folder) / name).relative_to(root)) for name in filter(kept, names)]
    return sorted(found)
