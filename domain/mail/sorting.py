"""What becomes of a mail. Mail proves nobody's identity: it opens general enquiries alone.

In this order: reports on our own mails are bounces; what machines wrote, or we, is dropped; what is
about an account is declined; everything else is an enquiry.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.errors import Malformed
from domain.mail.events import MailReason
from domain.mail.letter import Letter
from domain.mail.words import speaks_of_account
from domain.number import parse

_AUTOMATIC: Final = frozenset({"all", "oof", "autoreply"})
_LISTS: Final = frozenset({"bulk", "junk", "list"})
_TICKET: Final = re.compile(r"(?<![0-9-])[0-9]{1,3}(?:-[0-9]{3}){1,5}(?![0-9-])")
_ID: Final = re.compile(r"<([0-9a-fA-F-]{36})@([^<>@\s]{1,255})>")
_NORMS: Final = re.compile(
    r"(?:AES|ANSI|BSD|COVID|CVE|DIN|EN|HTTP|IEC|IEEE|IP|ISO|PCI|RFC|RSA|SHA|SSL|TLS|UTF|WPA)[-_].*"
)
"""What looks like a contract number and is a standard's name."""

_NOTHING: Final = re.compile(r"(?!)")
_ITEMS: Final = 200


class DropReason(StrEnum):
    """Why nothing comes of a mail."""

    AUTOMATIC = "automatic"
    LIST = "list"
    OWN = "own"
    RETURNED = "returned"
    REPORT = "report"
    ANSWERED_ALREADY = "answered_already"


@dataclass(frozen=True, slots=True)
class Ours:
    """How our own mail is known, and our contracts.

    `domain` is that of its Message-IDs, `addresses` are where it comes from, domains too, all in
    small letters. `numbers` is what looks like a contract number; none is looked up, so that nobody
    finds out by mail which there are.
    """

    domain: str | None = None
    addresses: frozenset[str] = frozenset()
    numbers: re.Pattern[str] = _NOTHING

    def wrote(self, message_id: str) -> UUID | None:
        """Return the event of which a mail with this Message-ID tells, None for others' mail."""
        found = _ID.search(message_id)
        if found is None or found[2].lower() != self.domain:
            return None
        try:
            return UUID(found[1])
        except ValueError:
            return None

    def is_address(self, address: str | None) -> bool:
        """Say whether mail from this address is ours."""
        said = (address or "").lower()
        return said in self.addresses or said.rpartition("@")[2] in self.addresses


@dataclass(frozen=True, slots=True)
class Drop:
    """Nothing comes of it."""

    reason: DropReason


@dataclass(frozen=True, slots=True)
class Bounce:
    """It reports that a notification was not delivered."""

    notification: UUID
    status: str
    text: str


@dataclass(frozen=True, slots=True)
class Decline:
    """It is about an account: `to` is told how to open a ticket."""

    reason: MailReason
    to: str


@dataclass(frozen=True, slots=True)
class Enquiry:
    """It is a general enquiry; `sender` is where to answer."""

    sender: str


Becomes = Drop | Bounce | Decline | Enquiry


def sort(letter: Letter, ours: Ours) -> Becomes:
    """Return what becomes of a mail; raise Malformed when it has to be answered and cannot be."""
    if letter.report is not None:
        notification = ours.wrote(letter.report.about)
        if notification is None or not letter.report.failed:
            return Drop(DropReason.REPORT)
        return Bounce(notification, letter.report.status, letter.report.text)
    if (drop := _dropped(letter, ours)) is not None:
        return Drop(drop)
    sender = letter.sender or letter.returned_to
    if not sender:
        raise Malformed("names no address that could be answered", "From")
    if (reason := _declined(letter, ours)) is not None:
        # RFC 3834, section 4: answers of machines go to where the envelope came from.
        return Decline(reason, letter.returned_to or sender)
    return Enquiry(sender)


def _dropped(letter: Letter, ours: Ours) -> DropReason | None:
    if _is_ours(letter, ours):
        return DropReason.OWN
    if letter.returned_to == "":
        return DropReason.RETURNED
    precedence = letter.first("precedence").strip().lower()
    if "list-id" in letter.fields or precedence in _LISTS:
        return DropReason.LIST
    return DropReason.AUTOMATIC if _is_automatic(letter, precedence) else None


def _is_ours(letter: Letter, ours: Ours) -> bool:
    senders = (letter.sender, letter.returned_to)
    if ours.wrote(letter.first("message-id")) or any(map(ours.is_address, senders)):
        return True
    loops = " ".join(letter.fields.get("x-loop", ())[:_ITEMS]).lower().split()
    named = {*ours.addresses, ours.domain}
    return any(one.strip("<>,;") in named for one in loops)


def _is_automatic(letter: Letter, precedence: str) -> bool:
    """Say whether a machine wrote it (RFC 3834, section 5; headers of servers before it)."""
    if _is_of_a_server(letter):
        return True
    submitted = letter.first("auto-submitted").partition(";")[0].partition("(")[0].strip().lower()
    if submitted not in {"", "no"} or precedence == "auto_reply":
        return True
    suppressed = re.split(r"[\s,]+", letter.first("x-auto-response-suppress").lower())
    return not _AUTOMATIC.isdisjoint(suppressed)


def _is_of_a_server(letter: Letter) -> bool:
    """Say whether a mail server wrote it by itself: a report in a form of its own.

    A postmaster may be somebody who asks something; then the envelope has an address.
    """
    senders = (letter.sender or "", letter.returned_to or "")
    names = {one.rpartition("@")[0].lower() for one in senders}
    return "mailer-daemon" in names or ("postmaster" in names and letter.returned_to is None)


def _declined(letter: Letter, ours: Ours) -> MailReason | None:
    before = (*letter.fields.get("references", ()), *letter.fields.get("in-reply-to", ()))
    if any(ours.wrote(one[0]) for one in _ID.finditer(" ".join(before))):
        return MailReason.REPLY
    if any(_is_ticket(one[0]) for one in _TICKET.finditer(letter.subject)):
        return MailReason.REPLY
    said = f"{letter.subject}\n{letter.text}"
    if not any(map(str.isalnum, said)):
        return MailReason.WORDLESS
    if any(not _NORMS.fullmatch(one[0]) for one in ours.numbers.finditer(said)):
        return MailReason.CONTRACT
    return MailReason.ACCOUNT if speaks_of_account(said) else None


def _is_ticket(number: str) -> bool:
    try:
        parse(number)
    except Malformed:
        return False
    return True
