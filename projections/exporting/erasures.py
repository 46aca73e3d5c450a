"""Which recorded erasure says why a sealed field is gone."""

from collections.abc import Iterable

from infra.envelope import Envelope
from projections.telling import data_of


class Erasures:
    """Which recorded erasure covers a sealed field that is gone (docs/format.md, "Erasures")."""

    def __init__(self, envelopes: Iterable[Envelope]) -> None:
        self._subjects: dict[tuple[str | None, str | None, str], list[Envelope]] = {}
        self._messages: dict[tuple[str, str], Envelope] = {}
        for one in envelopes:
            data = data_of(one)
            for purpose in data.get("purposes", ()):
                if one.type == "MessageErased":
                    self._messages[data["event"], purpose] = one
                else:
                    whose = None if purpose == "address" else data["subject"]
                    self._subjects.setdefault((whose, data["contract"], purpose), []).append(one)

    def covering(self, parts: Envelope, field: str) -> Envelope | None:
        """Return the erasure that covers a field, None when none does."""
        said = parts.sealed[field]
        purpose = said.purpose.value
        if (found := self._messages.get((str(parts.id), purpose))) is not None:
            return found
        whose = None if purpose == "address" else str(said.subject)
        number = parts.contract.number if parts.contract else None
        known = self._subjects.get((whose, number, purpose), ())
        return next((one for one in known if one.position >= parts.position), None)
