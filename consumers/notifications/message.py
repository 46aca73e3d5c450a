"""A mail as it is handed over: headers, a plain text and, unless somebody wants none, HTML.

Nobody answers it by mail, and no program may, which it says as programs know it (RFC 3834).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Final
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from consumers.notifications.wording import Letter, plain
from domain.notification.events import MailForm, NotificationKind

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=select_autoescape(["html.jinja"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_SEVEN_BITS: Final = SMTP.clone(cte_type="7bit")
"""Not every server takes more."""

_REPLIED: Final = frozenset({NotificationKind.GUIDANCE})
"""What answers a mail; everything else is generated because of an event."""


_MESSAGE_ID: Final = re.compile(r"<(?![^>]*=\?)[!-;=?-~]{1,900}>")
"""Nothing in it that could be read as an encoded word (RFC 2047): line breaks could be in one."""

Thread = tuple[str, ...]
"""The Message-IDs of the mails that one follows: the first and the last."""


def thread_of(ids: Iterable[str]) -> Thread:
    """Return the thread of these Message-IDs, without what is none."""
    return tuple(dict.fromkeys(one for one in ids if _MESSAGE_ID.fullmatch(one)))


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes: `mail_from` as in the header, and the domain of message ids."""

    mail_from: Address

    @property
    def domain(self) -> str:
        """Return the domain that message ids have."""
        return self.mail_from.domain


def message_id(event: UUID, domain: str) -> str:
    """Return the Message-ID of the mail that tells of an event: for ever the same."""
    return f"<{event}@{domain}>"


def rendered(letter: Letter, form: MailForm) -> tuple[str, str | None]:
    """Return a letter as plain text and as HTML (None where it is not wanted)."""
    text = _TEMPLATES.get_template("mail.txt.jinja").render(letter=letter)
    if form is MailForm.PLAIN:
        return text, None
    return text, _TEMPLATES.get_template("mail.html.jinja").render(letter=letter)


def mail_of(
    letter: Letter,
    kind: NotificationKind,
    form: MailForm,
    sender: Sender,
    to: tuple[str, ...],
    event: UUID,
    at: datetime,
    thread: Thread = (),
) -> bytes:
    """Return the mail in bytes; `at` is when the event was recorded."""
    mail = EmailMessage(policy=_SEVEN_BITS)
    mail["From"] = sender.mail_from
    mail["To"] = [Address(addr_spec=one) for one in to]
    # The library reads encoded words (RFC 2047) where it is to write them, line breaks and all.
    mail["Subject"] = plain(letter.subject).replace("=?", "= ?")
    mail["Date"] = at
    mail["Message-ID"] = message_id(event, sender.domain)
    if thread:
        mail["In-Reply-To"] = thread[-1]
        mail["References"] = " ".join(thread)
    mail["Auto-Submitted"] = "auto-replied" if kind in _REPLIED else "auto-generated"
    mail["Precedence"] = "bulk"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["X-Loop"] = sender.mail_from.addr_spec
    text, html = rendered(letter, form)
    mail.set_content(text)
    if html is not None:
        mail.add_alternative(html, subtype="html")
    mail["Content-Language"] = letter.language
    return mail.as_bytes()
