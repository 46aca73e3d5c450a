"""A mail as it was read: what was said, by whom, and what servers said of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.mail.report import Report


@dataclass(frozen=True, slots=True)
class File:
    """A file that came with a mail, and what its sender called it."""

    name: str
    claimed_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """A mail.

    `headers` is their text as it came; `fields` their values by lower-case name, in order.
    `sender` is the first address in From, `returned_to` that of the envelope: empty for a mail from
    nobody, None where no header says it or it is no address. `text` is plain and may be blank.
    `report` is there for multipart/report alone. `essence` is what makes it the same mail.
    """

    size: int
    digest: str
    headers: str
    fields: Mapping[str, tuple[str, ...]]
    sender: str | None
    name: str | None
    returned_to: str | None
    subject: str
    text: str
    files: tuple[File, ...]
    report: Report | None
    essence: bytes

    def first(self, name: str) -> str:
        """Return the first value of a header, empty without one."""
        return next(iter(self.fields.get(name, ())), "")
