"""What is asked of an export: for whom, on what basis, as of when, what besides is withheld."""

from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator

from api.schemas.common import Body
from domain.access import ReadingBasis


def _printable(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("characters that can be printed are wanted")
    return text


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError("no such time zone; zones are UTC, Europe/Lisbon, ...") from None
    return name


Said = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1_000, pattern=r"^[^\x00-\x1f\x7f]+$"),
    AfterValidator(_printable),
]
Zone = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+/-]{1,64}$"), AfterValidator(_zone)]


class Export(Body):
    """Who is given it and why: both are recorded; `basis_words` say more, and what `other` is.

    `at_position`: as of which event, now when it is left out. `withhold`: people whose words are
    withheld too; `disclose`: third parties whose words are told. `zone`: in which the timeline
    shows times beside UTC. `language`: of what the ledger says, else the contract's, or `en`.
    `custodian`: who will sign the certificate.
    """

    recipient: Said = Field(description="Who is given it.")
    legal_basis: ReadingBasis
    basis_words: Said | None = Field(None, validate_default=True)
    at_position: int | None = Field(None, ge=1, le=2**53)
    withhold: tuple[UUID, ...] = Field((), max_length=100)
    disclose: tuple[UUID, ...] = Field((), max_length=100)
    zone: Zone = "UTC"
    language: Literal["en", "es", "fr", "pt", "de", "ru", "it", "zh"] | None = None
    custodian: Said | None = None

    @field_validator("basis_words")
    @classmethod
    def _says_which(cls, words: str | None, info: ValidationInfo) -> str | None:
        if words is None and info.data.get("legal_basis") is ReadingBasis.OTHER:
            raise ValueError("say in words on what basis")
        return words
