"""How much of anything there may be: one place for every bound of the domain.

Forbidden characters are the edges' and the codec's matter; here are sizes alone.
"""

from dataclasses import fields, is_dataclass
from datetime import timedelta
from functools import cache
from typing import Final, get_args, get_type_hints

from domain.errors import Malformed
from domain.values import Sealed

TEXT: Final = 50_000
"""Characters of a message, an explanation of a request, or one imported row's columns."""

SUBJECT: Final = 300
"""Characters of a ticket's subject."""

SHORT: Final = 2_000
"""Characters of every other sealed text: reasons, names, contacts, fields of documents."""

HEADERS: Final = 100_000
"""Characters of a mail's headers."""

LONG_FIELDS: Final = {
    "subject": SUBJECT,
    "text": TEXT,
    "happening": TEXT,
    "tried": TEXT,
    "explanation": TEXT,
    "what": TEXT,
    "before": TEXT,
    "after": TEXT,
    "columns": TEXT,
    "report": TEXT,
    "headers": HEADERS,
}
"""Bounds by field name where it is not SHORT."""

PROMISE_HORIZON: Final = timedelta(days=366)
"""How far ahead a reaction or an update can be promised."""

FREEZE_HORIZON: Final = timedelta(days=90)
"""How long a freeze lasts at most before it has to be renewed."""

ATTACHMENTS_PER_MESSAGE: Final = 50
ATTACHMENTS_PER_TICKET: Final = 1_000
LINKS_PER_TICKET: Final = 200
CONTACTS_PER_CONTRACT: Final = 20
PERSONS_PER_CONTRACT: Final = 1_000
HOLDS_PER_CONTRACT: Final = 100
LANGUAGES_PER_PERSON: Final = 20
KEYS_PER_PERSON: Final = 100
JOINT_HOLDERS: Final = 10
ORDERS_PER_CONTRACT: Final = 500
DOUBTS_PER_CONTRACT: Final = 100
MANDATES_PER_CONTRACT: Final = 200
CHECKS_PER_CASE: Final = 200
CODES_PER_CASE: Final = 50
COPIES_PER_CHECK: Final = 50
COPIES_PER_ERASURE: Final = 1_000
ORDERS_PER_CHANGE: Final = 20
CONTESTS_PER_CHANGE: Final = 100
CANDIDATES_PER_DRAW: Final = 500
CLAIMS_PER_DISPUTE: Final = 500
BOUNCES_PER_NOTIFICATION: Final = 20
ATTACHMENT_BYTES: Final = 25 * 1024 * 1024


def check_texts(thing: object, where: str = "") -> None:
    """Raise Malformed, naming the field, if a sealed text inside a command is blank or too long."""
    if isinstance(thing, Sealed):
        _check_text(thing, where)
    elif isinstance(thing, tuple):
        for index, item in enumerate(thing):
            check_texts(item, f"{where}.{index}")
    elif thing is not None:
        cls: type = type(thing)
        for name in _texts_of(cls):
            check_texts(getattr(thing, name), f"{where}.{name}" if where else name)


@cache
def _texts_of(cls: type) -> tuple[str, ...]:
    """Return the fields of a command, or of a part of one, that can hold sealed texts."""
    if not is_dataclass(cls):
        return ()
    hints = get_type_hints(cls)
    return tuple(field.name for field in fields(cls) if _holds_text(hints[field.name]))


def _holds_text(hint: object) -> bool:
    parts = get_args(hint)
    if parts:
        return any(_holds_text(part) for part in parts)
    return hint is Sealed or (isinstance(hint, type) and bool(_texts_of(hint)))


def _check_text(sealed: Sealed, where: str) -> None:
    if not sealed.text or sealed.text.isspace():
        raise Malformed("is empty: say something or leave the field out", where)
    most = LONG_FIELDS.get(where.rpartition(".")[2], SHORT)
    if len(sealed.text) > most:
        raise Malformed(f"has {len(sealed.text)} characters, {most} are allowed", where)
