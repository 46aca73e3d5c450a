"""What recorded erasures cover: the only reason for which a key or a ciphertext may be gone.

Read from the events themselves, which are hashed and signed, never from a table beside them. The
erasure list counts where the ledger says itself that it lost the event of an erasure.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple
from uuid import UUID

from domain.erasure import SubjectErased
from domain.ledger import LedgerContinued
from domain.ticket.events import MessageErased
from domain.values import Purpose
from infra.envelope import Envelope, parse
from infra.erasurelist import Erased
from infra.reading import recorded_of

TYPES: Final = ("SubjectErased", "MessageErased", "LedgerContinued")


class _Subject(NamedTuple):
    """Erased up to a position: a person's data under a contract; None: everybody's addresses."""

    subject: UUID | None
    contract: str | None
    purpose: Purpose


class Cover:
    """Erasures in the order of their positions; each covers what was recorded up to itself."""

    def __init__(self, envelopes: Iterable[bytes], listed: Iterable[Erased] = ()) -> None:
        self._subjects: dict[_Subject, int] = {}
        self._messages: set[tuple[UUID, Purpose]] = set()
        self._lost: list[LedgerContinued] = []
        for envelope in envelopes:
            self.add(envelope)
        for erased in listed:
            self._add_lost(erased)

    def add(self, envelope: bytes) -> None:
        """Take in the event of an erasure or of a loss; any other says nothing."""
        parts = parse(envelope)
        if parts.type not in TYPES:
            return
        match recorded_of(parts, envelope).event:
            case SubjectErased() as said:
                self._add(said.subject, said.contract, said.purposes, parts.position)
            case MessageErased() as said:
                self._messages.update((said.event, purpose) for purpose in said.purposes)
            case LedgerContinued() as said:
                self._lost.append(said)

    def _add(
        self, subject: UUID | None, contract: str | None, purposes: Iterable[Purpose], upto: int
    ) -> None:
        for purpose in purposes:
            whose = _Subject(None if purpose is Purpose.ADDRESS else subject, contract, purpose)
            self._subjects[whose] = max(upto, self._subjects.get(whose, 0))

    def _add_lost(self, erased: Erased) -> None:
        """Take in an erasure of the list if its event is among those that were lost."""
        for loss in self._lost:
            if loss.survived_position < erased.position <= loss.lost_position:
                whole = () if erased.events else erased.purposes  # of messages only these events
                self._add(erased.subject, erased.contract, whole, loss.survived_position)
                self._messages.update(
                    (event, purpose) for event in erased.events for purpose in erased.purposes
                )

    def covers(self, parts: Envelope, field: str) -> bool:
        """Say whether an event's sealed field, or its key, may be gone."""
        said = parts.sealed[field]
        if (parts.id, said.purpose) in self._messages:
            return True
        number = parts.contract.number if parts.contract else None
        subject = None if said.purpose is Purpose.ADDRESS else said.subject
        return parts.position <= self._subjects.get(_Subject(subject, number, said.purpose), 0)
