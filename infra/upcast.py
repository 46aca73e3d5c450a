"""Old versions of event types: read as today's, never rewritten.

A step turns the `data` of one version into that of the next; sealed fields keep their names.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from domain.errors import Malformed

Data = dict[str, Any]
Step = Callable[[Data], Data]
Steps = Mapping[tuple[str, int], Step]

STEPS: Final[Steps] = {}
"""(stored type name, version it comes from) -> step. No type has had a second version yet."""


def upcast(steps: Steps, name: str, data: Data, stored: int, current: int) -> Data:
    """Return `data` as version `current` has it; raise Malformed for an unknown version."""
    if stored > current:
        raise Malformed(f"{name} version {stored}: this ledger knows up to {current}: update it")
    for version in range(stored, current):
        step = steps.get((name, version))
        if step is None:
            raise Malformed(f"{name} version {version}: no step to the next", "type_version")
        try:
            data = step(data)
        except (LookupError, TypeError, ValueError, AttributeError):
            raise Malformed(f"{name} version {version}: not the form it had", "data") from None
    return data
