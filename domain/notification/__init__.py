"""Telling the customer what happened: what was sent, what could not be, what came back."""

from typing import Final

from domain.decider import Decider
from domain.notification.commands import NotificationCommand
from domain.notification.decide import NotificationState, contract_of, decide, evolve, guards
from domain.notification.events import NotificationEvent
from domain.stream import StreamKind

NOTIFICATION: Final[Decider[NotificationState, NotificationCommand, NotificationEvent]] = Decider(
    StreamKind.NOTIFICATION, NotificationState(), evolve, decide, contract_of, guards
)
"""How notifications turn commands into events."""
