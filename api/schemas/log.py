"""What is asked of the log, and what it answers as JSON."""

from pydantic import Field

from api.schemas.common import Answer, Body

_HASH = r"^[0-9a-f]{64}$"


class AskEpoch(Body):
    """Which epoch's log."""

    epoch: int | None = Field(None, ge=1, le=2**31 - 1, description="Default: the latest.")


class AskConsistency(AskEpoch):
    """Two sizes of the tree; without the second, that of the last checkpoint."""

    first: int = Field(alias="from", ge=1, le=2**53, description="The smaller tree's size.")
    second: int | None = Field(
        None, alias="to", ge=1, le=2**53, description="The larger one's; default: the last."
    )


class AskHead(Body):
    """Within how many events of the ledger the chain's head is asked for."""

    as_of_position: int | None = Field(
        None, ge=1, le=2**53, description="Default: as many as the last checkpoint covers."
    )


class Consistency(Answer):
    """The proof (RFC 6962, section 2.1.2) with both roots; hashes are hex."""

    first: int = Field(alias="from")
    second: int = Field(alias="to")
    from_root: str = Field(pattern=_HASH)
    to_root: str = Field(pattern=_HASH)
    proof: list[str]


class LogKey(Answer):
    """A key that signed (C2SP signed-note, "Verifier keys"); `retired_at` null: it still does.

    `head_vkey` is the same key under the name by which it signs heads of chains.
    """

    vkey: str
    head_vkey: str
    created_at: str
    retired_at: str | None


class LogView(Answer):
    """Which log this is; `epochs` are those that have one, at `/log/EPOCH`."""

    origin: str
    epoch: int
    vkey: str
    keys: list[LogKey]
    epochs: list[int]
