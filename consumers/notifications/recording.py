"""What became of a mail, as events: under commands that are the same however often they are asked.

Each turn of telling of an event has its own. An address is left out of the event when the data of
its owner was erased meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from consumers.notifications.told import Told
from domain.errors import Refused
from domain.handling import Handler, Plan, Reading, Step
from domain.log import ERASED, CommandKey
from domain.notification import NOTIFICATION
from domain.notification.commands import RecordFailed, RecordSent
from domain.notification.decide import NotificationState
from domain.notification.events import Medium, NotificationFailure, Recipient
from domain.stream import Stream, StreamKind
from domain.values import Actor, ActorKind, Provenance
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

    async def recorded(self, event: UUID, turn: int) -> bool:
        """Say whether it is recorded what became of a turn."""
        return await self.log.recall(self._key(event, turn)) is not None

    def sent(self, told: Told) -> RecordSent:
        """Return that a server took a mail for these addresses."""
        return RecordSent(
            by=self._actor,
            at=datetime.now(UTC),
            contract=told.addressee.contract,
            ticket=told.ticket,
            person=told.addressee.person,
            kind=told.kind,
            language=told.addressee.language,
            medium=Medium.MAIL,
            to=tuple(map(Recipient, told.addressee.to)),
        )

    def failed(
        self, told: Told, failure: NotificationFailure, code: int | None = None
    ) -> RecordFailed:
        """Return that nobody was told, or not at these addresses."""
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
            to=tuple(map(Recipient, told.addressee.to)),
        )

    async def record(self, told: Told, turn: int, *became: RecordSent | RecordFailed) -> None:
        """Record what became of a turn, as one command."""
        event = told.recorded.id
        key = self._key(event, turn)
        provenance = Provenance(self._actor, datetime.now(UTC), new_id(), causation=event)
        commands = [replace(one, turn=turn) for one in became]
        # A state of its own: nobody else writes here, and none is kept in memory.
        try:
            await Handler(self.log).handle(_plan(event, commands), key, provenance)
        except Refused as refused:
            if refused.rule != ERASED:
                raise
            bare = [replace(one, to=()) for one in commands]
            await Handler(self.log).handle(_plan(event, bare), key, provenance)

    def _key(self, event: UUID, turn: int) -> CommandKey:
        return self.secrets.command_key(_PRINCIPAL, f"{event}/{turn}", b"")

    @property
    def _actor(self) -> Actor:
        return Actor(ActorKind.SYSTEM, self.log.codec.ledger, None)


def _stream(event: UUID) -> Stream:
    return Stream(StreamKind.NOTIFICATION, event)


def _plan(event: UUID, commands: Sequence[RecordSent | RecordFailed]) -> Plan:
    async def plan(_: Reading) -> tuple[Step, ...]:
        return tuple(Step(NOTIFICATION, _stream(event), one) for one in commands)

    return plan
