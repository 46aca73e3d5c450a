"""Mail addresses as they may stand in a header or envelope."""

from typing import Final

from email_validator import EmailNotValidError, validate_email

_LONGEST: Final = 320


def valid_address(text: str) -> str | None:
    """Return a mail address in ASCII, None for what is none; no name server is asked."""
    text = text.strip()
    if len(text) > _LONGEST or "=?" in text:  # nor what could be read as an encoded word
        return None
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return None
    return found.ascii_email
