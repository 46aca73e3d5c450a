"""Whether those who hold a contract of record are proved to agree to something."""

from datetime import datetime

from domain.contract.ownership.state import Ownership
from domain.contract.ownership.vocabulary import Together
from domain.identity.proof import Check, Scope, proved


def holders_agree(
    checks: tuple[Check, ...], ownership: Ownership, scope: Scope, at: datetime
) -> bool:
    """Say whether the holders are proved to agree, any or all as they hold it; nobody: they do."""
    said = [
        proved(checks, one.id, scope, at, ended=ownership.ended(one.id))
        for one in ownership.holders
    ]
    return any(said) if ownership.together is Together.ANY else all(said)
