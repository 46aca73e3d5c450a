"""Gets checkpoints cosigned: a thread for each witness, one checkpoint at a time for all of them.

A round offers one checkpoint to every witness that is free. It is over when a quorum has cosigned,
or when all that were asked have answered or failed; then the newest checkpoint is next. So slow
witnesses cosign the same tree, and one that never answers holds up a round for its set time, rests,
and is asked again. Nobody waits for a round longer than `Patience.publish`.
"""

import asyncio
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from domain.checkpoint import TreeHead
from domain.errors import Integrity, Malformed
from domain.merkle import consistency_proof
from infra import logs
from infra.cosignatures import Cosignature, cosignatures, witness_key
from infra.settings import Settings
from infra.tilefiles import TileReader, head_of
from infra.witness import Reply, Standing, Witness, WitnessClient
from projections.witnessing import Cosigned, Told

_LOG: Final = logs.logger("witnesses")
_CLOSE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for an answer, for a publication; of rest after failures; until the alarm."""

    answer: float = 5.0
    publish: float = 0.25
    rest: float = 1.0
    longest_rest: float = 60.0
    alarm: float = 60.0


@dataclass(frozen=True, slots=True)
class _Offer:
    """A signed checkpoint, and where the tiles of its tree are."""

    note: bytes
    head: TreeHead
    directory: Path

    def same_tree(self, other: "_Offer | None") -> bool:
        """Say whether both say the same; a new key of the log may have signed one of them."""
        return other is not None and self.head == other.head


@dataclass(slots=True)
class _Attended:
    """A witness, and how it stands."""

    witness: Witness
    rest: float
    standing: Standing = Standing.UNASKED
    contradiction: str = ""
    busy: bool = False
    rests_until: float = 0.0
    cancel: asyncio.Task[Reply] | None = field(default=None, repr=False)


class Cosigners:
    """The witnesses of a log, asked from when it is made until it is closed."""

    def __init__(
        self, witnesses: list[Witness], quorum: int, told: Told, patience: Patience | None = None
    ) -> None:
        self._quorum = quorum
        self._told = told
        self._patience = patience = patience or Patience()
        self._attended = [_Attended(witness, patience.rest) for witness in witnesses]
        self._changed = threading.Condition()
        self._closed = False
        self._newest: _Offer | None = None
        self._round: _Offer | None = None
        self._open: set[int] = set()  # of the witnesses, those that the round waits for
        self._found: dict[int, Cosignature] = {}
        self._lacking_since: float | None = None
        self._last: tuple[int, int] | None = None
        self._threads = [
            threading.Thread(target=self._attend, args=[number], daemon=True)
            for number in range(len(witnesses))
        ]
        for thread in self._threads:
            thread.start()

    @classmethod
    def of(cls, settings: Settings, told: Told) -> "Cosigners":
        """Return the witnesses that the settings name."""
        witnesses = [Witness(witness_key(one.vkey), one.url) for one in settings.witnesses]
        patience = Patience(alarm=settings.witness_alarm_seconds)
        return cls(witnesses, settings.quorum, told, patience)

    def offer(self, note: bytes, directory: Path, published: bytes | None = None) -> None:
        """Have a signed note cosigned; `published` is the same with cosignatures it already had."""
        offer = _Offer(note, head_of(note), directory)
        with self._changed:
            fresh = not offer.same_tree(self._newest)
            self._newest = offer
            if fresh and self._lacking_since is None:
                self._lacking_since = time.monotonic()
            self._next_round()
            if published is not None and offer.same_tree(self._round):
                self._know(published, offer.head)
            self._changed.notify_all()

    def lines(self, note: bytes, *, wait: bool = False) -> bytes:
        """Return the cosignatures of a note that are here; `wait` a little for a quorum of them."""
        head = head_of(note)

        def settled() -> bool:
            return self._round is None or self._round.head != head or self._is_over()

        with self._changed:
            if wait:
                self._changed.wait_for(settled, self._patience.publish)
            if self._round is None or self._round.head != head:
                return b""
            return b"".join(self._found[number].line for number in sorted(self._found))

    def tell(self) -> None:
        """Tell operators how it stands, if that is new."""
        self._told.tell(self._view())

    def _view(self) -> Cosigned:
        with self._changed:
            size, at = self._last or (0, None)
            lacking = self._lacking_since
            late = lacking is not None and time.monotonic() - lacking > self._patience.alarm
            alarms = [
                f"{one.witness.key.name} contradicts: {one.contradiction}"
                for one in self._attended
                if one.contradiction
            ]
            if late:
                seconds = f"{self._patience.alarm:g} s"
                alarms.append(f"no {self._quorum} witnesses have cosigned for {seconds}")
            standings = {one.witness.key.name: one.standing.value for one in self._attended}
        return Cosigned(size, at, self._quorum, tuple(alarms), standings)

    def close(self) -> None:
        """Ask nobody any more; requests that are under way are given up."""
        with self._changed:
            self._closed = True
            for one in self._attended:
                if one.cancel is not None:
                    one.cancel.get_loop().call_soon_threadsafe(one.cancel.cancel)
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(_CLOSE_SECONDS)

    def _attend(self, number: int) -> None:
        one = self._attended[number]
        with asyncio.Runner() as runner:
            client = WitnessClient(one.witness, self._patience.answer)
            while (offer := self._take(number)) is not None:
                try:
                    reply = runner.run(self._ask(one, client, offer))
                except asyncio.CancelledError:
                    break
                except Exception as error:  # noqa: BLE001 - no witness may end its own thread
                    _LOG.error("witness not asked", witness=one.witness.key.name, exc_info=error)
                    reply = Reply(Standing.UNASKED, type(error).__name__)
                self._hear(number, offer, reply)
            runner.run(client.close())

    async def _ask(self, one: _Attended, client: WitnessClient, offer: _Offer) -> Reply:
        with self._changed:
            one.cancel = asyncio.current_task()
            if self._closed:
                raise asyncio.CancelledError
        try:
            node = TileReader(offer.directory).node
            return await client.cosign(
                offer.note, lambda old, new: consistency_proof(old, new, node)
            )
        finally:
            with self._changed:
                one.cancel = None

    def _take(self, number: int) -> _Offer | None:
        """Wait until this witness is to be asked for the round's checkpoint; None: never again."""
        one = self._attended[number]
        with self._changed:
            while not self._closed:
                rests = max(0.0, one.rests_until - time.monotonic())
                lacks = self._round is not None and number not in self._found
                if lacks and not rests:
                    self._open.add(number)
                    one.busy = True
                    return self._round
                self._changed.wait(rests if lacks else None)
        return None

    def _hear(self, number: int, offer: _Offer, reply: Reply) -> None:
        """Take a witness's reply in, which may be about an earlier round."""
        one = self._attended[number]
        with self._changed:
            told = reply.standing is not one.standing
            one.standing, one.busy = reply.standing, False
            if reply.standing in {Standing.CONTRADICTS, Standing.COSIGNS}:
                one.contradiction = reply.detail  # a silent witness takes nothing back
            self._open.discard(number)
            if reply.cosignature is None:
                one.rests_until = time.monotonic() + one.rest
                one.rest = min(2 * one.rest, self._patience.longest_rest)
            else:
                one.rest = self._patience.rest
                if offer.same_tree(self._round):
                    self._add(number, reply.cosignature)
            self._next_round()
            self._changed.notify_all()
        if told:
            _tell(one.witness.key.name, reply)

    def _know(self, published: bytes, head: TreeHead) -> None:
        """Take over what an earlier process published, as far as it fits."""
        keys = [one.witness.key for one in self._attended]
        with suppress(Malformed, Integrity):
            if head_of(published) == head:
                for cosignature in cosignatures(published, keys):
                    self._add(keys.index(cosignature.witness), cosignature)

    def _add(self, number: int, cosignature: Cosignature) -> None:
        self._found[number] = cosignature
        self._open.discard(number)
        if len(self._found) >= self._quorum and self._round is not None:
            self._last = self._round.head.size, max(one.at for one in self._found.values())
            newest = self._round.same_tree(self._newest)
            self._lacking_since = None if newest else time.monotonic()

    def _is_over(self) -> bool:
        return len(self._found) >= self._quorum or not self._open

    def _next_round(self) -> None:
        """Go on to the newest checkpoint, if the round is over."""
        if self._newest is None or self._newest is self._round or not self._is_over():
            return
        if not self._newest.same_tree(self._round):
            self._found.clear()
        self._round, now = self._newest, time.monotonic()
        self._open = {
            number
            for number, one in enumerate(self._attended)
            if number not in self._found and not one.busy and one.rests_until <= now
        }


def _tell(name: str, reply: Reply) -> None:
    """Log that a witness stands otherwise than before."""
    if reply.standing is Standing.COSIGNS:
        _LOG.info("witness cosigns", witness=name)
    else:
        _LOG.warning("witness fails", witness=name, why=reply.standing, detail=reply.detail)
