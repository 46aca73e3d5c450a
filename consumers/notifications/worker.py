"""Works off the outbox: takes a row, makes its mail, hands it over, records that, drops the row.

Several work side by side, here and in other processes; mails of one ticket go one after the other.
A row is locked until its mail is recorded. What cannot be handed over is tried again later, in the
meantime others go on; while the server cannot be reached nobody is in anybody's way. Of several
addresses those that a server puts off are told later, in a turn of their own.
"""

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID

import psycopg
from jinja2 import TemplateError
from psycopg import AsyncConnection

from consumers.notifications.knowing import told_of
from consumers.notifications.message import Sender, mail_of, message_id, thread_of
from consumers.notifications.outbox import SQL, Connection, Taken, take
from consumers.notifications.post import Post
from consumers.notifications.reading import Book
from consumers.notifications.recording import Recorder
from consumers.notifications.told import Told
from consumers.notifications.wording import letter_of
from domain.errors import Removed, Unavailable
from domain.notification.commands import RecordFailed, RecordSent
from domain.notification.events import NotificationFailure, NotificationKind
from infra import logs
from infra.keys import Keys
from infra.mail.outgoing import Answered, Outcome, Outgoing, Unreachable, Unsure
from infra.secrets import Secrets
from infra.store import open_log

POLL_SECONDS: Final = 1.0
_LONGEST_PAUSE: Final = 15.0
_LOG: Final = logs.logger("notifications")


