"""Bodies of recoveries."""

from uuid import UUID

from api.schemas.common import Answer, Body, Line, Short
from api.schemas.contracts import Login
from api.schemas.ownership import CaseEvent
from domain.identity.proof import Capacity
from domain.recovery.events import Act, Dropping


class ReportRecovery(Body):
    """Who says, by which ticket, that credentials were stolen; `reporter` null: somebody new."""

    ticket: UUID
    capacity: Capacity
    words: Short
    reporter: UUID | None = None
    name: Line | None = None


class RestoreAccess(Body):
    """Who alone gets access; `name` and `login` if they were never named under the contract."""

    person: UUID
    name: Line | None = None
    login: Login | None = None


class ConfirmProvisioning(Body):
    """What provisioning has done."""

    act: Act


class DropRecovery(Body):
    """Why nothing is recovered."""

    dropping: Dropping
    explanation: Short


class RecoveryView(Answer):
    """A recovery with its evidence; this read was recorded."""

    id: UUID
    contract: str
    ordered: list[Act]
    confirmed: list[Act]
    dropped: bool
    over: bool
    version: int
    events: list[CaseEvent]
