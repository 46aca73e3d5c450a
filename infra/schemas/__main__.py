"""`python -m infra.schemas`: make the published schemas anew, unless that would break them."""

import sys
from pathlib import Path
from typing import Final

from infra.schemas import EVENTS
from infra.schemas.compatible import broken
from infra.schemas.making import files, made, shipped

_ADVICE: Final = (
    "Give the type a new TYPE_VERSION and a step in infra/upcast.py. Of a form that was in no "
    "release, delete the file first.\n"
)


def main(events: Path = EVENTS) -> int:
    """Write the files; return 1, and write nothing, when a published one would be broken."""
    kept = shipped(events)
    now = made(kept)
    found = list(broken(kept, now))
    if found:
        sys.stderr.write("\n".join(found) + f"\n{_ADVICE}")
        return 1
    for name, text in files(now).items():
        (events.parent / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
