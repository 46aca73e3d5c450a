"""The fonts of PDFs: where they lie, in which order they are asked, which characters they have.

Noto Sans comes first; Chinese, Japanese and Korean share one font with the Chinese forms of what
they have in common; emoji are drawn in one colour.
"""

import struct
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from domain.errors import Unavailable

PACKAGES: Final = ("manimgx_fonts", "noto_cjk_sans_otc")
_FIRST: Final = ("NotoSans[wght].ttf", "NotoSansCJK-Regular.ttc")
_LAST: Final = ("NotoSansSymbols[wght].ttf", "NotoEmoji[wght].ttf")
_CHINESE: Final = 2  # index in the collection
_SEGMENTS, _GROUPS = 4, 12  # forms of the table `cmap` that cover the BMP and all of Unicode

_UNICODE, _ENGLISH = 3, 0x409  # platform and language of a name
_FAMILY, _TYPOGRAPHIC = 1, 16  # kinds of names


def folders() -> list[Path]:
    """Return the folders with the fonts.

    Raises:
        Unavailable: A package of fonts is not installed.
    """
    found = {name: find_spec(name) for name in PACKAGES}
    missing = [name for name, spec in found.items() if spec is None or spec.origin is None]
    if missing:
        raise Unavailable(f"no PDF without its fonts: install {', '.join(missing)}")
    return [Path(spec.origin).parent for spec in found.values() if spec and spec.origin]


@cache
def files() -> tuple[Path, ...]:
    """Return the upright fonts, in the order in which they are asked for a character."""
    found = {path.name: path for folder in folders() for path in sorted(folder.glob("*.tt[fc]"))}
    between = [name for name in found if "Italic" not in name and name not in _FIRST + _LAST]
    return tuple(found[name] for name in (*_FIRST, *between, *_LAST))


def families() -> list[str]:
    """Return the names of the fonts' families, in the same order."""
    return [family_of(path) for path in files()]


def family_of(path: Path) -> str:
    """Return the family's name as it stands in the font: the typographic one where there is one."""
    data, found = path.read_bytes(), {}
    table = _table(data, b"name")
    count, strings = struct.unpack_from(">HH", data, table + 2)
    for at in range(table + 6, table + 6 + 12 * count, 12):
        platform, _, language, kind, length, offset = struct.unpack_from(">6H", data, at)
        if (platform, language) == (_UNICODE, _ENGLISH):
            start = table + strings + offset
            found[kind] = data[start : start + length].decode("utf-16-be")
    return found.get(_TYPOGRAPHIC) or found[_FAMILY]


@cache
def coverage() -> tuple[frozenset[int], ...]:
    """Return the code points that each font has a glyph for, in the order of `files`."""
    return tuple(frozenset(_code_points(path.read_bytes())) for path in files())


@lru_cache(maxsize=20_000)
def covered(*characters: str) -> bool:
    """Say whether one font has all of `characters`, so that they can be set together."""
    points = [ord(character) for character in characters]
    return any(all(point in font for point in points) for font in coverage())


def _table(data: bytes, tag: bytes) -> int:
    start = 0
    if data[:4] == b"ttcf":
        (start,) = struct.unpack_from(">I", data, 12 + 4 * _CHINESE)
    (count,) = struct.unpack_from(">H", data, start + 4)
    for at in range(start + 12, start + 12 + 16 * count, 16):
        if data[at : at + 4] == tag:
            return int(struct.unpack_from(">I", data, at + 8)[0])
    raise Unavailable(f"a font has no table {tag.decode()}")


def _code_points(data: bytes) -> Iterator[int]:
    cmap = _table(data, b"cmap")
    (count,) = struct.unpack_from(">H", data, cmap + 2)
    for n in range(count):
        (offset,) = struct.unpack_from(">I", data, cmap + 8 + 8 * n)
        (form,) = struct.unpack_from(">H", data, cmap + offset)
        if form == _GROUPS:
            yield from _of_groups(data, cmap + offset)
        elif form == _SEGMENTS:
            yield from _of_segments(data, cmap + offset)


def _of_groups(data: bytes, at: int) -> Iterator[int]:
    (groups,) = struct.unpack_from(">I", data, at + 12)
    for n in range(groups):
        first, last, glyph = struct.unpack_from(">3I", data, at + 16 + 12 * n)
        yield from range(first + (glyph == 0), last + 1)


def _of_segments(data: bytes, at: int) -> Iterator[int]:
    segments = struct.unpack_from(">H", data, at + 6)[0] // 2
    lasts = at + 14
    firsts, deltas = lasts + 2 * segments + 2, lasts + 4 * segments + 2
    offsets = deltas + 2 * segments
    for n in range(segments):
        last, first, delta, offset = (
            struct.unpack_from(">H", data, table + 2 * n)[0]
            for table in (lasts, firsts, deltas, offsets)
        )
        for point in range(first, last + 1):
            glyph = point
            if offset:
                place = offsets + 2 * n + offset + 2 * (point - first)
                (glyph,) = struct.unpack_from(">H", data, place)
            if (not offset and (glyph + delta) & 0xFFFF) or (offset and glyph):
                yield point
