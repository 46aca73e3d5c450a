"""What every command carries besides its request."""

from dataclasses import dataclass
from datetime import datetime

from domain.values import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Who asks, and when by the caller's clock (UTC). Ids in a command are made by the caller."""

    by: Actor
    at: datetime
