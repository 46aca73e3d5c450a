"""Streams: the unit of consistency, all events of one ticket, contract, staff member, ..."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class StreamKind(StrEnum):
    """What a stream is the history of."""

    TICKET = "ticket"
    CONTRACT = "contract"
    DISPUTE = "dispute"
    IDENTITY_CHANGE = "identity_change"
    RECOVERY = "recovery"
    STAFF = "staff"
    ACCESS = "access"
    NOTIFICATION = "notification"
    MAIL = "mail"
    LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream's name."""

    kind: StreamKind
    id: UUID

    def __hash__(self) -> int:
        return hash(self.id.int)  # ids are unique; a batch looks streams up a dozen times each
