"""Mail that came in and opened no ticket: about whose account, or about what we had sent."""

from typing import Final

from domain.decider import Decider
from domain.mail.commands import MailCommand
from domain.mail.decide import MailState, contract_of, decide, evolve, guards
from domain.mail.events import MailEvent
from domain.stream import StreamKind

MAIL: Final[Decider[MailState, MailCommand, MailEvent]] = Decider(
    StreamKind.MAIL, MailState(), evolve, decide, contract_of, guards
)
"""How mail streams turn commands into events."""
