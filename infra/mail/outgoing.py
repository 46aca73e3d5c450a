"""Handing mail over by SMTP (RFC 5321): what a server took, what it refused, what to try again."""

import smtplib
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, Self
from urllib.parse import parse_qs, unquote, urlsplit

from domain.errors import Malformed

SECONDS: Final = 20.0
"""How long a server may take for each answer."""

_OK: Final = frozenset({250, 251})
_PERMANENT: Final = 500
_TOO_LARGE: Final = 552
_PORTS: Final = {"starttls": 587, "implicit": 465, "none": 25}


class Tls(StrEnum):
    """How the way to the server is secured; `none` is for a server on the same machine."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed over; certificates are checked against `ca`, None: the machine's."""

    host: str
    port: int
    tls: Tls
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: Path | None = None

    @classmethod
    def of(cls, url: str, ca: Path | None = None) -> Self:
        """Return the server of `smtp://USER:PASSWORD@HOST:PORT?tls=starttls`; raise Malformed."""
        wrong = Malformed(
            "is not smtp://USER:PASSWORD@HOST:PORT?tls=starttls (or implicit, or none)",
            "LEDGER_SMTP_URL",
        )
        try:
            parts = urlsplit(url)
            asked = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
            tls = Tls(asked.pop("tls", ["starttls"])[-1])
            port = parts.port or _PORTS[tls]
        except ValueError:
            raise wrong from None
        if parts.scheme != "smtp" or not parts.hostname or asked or parts.path not in {"", "/"}:
            raise wrong
        user = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        return cls(parts.hostname, port, tls, user, password, ca)


@dataclass(frozen=True, slots=True)
class Answered:
    """The server answers for it from now on, but for these addresses, with its reply codes.

    `refused` are those for which it never will be taken, `later` those for which it may be later.
    """

    refused: Mapping[str, int] = field(default_factory=dict)
    later: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unsure:
    """The connection broke off: nobody knows whether the server took this message."""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No message can be handed over now; `code` is what the server said, if it said anything."""

    code: int | None


Outcome = Answered | Unsure | Unreachable


class Outgoing:
    """One connection to a server, made when it is needed; for one thread at a time."""

    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self._name = name
        self._link: smtplib.SMTP | None = None

    def hand_over(self, sender: str, to: Sequence[str], message: bytes) -> Outcome:
        """Give the server a message for these addresses, and say what came of it."""
        try:
            link = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Unreachable(_code(error))
        try:
            return _given(link, sender, to, message)
        except (OSError, smtplib.SMTPException):
            self.close()
            return Unsure()
        finally:
            if self._link is not None:
                self._reset(link)

    def close(self) -> None:
        """End the connection; saying goodbye is not waited for."""
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def _connected(self) -> smtplib.SMTP:
        if self._link is not None:
            with suppress(OSError, smtplib.SMTPException):
                if self._link.noop()[0] < _PERMANENT // 2:
                    return self._link
            self.close()
        server = self._server
        context = ssl.create_default_context(cafile=server.ca)
        link: smtplib.SMTP
        if server.tls is Tls.IMPLICIT:
            link = smtplib.SMTP_SSL(
                server.host, server.port, self._name, timeout=SECONDS, context=context
            )
        else:
            link = smtplib.SMTP(server.host, server.port, self._name, timeout=SECONDS)
        self._link = link
        link.ehlo_or_helo_if_needed()
        if server.tls is Tls.STARTTLS:
            link.starttls(context=context)
        if server.user is not None:
            link.login(server.user, server.password or "")
        return link

    def _reset(self, link: smtplib.SMTP) -> None:
        """Make ready for the next message."""
        try:
            link.rset()
        except (OSError, smtplib.SMTPException):
            self.close()


def _given(link: smtplib.SMTP, sender: str, to: Sequence[str], message: bytes) -> Outcome:
    """Hand over a message (RFC 5321, section 3.3); raise OSError, SMTPException for a lost link."""
    size = [f"SIZE={len(message)}"] if link.has_extn("size") else []
    code = link.mail(sender, size)[0]
    if code == _TOO_LARGE:  # said of the message, whose size comes with the sender
        return Answered(refused=dict.fromkeys(to, code))
    if code not in _OK:
        return Unreachable(code)
    codes = {one: link.rcpt(one)[0] for one in to}
    taken = [one for one in to if codes[one] in _OK]
    if taken:
        codes |= dict.fromkeys(taken, _data(link, message))
    missed = {one: code for one, code in codes.items() if code not in _OK}
    return Answered(
        refused={one: code for one, code in missed.items() if code >= _PERMANENT},
        later={one: code for one, code in missed.items() if code < _PERMANENT},
    )


def _data(link: smtplib.SMTP, message: bytes) -> int:
    """Return the reply to the message itself."""
    try:
        return link.data(message)[0]
    except smtplib.SMTPDataError as error:  # refused before it was said
        return error.smtp_code


def _code(error: Exception) -> int | None:
    code = getattr(error, "smtp_code", None)
    return code if isinstance(code, int) else None
