"""Erases copies of papers, some time after the change of identity data that they were for.

Each is erased like a message: recorded in its ticket, carried out by the eraser. What was found
when they were checked stays. What has to be kept (a legal hold) is asked about again later.
"""

import asyncio
import threading
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from domain import erasing
from domain.erasing import Under
from domain.erasure import Basis, Limitation
from domain.errors import LedgerError, Refused
from domain.handling import Handler, Plan
from domain.identity_change import IDENTITY_CHANGE, plans
from domain.identity_change.commands import EraseCopies
from domain.identity_change.plans import Case
from domain.identity_change.state import IdentityChangeState
from domain.stream import Stream, StreamKind
from domain.ticket.commands import EraseMessage
from domain.ticket.events import AttachmentAdded
from domain.values import Actor, ActorKind, Provenance, Purpose
from infra import logs
from infra.envelope import Envelope, parse
from infra.erasure import ended_at
from infra.ids import new_id
from infra.keys import Keys
from infra.reading import recorded_of
from infra.secrets import Secrets
from infra.settings import Settings
from infra.sqlfiles import load_sql
from infra.store import PostgresLog, open_log
from projections.metrics import Meters

NAME: Final = "copies"
POLL_SECONDS: Final = 60.0

_SQL: Final = load_sql(__file__, "copies.sql")
_LOG: Final = logs.logger(NAME)


def follow_copies(settings: Settings, keys: Keys, meters: Meters, stop: threading.Event) -> None:
    """Erase what is due, once a minute until `stop` is set; what fails is logged and measured."""
    while settings.database_url is not None and not stop.is_set():
        try:
            asyncio.run(erase_due(settings, keys))
            meters.failed.labels(NAME).set(0)
        except Exception as error:  # noqa: BLE001 - a thread must not end unnoticed
            meters.failed.labels(NAME).set(1)
            detail = str(error) if isinstance(error, LedgerError) else ""
            _LOG.error("copies wait", exc_info=error, detail=detail)
        stop.wait(POLL_SECONDS)


async def erase_due(settings: Settings, keys: Keys) -> int:
    """Erase the copies of decided changes whose time is over; return of how many changes.

    Raises Unavailable when the store cannot be had.
    """
    if settings.database_url is None:
        return 0
    dsn, erased = settings.database_url.get_secret_value(), 0
    async with open_log(dsn, settings.data, keys) as log:
        eraser = _Copies(log, Secrets(keys), settings)
        for change, number in await log.reader.pool.fetch(_SQL["due"], (eraser.at,)):
            contract = await log.contract_stream(number)
            if contract is not None:
                erased += await eraser.erase(Case(change, contract))
    return erased


class _Copies:
    """Erases the copies of one change after the other."""

    def __init__(self, log: PostgresLog, secrets: Secrets, settings: Settings) -> None:
        self.at = datetime.now(UTC)
        self._log = log
        self._secrets = secrets
        self._handler = Handler(log)
        self._system = Actor(ActorKind.SYSTEM, log.codec.ledger, None)
        days = settings.limitation_days
        self._limitation = tuple(Limitation(one, days.get(one, 0)) for one in Purpose)

    async def erase(self, case: Case) -> bool:
        """Erase a change's copies; False when there are none, or when they have to stay."""
        folded = await self._handler.states.load(IDENTITY_CHANGE, case.stream)
        state: IdentityChangeState = folded.state
        copies = tuple(sorted(state.evidence.copies - state.erased))
        if not copies or state.asked is None:
            return False
        ticket = Stream(StreamKind.TICKET, state.asked.ticket)
        try:
            async for envelope in self._log.reader.envelopes(ticket):
                parts = parse(envelope)
                event = recorded_of(parts, envelope).event
                if isinstance(event, AttachmentAdded) and event.attachment in copies:
                    await self._erase_one(case, ticket, parts)
        except Refused as refused:
            _LOG.info("copies stay", change=str(case.change), rule=refused.rule)
            return False
        command = EraseCopies(by=self._system, at=self.at, copies=copies)
        await self._handle(plans.simple(case, command), case.change)
        return True

    async def _erase_one(self, case: Case, ticket: Stream, parts: Envelope) -> None:
        seals = tuple(dict.fromkeys((said.subject, said.purpose) for said in parts.sealed.values()))
        sealed_for = {purpose for _, purpose in seals}
        command = EraseMessage(
            by=self._system,
            at=self.at,
            erasure=new_id(),
            event=parts.id,
            purposes=tuple(
                one for one in Purpose if one in sealed_for and one is not Purpose.ADDRESS
            ),
            basis=Basis.RETENTION_EXPIRED,
        )
        under = Under(
            case.contract, seals, self._limitation, self._ended_at, self._log.contract_stream
        )
        await self._handle(erasing.erase_message(ticket, command, under), parts.id)

    async def _ended_at(self, contract: Stream) -> datetime | None:
        return await ended_at(self._log, contract)

    async def _handle(self, plan: Plan, about: UUID) -> None:
        key = self._secrets.command_key(NAME, str(about), b"")
        await self._handler.handle(plan, key, Provenance(self._system, self.at, new_id()))
