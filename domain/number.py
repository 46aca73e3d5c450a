"""The short number of a ticket, made to be spoken on the telephone: `104-273`.

Digits alone (no letter sounds alike in every language), in groups of three, the last one a check
digit after Damm, which finds every wrong digit and every two neighbours exchanged.
"""

import re
from typing import Final

from domain.errors import Malformed

_LEAST_DIGITS: Final = 6
_MOST_DIGITS: Final = 18

# H. M. Damm's totally anti-symmetric quasigroup of order 10 (doctoral thesis, Marburg 2004).
_DAMM: Final = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)

_IGNORED: Final = re.compile(r"[\s./_\u2010-\u2015-]+")


def spoken(sequence: int) -> str:
    """Return the number of the ticket that is the `sequence`-th (from 1) to be opened."""
    if sequence < 1:
        raise ValueError("a ticket's sequence begins at 1")
    digits = f"{sequence:0{_LEAST_DIGITS - 1}d}"
    return _grouped(f"{digits}{_check(digits)}")


def parse(text: str) -> str:
    """Return the number as it is stored, whatever spaces and dashes it was written with.

    Raises Malformed when it is no number or a digit was misheard.
    """
    digits = _IGNORED.sub("", text)
    if not (digits.isascii() and digits.isdigit()):
        raise Malformed("a ticket's number has digits alone, in groups of three: 104-273")
    if not _LEAST_DIGITS <= len(digits) <= _MOST_DIGITS or _check(digits) != 0:
        raise Malformed("no ticket has this number: a digit is missing, wrong or exchanged")
    return _grouped(digits)


def _check(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim


def _grouped(digits: str) -> str:
    head = len(digits) % 3
    groups = [digits[at : at + 3] for at in range(head, len(digits), 3)]
    return "-".join([digits[:head], *groups] if head else groups)
