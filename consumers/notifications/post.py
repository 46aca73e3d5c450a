"""How mail leaves: what the settings say of it, and the consumer that they configure."""

from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from consumers.notifications.wording import House
from domain.errors import Malformed
from infra.mail.outgoing import Server
from infra.settings import Settings


@dataclass(frozen=True, slots=True)
class Post:
    """How mail leaves: by which server, from whom, and what holds for every mail."""

    server: Server
    mail_from: Address
    envelope_from: str
    own: frozenset[str]
    house: House
    per_hour: int = 100
    at_once: int = 4
    give_up_seconds: float = 172_800
    first_pause: float = 5.0
    longest_pause: float = 3600.0

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """Return what the settings say, None without a server; raise Malformed."""
        if settings.smtp_url is None:
            return None
        server = Server.of(settings.smtp_url.get_secret_value(), settings.smtp_ca)
        mail_from = _sender(settings.mail_from or "", "LEDGER_MAIL_FROM")
        returned = settings.mail_return or mail_from.addr_spec
        envelope = _sender(returned, "LEDGER_MAIL_RETURN").addr_spec
        ours = (mail_from.addr_spec, envelope, *settings.mail_own)
        try:
            zone = ZoneInfo(settings.mail_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise Malformed("is no time zone, such as Europe/Madrid", "LEDGER_MAIL_ZONE") from None
        return cls(
            server,
            mail_from,
            envelope,
            frozenset(one.lower() for one in ours),
            House(zone, settings.portal_url),
            settings.mail_per_hour,
            settings.mail_at_once,
            settings.mail_give_up_seconds,
        )

    def is_own(self, address: str) -> bool:
        """Say whether mail to an address would come back to us."""
        return {address.lower(), address.lower().rpartition("@")[2]} & self.own != set()

    def pause(self, tries: int) -> float:
        """Return after how many seconds a mail is tried again that was tried so often before."""
        return float(min(self.longest_pause, self.first_pause * 3 ** min(tries, 20)))


def _sender(text: str, where: str) -> Address:
    name, address = parseaddr(text)
    try:
        found = Address(name, addr_spec=address)
    except (HeaderParseError, ValueError, IndexError):
        found = Address()
    if not (text.isprintable() and found.username and found.domain and address.isascii()):
        raise Malformed("is no mail address, as NAME <ADDRESS>", where)
    return found
