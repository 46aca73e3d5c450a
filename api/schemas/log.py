"""What is asked of the log, and what it answers as JSON."""

from pydantic import Field

from api.schemas.common import Answer, Body

_HASH = r"^[0-9a-f]{64}$"


class AskConsistency(Body):
    """Two sizes of the tree; without the second, that of the last checkpoint."""

    first: int = Field(alias="from", ge=1, le=2**53, description="The smaller tree's size.")
    second: int | None = Field(
        None, alias="to", ge=1, le=2**53, description="The larger one's; default: the last."
    )


class Consistency(Answer):
    """The proof (RFC 6962, section 2.1.2) with both roots; hashes are hex."""

    first: int = Field(alias="from")
    second: int = Field(alias="to")
    from_root: str = Field(pattern=_HASH)
    to_root: str = Field(pattern=_HASH)
    proof: list[str]


class LogKey(Answer):
    """A key that signed (C2SP signed-note, "Verifier keys"); `retired_at` null: it still does."""

    vkey: str
    created_at: str
    retired_at: str | None


class LogView(Answer):
    """Which log this is."""

    origin: str
    epoch: int
    vkey: str
    keys: list[LogKey]
