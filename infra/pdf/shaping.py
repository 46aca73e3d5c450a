"""A part of a document as data for `timeline.typ`: every text in pieces, every time in words."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from domain.errors import Malformed
from infra.pdf.document import Document, Hidden, Row
from infra.pdf.fonts import families
from infra.pdf.wording import words
from infra.pdf.written import pieces, right_to_left

_BOX: Final = 15  # a code point in its box takes as much as so many characters
_NOTES: Final = ("proves", "address", "imported_means", "none", "hidden", "boxes", "times", "check")


class Shaping:
    """Makes the parts of one document.

    Raises:
        Malformed: The document's language or time zone is none.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._zone = _zone(document.zone)
        self._words = words(document.language)

    def part(self, number: int, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Return part `number`, from 1, with shaped rows; the first has cover and remarks."""
        cover, first = self._document.cover, number == 1
        made = cover.made.astimezone(UTC)
        return {
            "language": self._document.language,
            "fonts": families(),
            "date": [made.year, made.month, made.day],
            "words": self._words,
            "number": number,
            "bag": self._text(cover.bag),
            "cover": self._cover() if first else None,
            "remarks": self._remarks() if first else [],
            "rows": rows,
        }

    def _cover(self) -> dict[str, Any]:
        cover, say = self._document.cover, self._words
        holder = cover.why or say["undetermined"] if cover.holder is None else cover.holder
        answers = [(say["who_holds"], self._text(holder))]
        if cover.holder is not None or cover.basis:
            answers.append((say["basis"], self._text(cover.basis or say["not_recorded"])))
        if cover.holder is not None:
            since = say["not_recorded"] if cover.since is None else "\n".join(self._at(cover.since))
            answers.append((say["since"], since))
        facts = {
            "subject": cover.subject,
            "recipient": cover.recipient,
            "count": f"{self._document.total():,}".replace(",", "\u00a0"),
            "position_until": str(cover.position),
            "recorded_until": "\n".join(self._at(cover.made)),
            "bag": cover.bag,
        }
        return {
            "answers": answers,
            "more": [(one.question, self._text(one.value)) for one in cover.more],
            "facts": [(say[name], self._text(value)) for name, value in facts.items()],
            "notes": [say[note].replace("{zone}", self._document.zone) for note in _NOTES],
        }

    def _remarks(self) -> list[Any]:
        return [
            (self._text(remark.text), ", ".join(map(str, remark.positions)))
            for remark in self._document.remarks
        ]

    def row(self, row: Row) -> dict[str, Any]:
        """Return an event as data."""
        utc, local = self._at(row.at)
        source = self._words["no_source"] if row.source is None else row.source
        return {
            "position": row.position,
            "event": row.event,
            "utc": utc,
            "local": local,
            "who": self._text(row.who),
            "what": self._text(row.what),
            "source": self._text(source),
            "fields": [(self._text(field.name), self._text(field.value)) for field in row.fields],
            "imported": row.imported,
        }

    def _text(self, text: str | Hidden) -> str | dict[str, Any]:
        if isinstance(text, Hidden):
            return {"hidden": self._words[text.value]}
        made, reversed_ = pieces(text), right_to_left(text)
        if len(made) == 1 and not reversed_:
            return made[0]
        return {"pieces": made, "reversed": reversed_}

    def _at(self, at: datetime) -> tuple[str, str]:
        """Return the moment in UTC, and in the document's zone with its offset."""
        utc, local = at.astimezone(UTC), at.astimezone(self._zone)
        return (
            f"{utc:%Y-%m-%d %H:%M:%S.%f} UTC",
            f"{local:%Y-%m-%d %H:%M:%S} {local.isoformat()[-6:]}",
        )


def weight(row: dict[str, Any]) -> int:
    """Return about how much work a shaped row is, in characters."""
    texts = [row["who"], row["what"], row["source"], *(value for _, value in row["fields"])]
    runs = [text["pieces"] for text in texts if isinstance(text, dict) and "pieces" in text]
    plain = sum(len(text) for text in texts if isinstance(text, str))
    boxes = sum(len(pieces_) // 2 for pieces_ in runs)
    return plain + sum(map(len, (p for pieces_ in runs for p in pieces_))) + _BOX * boxes


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise Malformed("it is no time zone: name one as in Europe/Berlin", "zone") from None
