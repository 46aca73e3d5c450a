"""What a ticket is, said again in the simplest words: the model that the decider is held against.

It shares no code with the rules: statuses are plain words, the table is written out, promises are
an account of what was made and what became of it.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

WORKED = {"in_progress", "under_study", "waiting_for_customer", "waiting_for_third_party"}
AFTER = {
    "new": WORKED | {"resolved", "closed"},
    "in_progress": WORKED - {"in_progress"} | {"resolved", "closed"},
    "under_study": WORKED - {"under_study"} | {"resolved", "closed"},
    "waiting_for_customer": WORKED - {"waiting_for_customer"} | {"resolved", "closed"},
    "waiting_for_third_party": WORKED - {"waiting_for_third_party"} | {"resolved", "closed"},
    "reopened": WORKED | {"resolved", "closed"},
    "resolved": {"reopened", "closed"},
    "closed": set(),
}
AFTER_CLOSING = {
    "MessagePosted",
    "MessageCorrected",
    "MessageRetracted",
    "AttachmentAdded",
    "TagAdded",
    "TagRemoved",
    "TicketLinked",
    "TicketMovedOut",
    "TicketMovedIn",
    "WorkRecorded",
}


@dataclass
class Account:
    """One promise and what became of it: open, kept, missed or replaced."""

    kind: str
    due: datetime
    became: str = "open"


@dataclass
class TicketModel:
    """A ticket as somebody at the next desk would keep it on paper."""

    status: str = "new"
    contract: str | None = None
    holder: UUID | None = None
    specialist: UUID | None = None
    priority: str = "normal"
    acknowledged: bool = False
    tags: set[str] = field(default_factory=set)
    links: set[tuple[UUID, str]] = field(default_factory=set)
    said: dict[UUID, str] = field(default_factory=dict)
    taken_back: set[UUID] = field(default_factory=set)
    accounts: list[Account] = field(default_factory=list)

    @property
    def open_promises(self) -> dict[str, datetime]:
        """What the customer waits for."""
        return {account.kind: account.due for account in self.accounts if account.became == "open"}

    def make(self, kind: str, due: datetime) -> None:
        """Promise; an open promise of the kind is replaced."""
        for account in self.accounts:
            if account.kind == kind and account.became == "open":
                account.became = "replaced"
        self.accounts.append(Account(kind, due))

    def tell(self, at: datetime) -> None:
        """Let staff tell the customer something."""
        for account in self.accounts:
            if account.became == "open":
                account.became = "missed" if at > account.due else "kept"

    def move_on(self, status: str, at: datetime, next_update: datetime | None) -> None:
        """Let staff change the status."""
        self.status = status
        if status == "reopened":
            self.acknowledged = False
        self.tell(at)
        if next_update is not None:
            self.make("update", next_update)

    def may_move_on(self, command: Any) -> bool:
        """Say whether staff may change the status like this."""
        status, due = str(command.status), command.next_update
        told = command.explanation is not None or command.template is not None
        in_time = due is not None and due > command.at
        promised = in_time or (status in {"resolved", "closed"} and due is None)
        if status == "closed" and due is not None:
            return False
        return status in AFTER[self.status] and told and promised

    def reply(self) -> None:
        """Let the customer write."""
        if self.status == "resolved":
            self.status, self.acknowledged = "reopened", False
        elif self.status == "waiting_for_customer":
            self.status = "in_progress"

    def may_take(self, taker: UUID, *, reason: bool) -> bool:
        """Say whether the ticket may go to `taker`."""
        if self.status == "closed":
            return False
        others = {self.holder, self.specialist} - {None, taker}
        return reason or not others or self.holder == taker
