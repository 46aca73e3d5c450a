"""The one table from what went wrong to the exit code of the `ledger` command."""

from typing import Final

from domain import errors

GOOD: Final = 0
WRONG: Final = 1
USAGE: Final = 2
UNAVAILABLE: Final = 5
BUG: Final = 70
INTERRUPTED: Final = 130

_BY_ERROR: Final[tuple[tuple[type[BaseException], int], ...]] = (
    (errors.Integrity, WRONG),
    (errors.Unauthenticated, 4),
    (errors.NotAllowed, 4),
    (errors.Stale, 4),
    (errors.Refused, 4),
    (errors.Unavailable, UNAVAILABLE),
    (errors.LedgerError, 3),  # every other kind says that the input was not right
    (KeyboardInterrupt, INTERRUPTED),
    (OSError, UNAVAILABLE),  # a full disk, a missing right
)


def exit_code(error: BaseException) -> int:
    """Return the exit code for what a command ended with; 70 for what nobody foresaw."""
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), BUG)
