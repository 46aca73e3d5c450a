"""Who asks: a credential names somebody, their own stream says in which roles they act now.

Everything here is confirmed at least twice a second, so that a revocation takes effect within one.
"""

import asyncio
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from api.auth.tokens import Tokens
from api.directory import Directory
from domain.decider import Decider
from domain.errors import Unauthenticated
from domain.handling import Folded, States
from domain.staff import STAFF
from domain.staff.state import StaffState, key_works
from domain.stream import Stream, StreamKind
from domain.values import Actor, ActorKind, Assurance, Role
from infra.secrets import Secrets

CONFIRM_SECONDS: Final = 0.5
KEY_PREFIX: Final = "lk_"
_REMEMBERED: Final = 10_000

_IN_ORDER: Final = (
    Role.SUPERVISOR,
    Role.AGENT,
    Role.DISPUTE_HANDLER,
    Role.COMPLIANCE,
    Role.OPERATOR,
    Role.SERVICE,
)
"""Who has several roles acts in the first that allows what they ask."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody known. `persons` says which person a customer is under which contract.

    `asserted` is set where a service only says who the person is: then they are that person
    under whatever contract named them.
    """

    kind: ActorKind
    id: UUID
    roles: tuple[Role, ...]
    issuer: str
    assurance: Assurance
    credential: UUID | None = None
    persons: Mapping[str, UUID] = field(default_factory=dict)
    asserted: bool = False

    def actor(self, role: Role) -> Actor:
        """Return who acts, as events record it."""
        return Actor(self.kind, self.id, role, self.credential, self.issuer, self.assurance)

    def person_in(self, contract: str) -> UUID | None:
        """Return which person of the contract they are."""
        return self.id if self.asserted else self.persons.get(contract)

    def proves(self, person: UUID | None) -> bool:
        """Say whether they proved to be this person, rather than being said to be."""
        return not self.asserted and (person == self.id or person in self.persons.values())


class Confirmed:
    """States that were compared with the log at most CONFIRM_SECONDS ago."""

    def __init__(self, states: States, clock: Callable[[], float] = time.monotonic) -> None:
        self._states = states
        self._clock = clock
        self._until: OrderedDict[Stream, float] = OrderedDict()
        self._asking: dict[Stream, asyncio.Task[Folded]] = {}

    async def load(self, decider: Decider[Any, Any, Any], stream: Stream) -> Folded:
        """Return the stream's state; of many who ask at once, one reads."""
        if self._until.get(stream, 0.0) >= self._clock():
            return await self._states.load(decider, stream)
        asking = self._asking.get(stream)
        if asking is None:
            asking = asyncio.create_task(self._confirm(decider, stream))
            self._asking[stream] = asking
            asking.add_done_callback(lambda _: self._asking.pop(stream))
        return await asyncio.shield(asking)

    async def _confirm(self, decider: Decider[Any, Any, Any], stream: Stream) -> Folded:
        begun = self._clock()
        folded = await self._states.load(decider, stream, fresh=True)
        self._until[stream] = begun + CONFIRM_SECONDS
        self._until.move_to_end(stream)
        while len(self._until) > _REMEMBERED:
            self._until.popitem(last=False)
        return folded


class Principals:
    """Turns credentials into principals; a burst with one credential asks the store once."""

    def __init__(
        self,
        tokens: Tokens,
        directory: Directory,
        confirmed: Confirmed,
        secrets: Secrets,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tokens = tokens
        self._directory = directory
        self._confirmed = confirmed
        self._secrets = secrets
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, asyncio.Future[Principal]]] = OrderedDict()

    async def of(self, credential: str) -> Principal:
        """Return whose credential (token or API key) it is; raise Unauthenticated if nobody's."""
        known = self._known.get(credential)
        if known is not None and known[0] >= self._clock():
            return await asyncio.shield(known[1]) if not known[1].done() else known[1].result()
        asking = asyncio.ensure_future(self._find(credential))
        self._known[credential] = (self._clock() + CONFIRM_SECONDS, asking)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        try:
            return await asyncio.shield(asking)
        except BaseException:
            self._known.pop(credential, None)
            raise

    async def _find(self, credential: str) -> Principal:
        if credential.startswith(KEY_PREFIX):
            return await self._by_key(credential)
        login = await self._tokens.verify(credential)
        digest = self._secrets.login(login.issuer, login.subject)
        entries = await self._directory.find_login(digest)
        staff = [entry.person for entry in entries if entry.contract is None]
        if staff:
            member = await self._first_active(staff)
            return await self._staff(member, login.name, Assurance.INTERACTIVE, None)
        persons = {entry.contract: entry.person for entry in entries if entry.contract is not None}
        if not persons:
            raise Unauthenticated("the token proves somebody whom this ledger does not know")
        return Principal(
            ActorKind.CUSTOMER,
            entries[0].person,
            (Role.CUSTOMER,),
            login.name,
            Assurance.INTERACTIVE,
            persons=persons,
        )

    async def _first_active(self, staff: Sequence[UUID]) -> UUID:
        """Return who belongs to the staff now: who left and came back joined anew."""
        for member in staff:
            if (await self._confirmed.load(STAFF, _stream(member))).state.active:
                return member
        return staff[0]

    async def _by_key(self, credential: str) -> Principal:
        key, secret = _parts(credential)
        staff = await self._directory.find_key(key)
        if staff is None:
            raise Unauthenticated("no such API key")
        state: StaffState = (await self._confirmed.load(STAFF, _stream(staff))).state
        known = next((one.digest for one in state.keys if one.id == key), "")
        fits = hmac.compare_digest(known, key_digest(self._secrets, key, secret))
        if not fits or not key_works(state, key, datetime.now(UTC)):
            raise Unauthenticated("no such API key")
        return await self._staff(staff, "local", Assurance.API_KEY, key)

    async def _staff(
        self, staff: UUID, issuer: str, assurance: Assurance, key: UUID | None
    ) -> Principal:
        state: StaffState = (await self._confirmed.load(STAFF, _stream(staff))).state
        if not state.active:
            raise Unauthenticated("they do not belong to the staff any more")
        kind = ActorKind.SERVICE if state.roles == {Role.SERVICE} else ActorKind.STAFF
        roles = tuple(role for role in _IN_ORDER if role in state.roles)
        return Principal(kind, staff, roles, issuer, assurance, key)


def key_digest(secrets: Secrets, key: UUID, secret: str) -> str:
    """Return what the ledger keeps of an API key's secret: hex HMAC-SHA256."""
    return secrets.digest("api-keys", str(key), secret).hex()


def _parts(credential: str) -> tuple[UUID, str]:
    prefix, _, secret = credential.removeprefix(KEY_PREFIX).partition("_")
    try:
        return UUID(hex=prefix), secret
    except ValueError:
        raise Unauthenticated("no such API key") from None


def _stream(staff: UUID) -> Stream:
    return Stream(StreamKind.STAFF, staff)
