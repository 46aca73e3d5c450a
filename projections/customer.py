"""What of a ticket its customer sees: what was said to them, as corrected, nothing else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from infra.envelope import Envelope, parse
from projections.telling import data_of

PUBLIC_TYPES: Final = (
    "TicketOpened",
    "TicketAcknowledged",
    "PromiseMade",
    "PromiseKept",
    "PromiseMissed",
    "MessagePosted",
    "AttachmentAdded",
    "StatusChanged",
    "WorkRecorded",
)
"""Who holds the ticket, its tags, links and priority are the provider's own affairs."""

AMENDING_TYPES: Final = ("MessageCorrected", "MessageRetracted")


@dataclass(frozen=True, slots=True)
class Amendments:
    """What was done to messages later: the last correction's envelope, or retraction."""

    corrected: Mapping[str, bytes]
    retracted: frozenset[str]

    @classmethod
    def of(cls, envelopes: Iterable[bytes]) -> "Amendments":
        """Gather the amendments, oldest first, by message id."""
        corrected: dict[str, bytes] = {}
        retracted: set[str] = set()
        for envelope in envelopes:
            parts = parse(envelope)
            message = data_of(parts)["message"]
            if parts.type == "MessageRetracted":
                retracted.add(message)
            else:
                corrected[message] = envelope
        return cls(corrected, frozenset(retracted))

    def shows(self, parts: Envelope) -> bool:
        """Say whether the customer sees an event of a public type."""
        data = data_of(parts)
        if data.get("audience", "public") != "public":
            return False
        return not (parts.type == "MessagePosted" and data["message"] in self.retracted)

    def correction(self, parts: Envelope) -> bytes | None:
        """Return the envelope whose text stands in place of this message's."""
        if parts.type != "MessagePosted":
            return None
        return self.corrected.get(data_of(parts)["message"])
