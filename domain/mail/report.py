"""Reports on delivery (RFC 3464), as far as they were read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Report:
    """A report; `delivery` unless it is of another kind.

    `failed`: for a recipient it is final that the mail was not delivered, with this `status`
    (RFC 3463). `about` is the Message-ID of the mail that it returns, `text` what it says.
    """

    delivery: bool
    failed: bool
    status: str
    about: str
    text: str
