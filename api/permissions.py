"""Who may do what: the hand-written table `permissions.csv`, a row each operation.

`yes`: any; `own`: only what is the asker's own, which for a service means what is the person's
on whose behalf it asks; `no`: never. The column `nobody` is a request without a credential.
"""

import csv
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from domain.errors import NotAllowed
from domain.values import Role

NOBODY: Final = "nobody"


class Permit(StrEnum):
    """What a cell of the table says."""

    YES = "yes"
    OWN = "own"
    NO = "no"


Row = Mapping[str, Permit]


@cache
def table() -> dict[str, Row]:
    """Return operation -> column -> permit."""
    with (Path(__file__).parent / "permissions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["operation"]: {
            column: Permit(cell) for column, cell in row.items() if column != "operation"
        }
        for row in rows
    }


def allowed_role(row: Row, roles: Iterable[Role]) -> tuple[Role, Permit]:
    """Return the role to act in, and how far it goes: `yes` before `own`.

    Raises NotAllowed when no role allows the operation.
    """
    own: Role | None = None
    for role in roles:
        permit = row[role]
        if permit is Permit.YES:
            return role, permit
        if permit is Permit.OWN and own is None:
            own = role
    if own is None:
        raise NotAllowed("none of your roles allows this operation")
    return own, Permit.OWN
