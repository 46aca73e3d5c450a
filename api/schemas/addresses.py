"""Searching for an address: what is asked, and what is answered."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from api.schemas.common import Answer
from api.schemas.searching import Search
from domain.values import ActorKind, Role


class SearchAddress(Search):
    """Which address."""

    address: Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f.:]{2,45}$")]


class AddressUse(Answer):
    """Events under one contract by one actor; `exact`: from the address, else from its network.

    `asserted`: what the service that acted said of its customer, `on_behalf_of`. `label` names the
    known network around the address.
    """

    contract: str
    exact: bool
    asserted: bool
    actor: UUID
    actor_kind: ActorKind
    actor_role: Role | None
    on_behalf_of: UUID | None
    label: str | None
    events: int
    first_at: datetime
    last_at: datetime
    first_position: int
    last_position: int


class AddressUses(Answer):
    """Who acted from there under which contracts, those from the very address first.

    `network` is what counts as one place with the address, its /24 or /64; `more`: there are more
    uses than are shown. What was erased is not found.
    """

    network: str = Field(examples=["192.0.2.0/24"])
    uses: list[AddressUse]
    more: bool
