"""What can be asked of an export beside what it is of, for whom and on what basis."""

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from cyclopts import Parameter

from cli.importing_options import Zone

Language = Literal["en", "es", "fr", "pt", "de", "ru", "it", "zh"]
"""The languages in which a bag speaks: `infra.pdf.LANGUAGES`."""

People = tuple[UUID, ...]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a bag tells beside the usual, and how."""

    withhold: Annotated[
        People,
        Parameter(negative="", help="A person whose words are withheld too, by id; repeatable."),
    ] = ()
    disclose: Annotated[
        People,
        Parameter(
            negative="",
            help="A third party whose words are told, such as a claimant, by id; repeatable.",
        ),
    ] = ()
    timezone: Annotated[
        Zone, Parameter(help="The zone in which the timeline shows times beside UTC.")
    ] = "UTC"
    language: Annotated[
        Language | None,
        Parameter(help="The language of what the ledger says; else the contract's, or en."),
    ] = None
    custodian: Annotated[str | None, Parameter(help="Who will sign the certificate.")] = None
