"""What is answered to whoever brings mail."""

from enum import StrEnum
from uuid import UUID

from pydantic import Field

from api.schemas.common import ID_EXAMPLE, Answer


class MailOutcome(StrEnum):
    """What became of a mail."""

    ENQUIRY = "enquiry"
    ANSWERED = "answered"
    BOUNCE = "bounce"
    DROPPED = "dropped"


class MailTaken(Answer):
    """What became of a mail; of a dropped one nothing was recorded.

    `id` and `number` are the ticket's where it opened one; `reason` says why it was answered or
    dropped.
    """

    outcome: MailOutcome
    reason: str | None
    number: str | None
    id: UUID | None = Field(examples=[ID_EXAMPLE])
    version: int | None
    position: int | None
    event_ids: list[UUID]
    leaf_hash: str | None = Field(pattern=r"^[0-9a-f]{64}$")
