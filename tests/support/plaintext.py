"""Marks personal data and looks for it where it must not be, however it is written.

All free texts begin with one prefix, so that one search finds every one of them; values whose
form is fixed (dates, addresses, numbers) are looked for one by one.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import psycopg

PREFIX: Final = "Qzx7VwKjHtRp"
"""Stands in no text, and in no random bytes within the age of the universe."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Something personal in the clear: where, written how, and what stands around it."""

    place: str
    form: str
    offset: int
    around: bytes


@dataclass(slots=True)
class Markers:
    """What was planted: `text(field)` for free texts, `exact(value)` for fixed forms."""

    planted: dict[str, str] = field(default_factory=dict)
    exacts: list[str] = field(default_factory=list)

    def text(self, name: str) -> str:
        """Return a text to put into the free field `name`, with letters beyond ASCII."""
        return self.planted.setdefault(name, f"{PREFIX}{len(self.planted):04d} Жук 漢字 ü")

    def word(self, name: str) -> str:
        """Return a marker without spaces or letters beyond ASCII."""
        return self.text(name).split(" ", 1)[0]

    def exact(self, value: str) -> str:
        """Return `value`, looked for from now on; at least 7 characters, or it proves nothing."""
        if len(value) < 7:
            raise ValueError("too short to be unique")
        self.exacts.append(value)
        return value

    def needles(self) -> dict[str, bytes]:
        """Return form -> bytes to look for."""
        found = dict(forms(PREFIX))
        for value in self.exacts:
            found |= {f"{value} as {form}": needle for form, needle in forms(value).items()}
        return found


def forms(value: str) -> dict[str, bytes]:
    """Return the ways in which a text may have been written; base64 as it is, others lower case."""
    small = value.lower()
    ways = {
        "utf-8": small.encode(),
        "utf-16-le": small.encode("utf-16-le"),
        "utf-16-be": small.encode("utf-16-be"),
        "json": json.dumps(small)[1:-1].encode(),
    }
    for case in dict.fromkeys((value, small, value.upper())):
        ways[f"hex of {case}"] = case.encode().hex().encode()
        ways[f"hex of {case} in utf-16"] = case.encode("utf-16-le").hex().encode()
        ways[f"json escapes of {case}"] = "".join(f"\\u{ord(c):04x}" for c in case).encode()
        for shift in range(3):
            ways[f"base64 of {case} at {shift}"] = _base64_core(case.encode(), shift)
    packed = _packed(value)
    return ways | ({"packed address": packed} if packed else {})


def search(data: bytes, place: str, needles: dict[str, bytes]) -> Iterator[Hit]:
    """Yield the first hit of each form in some bytes."""
    # PostgreSQL and SQLite keep text as it is; `lower` touches ASCII letters alone
    small = data.lower()
    for form, needle in needles.items():
        cased = "base64" in form or "packed" in form
        haystacks = (data, data.translate(_URL_SAFE)) if "base64" in form else (data,)
        for haystack in haystacks if cased else (small,):
            offset = haystack.find(needle)
            if offset >= 0:
                yield Hit(place, form, offset, data[max(0, offset - 24) : offset + 48])
                break


def search_files(roots: Iterable[Path], needles: dict[str, bytes]) -> list[Hit]:
    """Return the hits in every file below some folders, and in the files' names."""
    hits: list[Hit] = []
    for path in files_below(roots):
        hits += search(str(path).encode(), f"name of {path}", needles)
        hits += search(path.read_bytes(), str(path), needles)
    return hits


def dump_tables(superuser: str) -> bytes:
    """Return the content of every table after a checkpoint; compressed values are plain here."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        listed = connection.execute(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        found = []
        for (name,) in listed:
            with connection.cursor() as cursor, cursor.copy(f"COPY {name} TO STDOUT") as copy:
                found.append(b"".join(bytes(block) for block in copy))
    return b"\n".join(found)


def leak_into_table(superuser: str, text: str) -> None:
    """Put a text into a table of its own, deliberately: the search must find it."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("CREATE TABLE leak (said text)")
        connection.execute("INSERT INTO leak VALUES (%s)", [text])


def files_below(roots: Iterable[Path]) -> Iterator[Path]:
    """Yield every regular file below some folders."""
    for root in roots:
        if root.is_file():
            yield root
        yield from (p for p in sorted(root.rglob("*")) if p.is_file() and not p.is_symlink())


_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")


def _base64_core(raw: bytes, shift: int) -> bytes:
    """Return the base64 characters that depend on `raw` alone when it begins at byte `shift`."""
    text = base64.b64encode(b"\0" * shift + raw)
    first = (shift * 8 + 5) // 6
    last = (shift + len(raw)) * 8 // 6
    return text[first:last]


def _packed(value: str) -> bytes:
    """Return a version 6 address's bytes; four bytes would be found everywhere."""
    try:
        address = ip_address(value)
    except ValueError:
        return b""
    return address.packed if address.version == 6 else b""
