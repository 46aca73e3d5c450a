"""What verification finds: where, of which kind, in words."""

from enum import StrEnum
from typing import Final, NamedTuple

MOST_FINDINGS: Final = 1_000
"""More than these are not kept of one range or tree: the first ones tell what happened."""


class Kind(StrEnum):
    """What is wrong; docs/operations.md says what each means."""

    ENVELOPE = "envelope"
    COLUMN = "column"
    POSITION = "position"
    STREAM = "stream"
    CONTRACT = "contract"
    SEALED = "sealed"
    MISSING_KEY = "missing-key"
    TREE = "tree"
    TRUNCATED = "truncated"
    FORK = "fork"


class Finding(NamedTuple):
    """One contradiction, at the position where it shows."""

    position: int
    kind: Kind
    detail: str
