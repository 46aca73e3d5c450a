"""Forms that several bodies and answers share. Input is strict: what is not named is refused."""

from datetime import UTC, date, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
)

EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
TIME_EXAMPLE: Final = "2026-01-02T03:04:05.000000Z"
ID_EXAMPLE: Final = "019b7d2e-7c00-7a30-9f5e-3d1f0a6b8c11"

_VISIBLE: Final = r"^[^\x00]*[^\x00\s][^\x00]*$"


def _believable(time: datetime) -> datetime:
    if not EARLIEST <= time <= LATEST:
        raise ValueError("the time lies outside 1990 to 2100")
    return time.astimezone(UTC)


def _believable_date(day: date) -> date:
    if not date(1850, 1, 1) <= day <= date(2150, 1, 1):
        raise ValueError("the date lies outside 1850 to 2150")
    return day


Line = Annotated[str, StringConstraints(max_length=300, pattern=_VISIBLE)]
Short = Annotated[str, StringConstraints(max_length=2_000, pattern=_VISIBLE)]
Text = Annotated[str, StringConstraints(max_length=50_000, pattern=_VISIBLE)]
Mail = Annotated[str, StringConstraints(max_length=254, pattern=r"^[^\s@]+@[^\s@]+$")]
Number = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Time = Annotated[AwareDatetime, AfterValidator(_believable), Field(examples=[TIME_EXAMPLE])]
Day = Annotated[date, AfterValidator(_believable_date)]
Seconds = Annotated[int, Field(ge=1, le=31_622_400)]


class Body(BaseModel):
    """What a client sends."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Answer(BaseModel):
    """What the ledger answers; written by hand as JSON, described here."""

    model_config = ConfigDict(extra="allow")


class Written(Answer):
    """A write was accepted; `leaf_hash` is null when nothing changed."""

    id: UUID = Field(examples=[ID_EXAMPLE])
    version: int
    position: int
    event_ids: list[UUID]
    leaf_hash: str | None = Field(pattern=r"^[0-9a-f]{64}$")


class ProblemDocument(Answer):
    """RFC 9457: what went wrong; `rule` when a rule refused it, `where` names the field."""

    type: str = Field(examples=["/problems/not-found"])
    title: str
    status: int
    detail: str
    rule: str | None = None
    where: str | None = None


class AsOf(Body):
    """The moment as of which to answer, inclusive."""

    as_of: Time | None = None
    as_of_position: int | None = Field(None, ge=1, le=2**53)
    as_of_basis: str = Field("recorded", pattern="^(recorded|occurred)$")


class AsOfPaged(AsOf):
    """A page as of a moment: `cursor` is `next` of the page before, asked with the same moment."""

    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=1024, pattern=r"^[A-Za-z0-9_=-]+$")


class Paged(Body):
    """A page of a list: `cursor` is `next` of the page before."""

    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=1024, pattern=r"^[A-Za-z0-9_=-]+$")
