"""Texts of bodies as sealed values: whose data, and why it is kept."""

from datetime import date
from uuid import UUID

from domain.values import Purpose, Sealed


def sealed(text: str, subject: UUID, purpose: Purpose = Purpose.CORRESPONDENCE) -> Sealed:
    """Return a text as a sealed value."""
    return Sealed(text, subject, purpose)


def optional(
    text: str | None, subject: UUID, purpose: Purpose = Purpose.CORRESPONDENCE
) -> Sealed | None:
    """Return a text as a sealed value, None for none."""
    return None if text is None else Sealed(text, subject, purpose)


def identity(value: str | date, subject: UUID) -> Sealed:
    """Return a piece of identity data as a sealed value; dates as YYYY-MM-DD."""
    text = value.isoformat() if isinstance(value, date) else value
    return Sealed(text, subject, Purpose.IDENTITY)
