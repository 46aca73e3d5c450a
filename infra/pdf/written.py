"""How a recorded text is written so that nothing in it can hide, move or be lost.

A text becomes pieces: what is set as it is, and code points ("U+202E") that are set in a grey box.
In the box go control and formatting characters, characters that no font has, and combining marks
that stand alone, in heaps, or on what no font joins them with. So a text cannot turn the direction
of its surroundings, and a code point that somebody typed has no box.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from infra.pdf.fonts import covered

HEAP: Final = 4  # marks on one character that are set; more would run into other lines
UNBROKEN: Final = 20  # characters without a space that fit into a line
STEP: Final = 10  # in longer runs the line may be broken after so many
_OWN_BREAKS: Final = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\U0003ffff"  # Thai, Chinese...
_LONG: Final = re.compile(rf"[^\s{_OWN_BREAKS}]{{{UNBROKEN + 1},}}")
_BREAK: Final = "\u200b"
_JOINERS: Final = "\u200c\u200d"  # needed by Arabic and Indic scripts, and inside emoji
_VARIANTS: Final = range(0xFE00, 0xFE10)
_MARKS: Final = frozenset({"Mn", "Mc", "Me"})
_JOINABLE: Final = frozenset({"Lo", "Mn", "Mc", "So", "Sk"})
_NEVER: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})


def pieces(text: str) -> list[str]:
    """Return `text` as alternating pieces: set as it is, code point, set as it is, ..."""
    found, plain = [], []
    if text.isascii() and text.isprintable():
        return [_breakable(text)]
    for shown, character in _judged(text.replace("\r\n", "\n")):
        if shown:
            plain.append(character)
        else:
            found += [_breakable("".join(plain)), f"U+{ord(character):04X}"]
            plain = []
    return [*found, _breakable("".join(plain))]


def right_to_left(text: str) -> bool:
    """Say whether the first letter with a direction is of a right-to-left script."""
    kinds = (unicodedata.bidirectional(character) for character in text)
    return next((k for k in kinds if k == "L" or k in _RIGHT_TO_LEFT), "L") != "L"


def _judged(text: str) -> Iterator[tuple[bool, str]]:
    base, heap = "", 0
    for n, character in enumerate(text):
        category = unicodedata.category(character)
        following = text[n + 1 : n + 2]
        if character == "\n":
            shown, base, heap = True, "", 0
        elif character in _JOINERS:
            shown = bool(base) and _joinable(text[n - 1]) and _joinable(following)
        elif ord(character) in _VARIANTS:
            shown = bool(base) and unicodedata.category(base) in {"So", "Po", "Nd", "Lo", "Sm"}
        elif category in _MARKS:
            heap += 1
            shown = bool(base) and heap <= HEAP and covered(base, character)
        else:
            shown = category not in _NEVER and covered(character)
            base, heap = ("" if category == "Zs" else character), 0
        if not shown:
            base = ""
        yield shown, character


def _joinable(character: str) -> bool:
    return bool(character) and (
        unicodedata.category(character) in _JOINABLE or ord(character) in _VARIANTS
    )


def _breakable(text: str) -> str:
    """Return `text` with places to break the line in runs that are too long for one."""
    return _LONG.sub(lambda run: _broken(run[0]), text)


def _broken(run: str) -> str:
    made, last = [], 0
    for n in range(1, len(run)):
        if n - last >= STEP and _apart(run[n - 1], run[n]):
            made.append(run[last:n])
            last = n
    return _BREAK.join([*made, run[last:]])


def _apart(before: str, after: str) -> bool:
    joined = before in _JOINERS or after in _JOINERS or ord(after) in _VARIANTS
    return not joined and unicodedata.category(after) not in _MARKS | {"Sk"}