@dataclass(slots=True)
class Worker:
    """Sends the mails of one ledger until it is told to stop."""

    dsn: str
    post: Post
    keys: Keys
    data: Path
    _stop: threading.Event = field(default_factory=threading.Event, init=False)

    def __call__(self, stop: threading.Event) -> None:
        """Work until `stop` is set; a lost database is waited for."""
        self._stop = stop
        pause = POLL_SECONDS
        while not stop.is_set():
            try:
                asyncio.run(self._work())
                pause = POLL_SECONDS
            except* Exception as errors:  # noqa: BLE001 - a thread must not end unnoticed
                _LOG.error("mail waits", exc_info=errors.exceptions[0])
                stop.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def _work(self) -> None:
        threads = ThreadPoolExecutor(self.post.at_once + 4, "mail")
        asyncio.get_running_loop().set_default_executor(threads)
        async with AsyncExitStack() as stack:
            log = await stack.enter_async_context(open_log(self.dsn, self.data, self.keys))
            recorder = Recorder(log, Secrets(self.keys))
            wake = asyncio.Event()
            hands = []
            for _ in range(self.post.at_once):
                connection = await self._connect(stack)
                outgoing = Outgoing(self.post.server, self.post.mail_from.domain)
                stack.callback(outgoing.close)
                hands.append(Hand(self.post, recorder, connection, outgoing, wake))
            listening = await self._connect(stack)
            await listening.execute(SQL["listen"])
            await self._until_stopped(hands, listening, wake)

    async def _connect(self, stack: AsyncExitStack) -> Connection:
        connection = await AsyncConnection.connect(
            self.dsn, autocommit=True, connect_timeout=3, application_name="ledger mail"
        )
        return await stack.enter_async_context(connection)

    async def _until_stopped(
        self, hands: "list[Hand]", listening: Connection, wake: asyncio.Event
    ) -> None:
        """Let every hand work; what one of them raises ends them all."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one.work(self._stop)) for one in hands]
            tasks.append(group.create_task(_listen(listening, wake, self._stop)))
            await asyncio.to_thread(self._stopped, tasks)
            wake.set()

    def _stopped(self, tasks: "list[asyncio.Task[None]]") -> None:
        while not self._stop.wait(0.1):
            if any(one.done() for one in tasks):
                return


async def _listen(connection: Connection, wake: asyncio.Event, stop: threading.Event) -> None:
    """Wake who waits when there is something new; the poll is the truth."""
    while not stop.is_set():
        async for _ in connection.notifies(timeout=POLL_SECONDS, stop_after=1):
            pass
        wake.set()


@dataclass(slots=True)
class Hand:
    """Works off one row after the other."""

    post: Post
    recorder: Recorder
    connection: Connection
    outgoing: Outgoing
    wake: asyncio.Event
    _pause: float = field(default=0.0, init=False)

    async def work(self, stop: threading.Event) -> None:
        """Take rows until `stop` is set."""
        while not stop.is_set():
            self.wake.clear()
            if not await self.one() and not stop.is_set():
                await self.wake.wait()
            if self._pause:
                await asyncio.to_thread(stop.wait, self._pause)

    async def one(self) -> bool:
        """Take the next row and do what is to be done; False when none is due."""
        async with self.connection.transaction():
            row = await take(self.connection)
            if row is None:
                return False
            reason = await self._told_or_reason(row)
            if reason is None:
                await self.connection.execute(SQL["done"], [row.event, row.turn])
            elif self._pause:
                await self.connection.execute(SQL["waits"], [reason, row.event, row.turn])
            else:
                pause = self.post.pause(row.tries)
                waits = [pause, reason, row.event, row.turn]
                await self.connection.execute(SQL["put_off"], waits)
        if reason is not None:
            await self.connection.execute(SQL["retried"])
        return True

    async def _told_or_reason(self, row: Taken) -> str | None:
        """Tell of one event, whose faults harm no other; return why it has to be tried again."""
        try:
            async with self.connection.transaction():
                return await self._tell(row)
        except (Unavailable, psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
            _LOG.error("a mail waits", event_id=str(row.event), exc_info=error)
            return type(error).__name__

    async def _tell(self, row: Taken) -> str | None:
        """Tell of one event; return why it has to be tried again, None when it is done with."""
        if await self._is_recorded(row):
            return None
        async with self.recorder.log.reader.pool.connection() as reading:
            told = await told_of(Book(reading, self.recorder.log.codec.sealer), row.event)
        if told is not None and row.owed is not None:
            told = told.at([one for one in told.addresses if self._digest(one) in row.owed])
        if told is None or (row.turn and not told.addressee.to):
            return None
        failure = told.addressee.failure or await self._suppressed(told)
        if failure is not None:
            await self._failed(row, told, failure)
            return None
        try:
            mail = await self._mail(told, row.turn)
        except Removed:
            await self._failed(row, told, NotificationFailure.ERASED)
            return None
        except (TemplateError, LookupError, ValueError, TypeError) as error:
            _LOG.error("a mail cannot be worded", event_id=str(row.event), exc_info=error)
            await self._failed(row, told, NotificationFailure.NOT_RENDERED)
            return None
        outcome = await asyncio.to_thread(
            self.outgoing.hand_over, self.post.envelope_from, told.addresses, mail
        )
        return await self._after(row, told, outcome)

    async def _is_recorded(self, row: Taken) -> bool:
        """Say whether it is recorded what became of a row: then only the row was left over."""
        if row.turn:
            return await self.recorder.recorded(row.event, row.turn)
        known = await self.recorder.standing(row.event)
        if known.sent and known.ticket and known.kind is not NotificationKind.ATTENTION:
            await self._follow(known.ticket, row.event)
        return known.kind is not None

    async def _suppressed(self, told: Told) -> NotificationFailure | None:
        """Return why a mail must not go out: it would come back, or go round."""
        if any(self.post.is_own(one) for one in told.addresses):
            return NotificationFailure.OWN_ADDRESS
        if told.kind is NotificationKind.ATTENTION:
            return None
        cursor = await self.connection.execute(SQL["counted"], [self._digests(told)])
        row = await cursor.fetchone()
        over = row is not None and row[0] >= self.post.per_hour
        return NotificationFailure.TOO_MANY if over else None

    async def _mail(self, told: Told, turn: int) -> bytes:
        domain = self.post.mail_from.domain
        ids = [told.answers] if told.answers else []
        if told.ticket is not None and told.kind is not NotificationKind.ATTENTION:
            cursor = await self.connection.execute(SQL["thread"], [told.ticket])
            known = await cursor.fetchone() or ()
            if turn:  # the last one may be of later
                known = known[:1]
            ids += [message_id(one, domain) for one in known if one != told.recorded.id]
        return mail_of(
            letter_of(told, self.post.house),
            told.kind,
            told.addressee.form,
            Sender(self.post.mail_from),
            told.addresses,
            told.recorded.id,
            told.recorded.recorded_at,
            thread_of(ids),
        )

    async def _after(self, row: Taken, told: Told, outcome: Outcome) -> str | None:
        if isinstance(outcome, Answered) and len(outcome.later) < len(told.addresses):
            self._pause = 0.0
            await self._answered(row, told, outcome)
            return None
        code = _code(outcome)
        if row.waits > self.post.give_up_seconds:
            await self._failed(row, told, NotificationFailure.GAVE_UP, code)
            return None
        unreachable = isinstance(outcome, Unreachable)
        self._pause = min(self._pause * 2 or 1.0, _LONGEST_PAUSE) if unreachable else 0.0
        return _reason(code)

    async def _answered(self, row: Taken, told: Told, answered: Answered) -> None:
        """Record who was told and who never will be; let who was put off wait for another turn."""
        refused, later = answered.refused, answered.later
        if later:
            await self._owe(row, later)
        else:  # what was noted before a crash is no longer so
            await self.connection.execute(SQL["owe_nobody"], [row.event, row.turn])
        taken = told.at({*told.addresses} - {*refused, *later})
        became: list[RecordSent | RecordFailed] = []
        if taken.addressee.to:
            became.append(self.recorder.sent(taken))
        if refused:
            code = max(refused.values())
            failure = NotificationFailure.REFUSED
            became.append(self.recorder.failed(told.at(refused), failure, code))
        await self.recorder.record(told, row.turn, *became)
        if taken.addressee.to:
            await self._note(taken, row.turn)

    async def _owe(self, row: Taken, later: Mapping[str, int]) -> None:
        """Note who waits for another turn: lasting before anybody is recorded as told."""
        owed = [self._digest(one) for one in later]
        reason = _reason(max(later.values()))
        async with self.recorder.log.reader.pool.connection() as noting:
            values = [owed, self.post.pause(row.tries), reason, row.event, row.turn]
            await noting.execute(SQL["owe"], values)
            await noting.execute(SQL["retried"])

    async def _failed(
        self, row: Taken, told: Told, failure: NotificationFailure, code: int | None = None
    ) -> None:
        # What was noted before a crash is no longer so: this is said of all of them.
        await self.connection.execute(SQL["owe_nobody"], [row.event, row.turn])
        await self.recorder.record(told, row.turn, self.recorder.failed(told, failure, code))

    async def _note(self, told: Told, turn: int) -> None:
        """Count the mail for its addresses, and let the ticket's next one follow it."""
        await self.connection.execute(SQL["forget"])
        await self.connection.execute(SQL["count"], [self._digests(told)])
        if told.ticket is not None and told.kind is not NotificationKind.ATTENTION and not turn:
            await self._follow(told.ticket, told.recorded.id)

    async def _follow(self, ticket: UUID, event: UUID) -> None:
        await self.connection.execute(SQL["follow"], [ticket, event, event])

    def _digests(self, told: Told) -> list[bytes]:
        return [self._digest(one.lower()) for one in told.addresses]

    def _digest(self, address: str) -> bytes:
        return self.recorder.secrets.digest("recipients", address)


def _code(outcome: Outcome) -> int | None:
    """Return the reply of a server that took nothing, None without one."""
    match outcome:
        case Answered(later=later):
            return max(later.values())
        case Unreachable(code=code):
            return code
        case Unsure():
            return None


def _reason(code: int | None) -> str:
    return f"smtp-{code}" if code is not None else "smtp-connection"
