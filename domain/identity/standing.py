"""Since when a member of the staff has had a role, from their recorded history."""

from collections.abc import Iterable
from datetime import datetime

from domain.log import Recorded
from domain.staff.events import RoleGranted, RoleRevoked, StaffJoined, StaffLeft
from domain.values import Role


def role_since(history: Iterable[Recorded], role: Role) -> datetime | None:
    """Return since when somebody has had the role without a break, None if they have it not.

    `history` is the recorded events of their stream, in order; the ledger's own clock counts.
    """
    since: datetime | None = None
    for recorded in history:
        match recorded.event:
            case StaffJoined(roles=roles) if role in roles:
                since = recorded.recorded_at
            case RoleGranted(role=granted) if granted is role:
                since = recorded.recorded_at
            case RoleRevoked(role=revoked) if revoked is role:
                since = None
            case StaffLeft():
                since = None
            case _:
                pass
    return since
