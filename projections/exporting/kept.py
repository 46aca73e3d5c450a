"""Finished exports that wait to be fetched: `exports/` in the data directory, a zip each.

A bag tells personal data in the clear, so it is kept for a while only, and no longer than what it
tells: whoever carries out an erasure removes all of them, those in the making too.
"""

import os
import shutil
import time
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

_FOLDER: Final = "exports"
_GONE: Final = ".exports.gone"


def place_of(data: Path, bag: UUID) -> Path:
    """Return where the bag with this id is kept, in a folder for this user alone."""
    folder = data / _FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{bag}.zip"


def open_kept(data: Path, bag: UUID, seconds: int) -> BinaryIO | None:
    """Open a bag that was finished at most so many seconds ago; None when it is not kept."""
    try:
        file = (data / _FOLDER / f"{bag}.zip").open("rb")
    except FileNotFoundError:
        return None
    if time.time() - os.fstat(file.fileno()).st_mtime <= seconds:
        return file
    file.close()
    return None


def give_up(data: Path, bag: UUID) -> None:
    """Remove what a writer that ended left of this bag."""
    for left in (data / _FOLDER).glob(f".{bag}.zip*"):
        shutil.rmtree(left, ignore_errors=True)


def tidy(data: Path, seconds: int) -> None:
    """Remove what was finished more than so many seconds ago."""
    oldest = time.time() - seconds
    for kept in (data / _FOLDER).glob("*.zip"):
        try:
            if kept.stat().st_mtime < oldest:
                kept.unlink()
        except FileNotFoundError:  # of an erasure a moment ago
            continue


def remove_unfinished(data: Path) -> None:
    """Remove what writers left that were killed; none may be at work."""
    for left in (data / _FOLDER).glob(".*"):
        shutil.rmtree(left, ignore_errors=True)


def remove_all(data: Path) -> None:
    """Remove every bag, and what is in the making: its writer finds no place for it any more.

    The folder goes in one step, so nothing that was begun before can still appear in it.
    """
    gone = data / _GONE
    shutil.rmtree(gone, ignore_errors=True)
    try:
        (data / _FOLDER).rename(gone)
    except FileNotFoundError:
        return
    shutil.rmtree(gone)
