"""What verification of a range of positions leaves: its leaves, its ends, what is wrong in it."""

from dataclasses import dataclass, field
from typing import NamedTuple

from domain.merkle import HASH_BYTES
from infra.fsck.chains import Chains
from infra.fsck.findings import Finding, Kind


@dataclass(frozen=True, slots=True)
class Span:
    """The positions after `after` up to `upto`; of a sample only `chosen` are read closely."""

    after: int
    upto: int
    chosen: frozenset[int] | None = None


class Edge(NamedTuple):
    """The event at one end of a range; `recorded` in microseconds."""

    position: int
    epoch: int
    recorded: int

    def before(self, later: "Edge") -> Finding | None:
        """Say what is wrong with a later event's epoch or time."""
        if later.epoch < self.epoch:
            detail = f"epoch {later.epoch} after epoch {self.epoch}"
        elif later.recorded < self.recorded:
            detail = f"recorded before position {self.position}"
        else:
            return None
        return Finding(later.position, Kind.POSITION, detail)


@dataclass(slots=True)
class Verified:
    """What a range holds, and what is wrong in it.

    `leaves` are the leaf hashes of its positions, one after the other, zeroes where none is;
    `epochs` are (epoch, position) of its first event and of the first of each later epoch.
    """

    span: Span
    leaves: bytearray = field(default_factory=bytearray)
    checked: int = 0
    findings: list[Finding] = field(default_factory=list)
    streams: Chains = field(default_factory=lambda: Chains(Kind.STREAM))
    contracts: Chains = field(default_factory=lambda: Chains(Kind.CONTRACT))
    epochs: list[tuple[int, int]] = field(default_factory=list)
    first: Edge | None = None
    last: Edge | None = None

    @property
    def expected(self) -> int:
        """The position after those whose leaves are known."""
        return max(0, self.span.after) + len(self.leaves) // HASH_BYTES + 1

    def stand(self, position: int, leaf: bytes) -> None:
        """Take the leaf hash of the next row."""
        if position < 1:
            detail = "positions begin with 1"
        elif position < self.expected:
            detail = "the position is taken twice"
        else:
            self.lack(position)
            self.leaves += leaf
            return
        self.findings.append(Finding(position, Kind.POSITION, detail))

    def lack(self, position: int) -> None:
        """Take note that nothing stands before this position that was not taken yet."""
        missing = position - self.expected
        if missing > 0:
            detail = f"no event up to position {position - 1}"
            self.findings.append(Finding(self.expected, Kind.POSITION, detail))
            self.leaves += bytes(missing * HASH_BYTES)

    def pass_by(self, edge: Edge) -> None:
        """Take note of the next event's epoch and time."""
        if self.last is None or edge.epoch > self.last.epoch:
            self.epochs.append((edge.epoch, edge.position))
        if self.last and (wrong := self.last.before(edge)):
            self.findings.append(wrong)
        self.first, self.last = self.first or edge, edge
