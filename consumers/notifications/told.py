"""What a mail needs to know: what happened, to whom it is told, in which language."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self
from uuid import UUID

from domain.log import Recorded
from domain.notification.events import MailForm, NotificationFailure, NotificationKind
from domain.values import Sealed


@dataclass(frozen=True, slots=True)
class About:
    """The ticket of which something is told; `number` and `subject` say it to the customer.

    A `secret` one belongs to a case of identity, access or a dispute: nothing of it is said.
    """

    id: UUID
    number: str
    subject: str | None
    secret: bool


@dataclass(frozen=True, slots=True)
class Addressee:
    """To whom it is told: `to` are valid addresses; `failure` says why there are none."""

    contract: str | None
    person: UUID | None
    language: str
    form: MailForm
    to: tuple[Sealed, ...]
    failure: NotificationFailure | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One event to tell, its texts opened; `next_update` is what was promised with it.

    `answers` is the Message-ID of the mail that it answers.
    """

    recorded: Recorded
    kind: NotificationKind
    about: About | None
    addressee: Addressee
    next_update: datetime | None = None
    answers: str | None = None

    @property
    def ticket(self) -> UUID | None:
        """Return the ticket's id."""
        return self.about.id if self.about is not None else None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Return where it is told."""
        return tuple(one.text for one in self.addressee.to if one.text)

    def at(self, addresses: Collection[str]) -> Self:
        """Return the same told at these of its addresses alone."""
        to = tuple(one for one in self.addressee.to if one.text in addresses)
        return replace(self, addressee=replace(self.addressee, to=to))
