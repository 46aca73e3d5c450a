"""How our own mail is known, as the settings say."""

import re
from email.utils import parseaddr

from domain.mail.sorting import Ours
from infra.settings import Settings


def ours_of(settings: Settings) -> Ours:
    """Return what is ours: Message-IDs have the domain of LEDGER_MAIL_FROM."""
    written = (settings.mail_from or "", settings.mail_return or "")
    mail_from, returned = (parseaddr(one)[1].lower() for one in written)
    own = (mail_from, returned, *(one.lower() for one in settings.mail_own))
    return Ours(
        domain=mail_from.rpartition("@")[2] or None,
        addresses=frozenset(one for one in own if one),
        numbers=re.compile(settings.mail_contract_numbers),
    )
