"""How much of a mail is read: one place for every bound, and the parser's policy that keeps them.

The standard library's parser has none of its own. Its hooks are called for every header and every
part as it goes along, so that what is too much is refused before it is worked on.
"""

from collections.abc import Sequence
from email.message import EmailMessage, Message
from email.policy import EmailPolicy
from typing import Any, Final

from domain.errors import Malformed
from domain.limits import ATTACHMENTS_PER_MESSAGE, HEADERS

HEADER_BYTES: Final = HEADERS
"""Bytes of the headers of a mail, or of one of its parts."""

HEADER_COUNT: Final = 1_000
"""Headers of a mail and of all its parts."""

LINES: Final = 600_000
PARTS: Final = 200
DEPTH: Final = 10
FILES: Final = ATTACHMENTS_PER_MESSAGE

INTERPRETED: Final = 2_000
"""Characters of a header that are interpreted: what stands behind them is kept, and not read."""

STRUCTURE: Final = 30_000
"""Characters of different headers that say how a mail and its parts are built: each is dear."""

_STRUCTURE: Final = frozenset(
    {"content-type", "content-disposition", "content-transfer-encoding", "mime-version"}
)


class Budget:
    """What a mail may still have."""

    def __init__(self) -> None:
        self.headers = HEADER_COUNT
        self.parts = PARTS
        self.structure = STRUCTURE
        self.interpreted: dict[tuple[str, str], Any] = {}

    def header(self, lines: Sequence[str]) -> None:
        """Take a header; raise Malformed for one too many or too long."""
        self.headers -= 1
        if self.headers < 0:
            raise Malformed(f"has more than {HEADER_COUNT} headers")
        if sum(map(len, lines)) > HEADER_BYTES:
            raise Malformed(f"has a header of more than {HEADER_BYTES} bytes")

    def interpret(self, name: str, value: str) -> None:
        """Take a header that is to be interpreted; raise Malformed for one too long or too many."""
        if len(value) > INTERPRETED:
            raise Malformed(f"is longer than {INTERPRETED} characters", name.title())
        self.structure -= len(value)
        if self.structure < 0:
            raise Malformed(f"has more than {STRUCTURE} characters that say how it is built")

    def part(self) -> None:
        """Take a part; raise Malformed for one too many."""
        self.parts -= 1
        if self.parts < 0:
            raise Malformed(f"has more than {PARTS} parts")


class Bounded(EmailPolicy):
    """The default policy within a budget."""

    budget: Budget | None = None

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Take one header into the message."""
        if self.budget is not None:
            self.budget.header(sourcelines)
        return super().header_source_parse(sourcelines)

    def header_fetch_parse(self, name: str, value: str) -> Any:
        """Interpret one header, each only once: the library asks for it again and again."""
        if self.budget is None or name.lower() not in _STRUCTURE:
            return super().header_fetch_parse(name, value)
        known = self.budget.interpreted
        if (name, value) not in known:
            self.budget.interpret(name, value)
            known[name, value] = super().header_fetch_parse(name, value)
        return known[name, value]


class Part(EmailMessage):
    """A mail or a part of one, as deep as it lies."""

    depth = 0

    def __init__(self, policy: Bounded) -> None:
        super().__init__(policy)
        if policy.budget is not None:
            policy.budget.part()

    def attach(self, payload: Message) -> None:  # type: ignore[override] # the parser's only use
        """Take a part inside this one; raise Malformed where it lies too deep."""
        if isinstance(payload, Part):
            payload.depth = self.depth + 1
            if payload.depth > DEPTH:
                raise Malformed(f"has parts within parts, more than {DEPTH} deep")
        super().attach(payload)  # type: ignore[arg-type] # what it takes is a message


def bounded_policy() -> Bounded:
    """Return the policy for reading one mail."""
    options: dict[str, Any] = {"budget": Budget(), "message_factory": Part, "refold_source": "none"}
    policy: Bounded = Bounded(**options)
    return policy
