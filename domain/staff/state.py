"""Where a staff member stands: what the rules need of their history, without personal data."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, assert_never
from uuid import UUID

from domain.staff.events import (
    ApiKeyIssued,
    ApiKeyRevoked,
    LanguagesStated,
    RoleGranted,
    RoleRevoked,
    StaffAbsent,
    StaffEvent,
    StaffJoined,
    StaffLeft,
    StaffReturned,
)
from domain.values import Role


class Key(NamedTuple):
    """An API key that was issued and not revoked; `digest` as in the event."""

    id: UUID
    digest: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class StaffState:
    """A staff member or service after some of their events; before the first `joined` is false.

    `absent` with `absent_until` None: nobody knows until when.
    """

    joined: bool = False
    left: bool = False
    roles: frozenset[Role] = frozenset()
    languages: tuple[str, ...] = ()
    absent: bool = False
    absent_until: datetime | None = None
    keys: tuple[Key, ...] = ()

    @property
    def active(self) -> bool:
        """Say whether they belong to the staff now."""
        return self.joined and not self.left


def away(state: StaffState, at: datetime) -> bool:
    """Say whether they are stated to be absent at a moment; `until` ends an absence by itself."""
    return state.absent and (state.absent_until is None or at < state.absent_until)


def acts_as(state: StaffState, role: Role) -> bool:
    """Say whether somebody may act in the role; being away takes no right from them."""
    return state.active and role in state.roles


def key_works(state: StaffState, key: UUID, at: datetime) -> bool:
    """Say whether an API key still opens the door; what it may do, the roles say."""
    known = next((one for one in state.keys if one.id == key), None)
    if known is None or not state.active:
        return False
    return known.expires_at is None or at < known.expires_at


def evolve(state: StaffState, event: StaffEvent) -> StaffState:  # noqa: PLR0911 - one line an event type
    """Return the state after `event`; takes every event that was ever recorded."""
    match event:
        case StaffJoined(roles=roles, languages=languages):
            return replace(state, joined=True, roles=frozenset(roles), languages=languages)
        case RoleGranted(role=role):
            return replace(state, roles=state.roles | {role})
        case RoleRevoked(role=role):
            return replace(state, roles=state.roles - {role})
        case LanguagesStated(languages=languages):
            return replace(state, languages=languages)
        case StaffAbsent(until=until):
            return replace(state, absent=True, absent_until=until)
        case StaffReturned():
            return replace(state, absent=False, absent_until=None)
        case StaffLeft():
            return replace(state, left=True, roles=frozenset(), keys=())
        case ApiKeyIssued(key=key, digest=digest, expires_at=expires_at):
            return replace(state, keys=(*state.keys, Key(key, digest, expires_at)))
        case ApiKeyRevoked(key=key):
            return replace(state, keys=tuple(one for one in state.keys if one.id != key))
        case _:
            assert_never(event)
