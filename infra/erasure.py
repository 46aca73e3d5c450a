"""Carrying out recorded erasures: keys are destroyed, ciphertexts deleted, and that is recorded.

Every step may be repeated: an erasure without its `KeysDestroyed`, whatever became of whoever
worked on it, is carried out from the beginning. Appends refuse what is erased from the event on.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from domain.contract.events import ContractClosed
from domain.erasing import complete
from domain.erasure import CompleteErasure, KeysDestroyed, SubjectErased
from domain.errors import Integrity
from domain.handling import Handler
from domain.log import Recorded
from domain.stream import Stream
from domain.ticket.events import AttachmentAdded, MessageErased
from domain.values import Actor, ActorKind, Provenance, Purpose
from infra.envelope import parse
from infra.erasurelist import ErasureList
from infra.ids import new_id
from infra.keys import Keys, KeyScope
from infra.reading import recorded_of
from infra.secrets import Secrets
from infra.sqlfiles import load_sql
from infra.store import PostgresLog

_SQL: Final = load_sql(__file__, "erasure.sql")


class Step(StrEnum):
    """What was just done; each is durable before the next begins."""

    MARKED = "marked"
    LISTED = "listed"
    DESTROYED = "destroyed"
    DELETED = "deleted"
    COMPLETED = "completed"


class Eraser:
    """Carries out erasures on a connection of role ledger_eraser, in autocommit mode."""

    def __init__(
        self,
        connection: Connection[Any],
        keys: Keys,
        listed: ErasureList,
        step: Callable[[Step], None] = lambda _: None,
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._listed = listed
        self._step = step

    def open_after(self, position: int) -> list[Recorded]:
        """Return the erasures recorded after a position that are not carried out, in order."""
        rows = self._connection.cursor(binary=True).execute(_SQL["after"], [position])
        recorded = [recorded_of(parse(row[0]), row[0]) for row in rows]
        done = {one.event.erasure for one in recorded if isinstance(one.event, KeysDestroyed)}
        return [
            one
            for one in recorded
            if isinstance(one.event, SubjectErased | MessageErased)
            and one.event.erasure not in done
        ]

    async def carry_out(self, recorded: Recorded, log: PostgresLog, secrets: Secrets) -> None:
        """Carry out one erasure and record that it is done.

        Raises Unavailable when keys, list or log cannot be had, psycopg errors of the connection.
        """
        match recorded.event:
            case SubjectErased() as erased:
                self._subject(recorded, erased)
            case MessageErased() as erased:
                self._message(recorded, erased)
            case other:
                raise TypeError(f"{type(other).__name__} is no erasure")
        await _note(recorded, erased.erasure, log, secrets)
        self._step(Step.COMPLETED)

    def _subject(self, recorded: Recorded, erased: SubjectErased) -> None:
        keys = self._mark(erased)
        self._step(Step.MARKED)
        self._list(recorded, erased.subject, erased.purposes, keys, ())
        self._keys.destroy(keys, recorded.recorded_at)
        self._step(Step.DESTROYED)
        self._connection.execute(_SQL["delete_chunks_sealed_with"], [keys])
        self._step(Step.DELETED)

    def _mark(self, erased: SubjectErased) -> list[UUID]:
        """Have appends refuse the keys, whoever remembers them; return all, destroyed ones too."""
        rows = [
            {
                "subject": scope.subject,
                "contract": scope.contract,
                "purpose": scope.purpose.value,
                "key": key,
                "erasure": erased.erasure,
            }
            for scope in (_scope(erased.subject, erased.contract, one) for one in erased.purposes)
            for key in self._keys.ids_of(scope)
        ]
        self._connection.cursor().executemany(_SQL["mark"], rows)
        marked = self._connection.execute(_SQL["marked"], [erased.erasure])
        return sorted(row[0] for row in marked)

    def _message(self, recorded: Recorded, erased: MessageErased) -> None:
        self._list(recorded, None, erased.purposes, (), (erased.event,))
        row = (
            self._connection.cursor(binary=True)
            .execute(_SQL["envelope"], [erased.event])
            .fetchone()
        )
        if row is None:
            raise Integrity(f"position {recorded.position}: the event to erase is not there")
        parts = parse(row[0])
        fields = [name for name, said in parts.sealed.items() if said.purpose in erased.purposes]
        self._connection.execute(_SQL["delete_fields"], [erased.event, fields])
        self._step(Step.DESTROYED)
        said = recorded_of(parts, row[0]).event
        if isinstance(said, AttachmentAdded) and said.name.purpose in erased.purposes:
            self._connection.execute(_SQL["delete_chunks"], [said.attachment])
        self._step(Step.DELETED)

    def _list(
        self,
        recorded: Recorded,
        subject: UUID | None,
        purposes: tuple[Purpose, ...],
        keys: list[UUID] | tuple[()],
        events: tuple[UUID, ...],
    ) -> None:
        self._listed.add(
            contract=recorded.contract[0] if recorded.contract else None,
            subject=subject,
            purposes=purposes,
            key_ids=keys,
            events=events,
            position=recorded.position,
            at=recorded.recorded_at,
        )
        self._step(Step.LISTED)


async def _note(recorded: Recorded, erasure: UUID, log: PostgresLog, secrets: Secrets) -> None:
    system = Actor(ActorKind.SYSTEM, log.codec.ledger, None)
    at = datetime.now(UTC)
    command = CompleteErasure(by=system, at=at, erasure=erasure)
    provenance = Provenance(system, at, new_id(), causation=recorded.id)
    key = secrets.command_key("eraser", str(erasure), b"")
    await Handler(log).handle(complete(recorded.stream, command), key, provenance)


def held_purposes(keys: Keys, subject: UUID, contract: str | None) -> frozenset[Purpose]:
    """Return for which purposes data of a person is held, by the keys that there are for it.

    The addresses under a contract are everybody's. May wait for the key store.
    """
    return frozenset(one for one in Purpose if keys.ids_of(_scope(subject, contract, one)))


def _scope(subject: UUID, contract: str | None, purpose: Purpose) -> KeyScope:
    """Return which keys seal this data; addresses under a contract share theirs."""
    return KeyScope(None if purpose is Purpose.ADDRESS else subject, contract, purpose)


async def ended_at(log: PostgresLog, contract: Stream) -> datetime | None:
    """Return when a contract ended, None while it lives."""
    async for recorded in log.read(contract):
        if isinstance(recorded.event, ContractClosed):
            return recorded.occurred_at or recorded.recorded_at
    return None
