"""What a mail says: sentences by language in `texts/`, moments and durations in words."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, format_timedelta
from babel.lists import format_list

from consumers.notifications.told import Told
from domain.errors import Removed
from domain.notification.events import NotificationKind
from domain.ticket.events import (
    MessageCorrected,
    MessagePosted,
    MessageRetracted,
    StatusChanged,
    TicketAcknowledged,
)
from domain.values import Sealed
from infra.pdf.wording import words

TEXTS: Final = Path(__file__).with_name("texts")
_LOCALES: Final = {"en": "en_GB", "pt": "pt_PT", "zh": "zh_Hans"}
_PIECES: Final[tuple[tuple[Literal["day", "hour", "minute", "second"], int], ...]] = (
    *(("day", 86_400), ("hour", 3_600)),
    *(("minute", 60), ("second", 1)),
)
_NEVER: Final = 10**9
"""A length that babel would say in a larger unit than the one asked for."""
_UNSEEN: Final = frozenset({"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"})
_SUBJECT: Final = 200
"""Characters of a ticket's subject that are repeated."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says, in order; `words` are somebody's own, shown as theirs."""

    language: str
    subject: str
    heading: str | None
    before: tuple[str, ...]
    words: str | None
    after: tuple[str, ...]
    answer: str
    portal: str | None
    why: str


@dataclass(frozen=True, slots=True)
class House:
    """What mails say of the sender: where the portal is, and by which clock."""

    zone: ZoneInfo
    portal: str | None


def letter_of(told: Told, house: House) -> Letter:
    """Return what is said; raise Removed where somebody's words were erased."""
    language = told.addressee.language
    say = words(language, TEXTS)
    subject, heading = _headed(told, say)
    before, own, after = _SAID[told.kind](told, say, house)
    return Letter(
        language=language,
        subject=subject,
        heading=heading,
        before=before,
        words=own,
        after=after,
        answer=say["answer"],
        portal=say["portal"].format(url=house.portal) if house.portal else None,
        why=say["why"],
    )


def moment(at: datetime, language: str, zone: ZoneInfo) -> str:
    """Return a moment in words, with its zone."""
    locale, local = _locale(language), at.astimezone(zone)
    day, clock = format_date(local, "long", locale), format_time(local, "short", locale=locale)
    return f"{day}, {clock} ({local.tzname()})"


def duration(seconds: int, language: str) -> str:
    """Return a duration in words: its two largest units, so that it never says less."""
    locale, left = _locale(language), seconds
    unit = next((size for _, size in _PIECES if seconds >= size), 1)
    smallest = next((size for _, size in _PIECES if size < unit), 1)
    left = -(-seconds // smallest) * smallest
    parts = []
    for name, size in _PIECES:
        many, left = divmod(left, size)
        if many:
            length = timedelta(seconds=many * size)
            parts.append(format_timedelta(length, name, threshold=_NEVER, locale=locale))
    return format_list(parts[:2], style="standard", locale=locale)


def plain(text: str, *, lines: bool = False) -> str:
    """Return a text without what cannot be seen: no line breaks either, unless `lines`."""
    kept = "\n\t" if lines else ""
    whole = text.replace("\r\n", "\n").replace("\r", "\n") if lines else text
    shown = "".join(
        one if one in kept or unicodedata.category(one) not in _UNSEEN else " " for one in whole
    )
    return shown.strip() if lines else " ".join(shown.split())


Sentences = tuple[tuple[str, ...], str | None, tuple[str, ...]]
Say = dict[str, str]


def _headed(told: Told, say: Say) -> tuple[str, str | None]:
    """Return the mail's subject and heading; of what is secret they say nothing."""
    if told.about is None or told.kind is NotificationKind.ATTENTION:
        return say[f"{told.kind}_subject"], None
    number, about = told.about.number, plain(told.about.subject or "")[:_SUBJECT]
    if told.kind is NotificationKind.OPENED:
        about = ""
    if not about:
        bare = say["heading_bare"].format(number=number)
        return f"[{number}] {bare}", bare
    return f"[{number}] {about}", say["heading"].format(number=number, subject=about)


def _opened(_told: Told, say: Say, _house: House) -> Sentences:
    # Whether staff open it to tell of a claim or a change of identity is recorded only afterwards.
    return (say["opened"],), None, ()


def _acknowledged(told: Told, say: Say, house: House) -> Sentences:
    event = told.recorded.event
    if not isinstance(event, TicketAcknowledged):
        raise TypeError(type(event).__name__)
    by = told.recorded.recorded_at + timedelta(seconds=event.reaction_seconds)
    language = told.addressee.language
    reaction = say["reaction"].format(
        duration=duration(event.reaction_seconds, language),
        time=moment(by, language, house.zone),
    )
    template = (say[f"template_{event.template}"],) if event.template else ()
    return (say["acknowledged"], *template, reaction), None, ()


def _status(told: Told, say: Say, house: House) -> Sentences:
    event = told.recorded.event
    if not isinstance(event, StatusChanged):
        raise TypeError(type(event).__name__)
    stands = say["status"].format(status=say[f"status_{event.status}"])
    template = (say[f"template_{event.template}"],) if event.template else ()
    return (stands, *template), _own(event.explanation), _promised(told, say, house)


def _message(told: Told, say: Say, house: House) -> Sentences:
    match told.recorded.event:
        case MessagePosted(text=text, attachments=attachments):
            count = len(attachments)
            files = (say["files"].format(count=count),) if count else ()
            return (say["message"],), _own(text), (*files, *_promised(told, say, house))
        case MessageCorrected(text=text):
            return (say["corrected"],), _own(text), ()
        case MessageRetracted():
            return (say["retracted"],), None, ()
        case event:
            raise TypeError(type(event).__name__)


def _attention(_told: Told, say: Say, _house: House) -> Sentences:
    return (say["attention"],), None, ()


def _guidance(_told: Told, say: Say, _house: House) -> Sentences:
    return (say["guidance"],), None, ()


_SAID: Final[dict[NotificationKind, Callable[[Told, Say, House], Sentences]]] = {
    NotificationKind.OPENED: _opened,
    NotificationKind.ACKNOWLEDGEMENT: _acknowledged,
    NotificationKind.STATUS: _status,
    NotificationKind.MESSAGE: _message,
    NotificationKind.ATTENTION: _attention,
    NotificationKind.GUIDANCE: _guidance,
}


def _own(said: Sealed | None) -> str | None:
    if said is None:
        return None
    if said.text is None:
        raise Removed("what it would say was erased")
    return plain(said.text, lines=True)


def _promised(told: Told, say: Say, house: House) -> tuple[str, ...]:
    if told.next_update is None:
        return ()
    by = moment(told.next_update, told.addressee.language, house.zone)
    return (say["next_update"].format(time=by),)


def _locale(language: str) -> str:
    return _LOCALES.get(language, language)
