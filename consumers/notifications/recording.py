"""What became of a mail, as events: under commands that are the same however often they are asked.

An address is left out of the event when the data of its owner was erased meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from consumers.notifications.told import Told
from domain.errors import Refused
from domain.handling import Handler, Plan, Reading, Step
from domain.log import ERASED
from domain.notification import NOTIFICATION
from domain.notification.commands import RecordFailed, RecordSent
from domain.notification.decide import NotificationState
from domain.notification.events import Medium, NotificationFailure, Recipient
from domain.stream import Stream, StreamKind
from domain.values import Actor, ActorKind, Provenance, Sealed
from infra.ids import new_id
from infra.secrets import Secrets
from infra.store import PostgresLog

_PRINCIPAL = "notifications"


@dataclass(slots=True)
class Recorder:
    """Records in the streams of notifications, as the ledger itself."""

    log: PostgresLog
    secrets: Secrets

    async def standing(self, event: UUID) -> NotificationState:
        """Return what became of telling of an event so far."""
        state = NOTIFICATION.initial
        async for recorded in self.log.read(_stream(event)):
            state = NOTIFICATION.evolve(state, recorded.event)  # type: ignore[arg-type]
        return state

    async def sent(self, told: Told, refused: Mapping[str, int]) -> None:
        """Record that a mail was handed over, but for the addresses in `refused` (reply codes)."""
        to = told.addressee.to
        taken = tuple(one for one in to if one.text not in refused)
        await self._record(told, "sent", self._sent(told, taken))
        if refused:
            others = tuple(one for one in to if one.text in refused)
            failed = self._failed(told, NotificationFailure.REFUSED, max(refused.values()), others)
            await self._record(told, "failed", failed)

    async def failed(
        self, told: Told, failure: NotificationFailure, code: int | None = None
    ) -> None:
        """Record that nobody was told."""
        command = self._failed(told, failure, code, told.addressee.to)
        await self._record(told, "failed", command)

    def _sent(self, told: Told, to: tuple[Sealed, ...]) -> RecordSent:
        return RecordSent(
            by=self._actor,
            at=datetime.now(UTC),
            contract=told.addressee.contract,
            ticket=told.ticket,
            person=told.addressee.person,
            kind=told.kind,
            language=told.addressee.language,
            medium=Medium.MAIL,
            to=tuple(map(Recipient, to)),
        )

    def _failed(
        self,
        told: Told,
        failure: NotificationFailure,
        code: int | None,
        to: tuple[Sealed, ...],
    ) -> RecordFailed:
        return RecordFailed(
            by=self._actor,
            at=datetime.now(UTC),
            contract=told.addressee.contract,
            ticket=told.ticket,
            person=told.addressee.person,
            kind=told.kind,
            medium=Medium.MAIL,
            failure=failure,
            code=code,
            to=tuple(map(Recipient, to)),
        )

    @property
    def _actor(self) -> Actor:
        return Actor(ActorKind.SYSTEM, self.log.codec.ledger, None)

    async def _record(self, told: Told, what: str, command: RecordSent | RecordFailed) -> None:
        event = told.recorded.id
        key = self.secrets.command_key(_PRINCIPAL, f"{event}/{what}", b"")
        provenance = Provenance(command.by, command.at, new_id(), causation=event)
        # A state of its own: nobody else writes here, and none is kept in memory.
        try:
            await Handler(self.log).handle(_plan(event, command), key, provenance)
        except Refused as refused:
            if refused.rule != ERASED:
                raise
            bare = replace(command, to=())
            await Handler(self.log).handle(_plan(event, bare), key, provenance)


def _stream(event: UUID) -> Stream:
    return Stream(StreamKind.NOTIFICATION, event)


def _plan(event: UUID, command: RecordSent | RecordFailed) -> Plan:
    async def plan(_: Reading) -> tuple[Step, ...]:
        return (Step(NOTIFICATION, _stream(event), command),)

    return plan
