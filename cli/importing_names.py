"""Ids and keys of what another system only names: the same name always gives the same id.

They are digests under a secret of this ledger, so that no id tells the name to who guesses it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.importing.order import OPENING
from domain.importing.rows import Case, Update
from domain.importing.times import EARLIEST
from domain.log import CommandKey
from domain.stream import Stream, StreamKind
from domain.values import Actor, ActorKind
from infra.ids import derived_id
from infra.secrets import Secrets


@dataclass(frozen=True, slots=True)
class Names:
    """The ids of one source's cases, contracts and people."""

    secrets: Secrets
    source: str

    def ticket(self, case: Case) -> Stream:
        """Return the stream of a case's ticket."""
        return Stream(StreamKind.TICKET, self._id("ticket", case.reference, at=case.opening.at))

    def contract(self, number: str, at: datetime) -> Stream:
        """Return the stream of a contract that first appears at `at`."""
        return Stream(StreamKind.CONTRACT, self._id("contract", number, at=at))

    def holder(self, number: str) -> UUID:
        """Return who holds a contract: somebody of whom nothing is known."""
        return self._id("holder", number)

    def requester(self, case: Case) -> UUID:
        """Return who asked: the same for all cases of one name, one for each case without."""
        name = case.opening.requester
        return self._id("person", name) if name else self._id("nobody", case.reference)

    def actor(self, name: str | None) -> Actor:
        """Return who acted in the other system; never staff of this one."""
        return Actor(ActorKind.IMPORTED, self._id("actor", name or ""), None, issuer=self.source)

    def team(self, name: str | None) -> UUID | None:
        """Return the id of a team."""
        return self._id("team", name) if name else None

    def person(self, name: str | None) -> UUID | None:
        """Return the id of somebody who has a case."""
        return self._id("actor", name) if name else None

    def opening_key(self, case: Case) -> CommandKey:
        """Return the idempotency of a case's opening."""
        opening = case.opening
        said = [opening.at.isoformat(), opening.contract, case.updates[0].cells]
        return self._key("case", case.reference, str(OPENING), said)

    def row_key(self, case: Case, update: Update) -> CommandKey:
        """Return the idempotency of a row: source, case and ordinal, with all that it says."""
        said = [update.at.isoformat(), update.status, update.cells]
        return self._key("case", case.reference, str(update.ordinal), said)

    def contract_key(self, number: str) -> CommandKey:
        """Return the idempotency of a contract's registration."""
        return self._key("contract", number, "", [])

    def _id(self, kind: str, *parts: str, at: datetime = EARLIEST) -> UUID:
        return derived_id(at, self.secrets.digest("imports", self.source, kind, *parts).hex())

    def _key(self, kind: str, name: str, ordinal: str, said: Sequence[object]) -> CommandKey:
        payload = json.dumps(said, ensure_ascii=False).encode()
        return self.secrets.command_key(
            f"import/{self.source}", f"{kind}/{name}/{ordinal}", payload
        )
