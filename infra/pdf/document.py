"""What a timeline's PDF is made from: plain facts, read from no database.

Texts are contents as recorded, in any script; what the ledger itself says (headings, explanations)
comes from the catalogue of the document's language, `infra/pdf/texts/`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Hidden(StrEnum):
    """Why a content is not shown. Both keep every proof true."""

    WITHHELD = "withheld"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Field:
    """One named content of an event, such as a message's text."""

    name: str
    value: str | Hidden


@dataclass(frozen=True, slots=True)
class Row:
    """One event: when (with a zone), who, what, from which address, and what it says.

    `source` None: none was recorded. `imported`: it came from another system.
    """

    position: int
    event: str
    at: datetime
    who: str | Hidden
    what: str
    source: str | Hidden | None = None
    fields: tuple[Field, ...] = ()
    imported: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that a reader is to notice, with the positions of the events that it rests on."""

    text: str
    positions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A question of page one, and what is recorded about it."""

    question: str
    value: str


@dataclass(frozen=True, slots=True)
class Cover:
    """Page one: whose account it is, on what basis, since when; None: undetermined, and `why`.

    `bag` is the bag's id, `subject` what it is about ("contract C-1001"), `recipient` for whom it
    was made, `position` the last one regarded and `made` its time, which is the document's date.
    `more` are further answers. What stands here is in the document's language already.
    """

    bag: str
    subject: str
    recipient: str
    position: int
    made: datetime
    holder: str | Hidden | None = None
    basis: str = ""
    since: datetime | None = None
    why: str = ""
    more: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """The whole timeline: `count` says how many `rows` there are, which are read once, in order.

    It may be a function, which is asked when all were read. `zone` is the IANA name of the one time
    zone that stands beside UTC; `language` is one of `infra.pdf.wording.LANGUAGES`.
    """

    cover: Cover
    rows: Iterable[Row]
    count: int | Callable[[], int]
    zone: str = "UTC"
    language: str = "en"
    remarks: tuple[Remark, ...] = ()

    def total(self) -> int:
        """Return how many rows there are; known when all were read."""
        return self.count() if callable(self.count) else self.count
