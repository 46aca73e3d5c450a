"""What is asked of time stamps, and what they answer as JSON."""

from pydantic import Field

from api.schemas.common import TIME_EXAMPLE, Answer, Paged

_HASH = r"^[0-9a-f]{64}$"


class AskTimestamps(Paged):
    """Time stamps of checkpoints that cover a size, the earliest first."""

    covering: int = Field(1, ge=1, le=2**53, description="The size to cover.")
    epoch: int | None = Field(None, ge=1, le=2**53, description="Default: the latest.")


class AskRenewals(Paged):
    """Renewals of an epoch's time stamps."""

    epoch: int | None = Field(None, ge=1, le=2**53, description="Default: the latest.")


class Timestamp(Answer):
    """A stamped checkpoint: `reply` (base64) stamps the bytes of `note` (RFC 3161)."""

    epoch: int
    size: int
    root: str = Field(pattern=_HASH)
    time: str = Field(examples=[TIME_EXAMPLE])
    authority: str
    note: str
    reply: str


class Timestamps(Answer):
    """A page of them."""

    items: list[Timestamp]
    next: str | None


class Renewal(Answer):
    """A time stamp over older ones: `reply` (base64) stamps the bytes of `files`.

    `files` names what is renewed with its SHA-256, as sha256sum writes it.
    """

    epoch: int
    number: int
    time: str = Field(examples=[TIME_EXAMPLE])
    authority: str
    files: str
    reply: str


class Renewals(Answer):
    """A page of them."""

    items: list[Renewal]
    next: str | None
