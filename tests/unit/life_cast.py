"""A contract's life in the examples: commands decided one after the other, told in one order."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from unit.cast import NOW, uid
from unit.ownership_cast import CHANGE, DISPUTE, TICKET

from domain.catalogue import BY_KIND
from domain.contract import CONTRACT
from domain.contract.state import ContractState
from domain.decider import Decider
from domain.dispute import DISPUTE as OF_DISPUTES
from domain.errors import NotFound, Refused
from domain.identity_change import IDENTITY_CHANGE
from domain.log import CommandKey, NewEvent, Recorded, Request, Write
from domain.recovery import RECOVERY
from domain.stream import Stream, StreamKind
from domain.ticket import TICKET as OF_TICKETS
from domain.values import LIVE, Behalf, Provenance, Purpose, Sealed
from projections.case_file.fold import CaseFile, Happened, case_file

THE_CONTRACT: Final = Stream(StreamKind.CONTRACT, uid(600))
THE_DISPUTE: Final = Stream(StreamKind.DISPUTE, DISPUTE)
THE_CHANGE: Final = Stream(StreamKind.IDENTITY_CHANGE, CHANGE)
THE_TICKET: Final = Stream(StreamKind.TICKET, TICKET)
HOME: Final = {"address": "192.0.2.7", "port": 5, "peer": "192.0.2.7", "source": "peer"}

_DECIDERS: Final[dict[StreamKind, Decider[Any, Any, Any]]] = {
    StreamKind.CONTRACT: CONTRACT,
    StreamKind.DISPUTE: OF_DISPUTES,
    StreamKind.IDENTITY_CHANGE: IDENTITY_CHANGE,
    StreamKind.RECOVERY: RECOVERY,
    StreamKind.TICKET: OF_TICKETS,
}
CASES: Final = tuple(BY_KIND[kind] for kind in _DECIDERS if kind is not StreamKind.TICKET)


class Life:
    """What happened, as recorded events and as the requests that record them."""

    def __init__(self) -> None:
        self.folded: dict[Stream, tuple[int, Any]] = {}
        self.happened: list[Happened] = []
        self.requests: list[Request] = []
        self.counts: dict[str, int] = {}

    @property
    def contract(self) -> ContractState:
        """Where the contract stands."""
        state: ContractState = self._of(THE_CONTRACT)[1]
        return state

    def ask(
        self,
        stream: Stream,
        *commands: Any,
        address: dict[str, Any] | None = HOME,
        behalf: Behalf | None = None,
        occurred_at: datetime | None = None,
    ) -> "Life":
        """Let commands be accepted one by one."""
        for command in commands:
            events = self._decided(stream, command)
            self._tell(stream, command, events, (address, behalf, occurred_at))
        return self

    def tries(self, stream: Stream, command: Any, **more: Any) -> bool:
        """Ask something; say whether it was accepted."""
        try:
            self.ask(stream, command, **more)
        except (Refused, NotFound):
            return False
        return True

    def file(self, as_of: int | None = None, dispute: UUID = DISPUTE, **more: Any) -> CaseFile:
        """Return the case file of the dispute as of a position, now when None."""
        number = self._of(THE_DISPUTE)[1].contract
        upto = len(self.happened) if as_of is None else as_of
        return case_file(dispute, number, self.happened, upto, **more)

    def _of(self, stream: Stream) -> tuple[int, Any]:
        return self.folded.get(stream, (0, _DECIDERS[stream.kind].initial))

    def _decided(self, stream: Stream, command: Any) -> list[tuple[object, str | None]]:
        decider = _DECIDERS[stream.kind]
        if hasattr(command, "standing"):
            command = replace(command, standing=self.contract)
        _, state = self._of(stream)
        told = []
        for event in decider.decide(state, command):
            state = decider.evolve(state, event)
            told.append((event, decider.contract_of(state)))
        return told

    def _tell(
        self,
        stream: Stream,
        command: Any,
        events: list[tuple[object, str | None]],
        more: tuple[dict[str, Any] | None, Behalf | None, datetime | None],
    ) -> None:
        address, behalf, occurred_at = more
        before, state = self._of(stream)
        for version, (event, number) in enumerate(events, before + 1):
            state = _DECIDERS[stream.kind].evolve(state, event)
            self.folded[stream] = (version, state)
            recorded = self._recorded(stream, version, event, number)
            recorded = replace(
                recorded, actor=command.by, on_behalf_of=behalf, occurred_at=occurred_at
            )
            self.happened.append(Happened(recorded, address))
        sealed = Sealed(json.dumps(address), command.by.id, Purpose.ADDRESS) if address else None
        made = Provenance(
            command.by,
            NOW,
            uid(99),
            sealed,
            on_behalf_of=behalf,
            occurred_at=occurred_at,
        )
        number = len(self.requests) + 1
        key = CommandKey(number.to_bytes(32), (bytes(4) + number.to_bytes(32),))
        write = Write(stream, before, tuple(NewEvent(*one) for one in events))
        if events:
            self.requests.append(Request((write,), (), key, made))

    def _recorded(
        self, stream: Stream, version: int, event: object, number: str | None
    ) -> Recorded:
        position = len(self.happened) + 1
        if number is not None:
            self.counts[number] = self.counts.get(number, 0) + 1
        return Recorded(
            event=event,
            id=uid(10_000 + position),
            position=position,
            epoch=1,
            stream=stream,
            version=version,
            contract=None if number is None else (number, self.counts[number]),
            recorded_at=NOW + timedelta(minutes=position),
            occurred_at=None,
            origin=LIVE,
            actor=None,  # type: ignore[arg-type] # the caller says it
            on_behalf_of=None,
            leaf_hash=b"",
        )


def positions(life: Life, kind: str) -> Iterator[int]:
    """Return where events of a type were recorded."""
    return (
        one.recorded.position for one in life.happened if type(one.recorded.event).__name__ == kind
    )
