"""Chains: every event names the one before it in its stream and in its contract.

A range of positions is checked by itself. What its first events of a chain follow lies in earlier
ranges, so these are kept and checked when the ranges are joined, in order.
"""

from typing import NamedTuple

from infra.fsck.findings import Finding, Kind


class Link(NamedTuple):
    """An event in a chain: its number there from 1, and what it says is the hash before it."""

    position: int
    number: int
    previous: bytes | None
    leaf: bytes


class Head(NamedTuple):
    """The last event of a chain."""

    position: int
    number: int
    leaf: bytes


START = Head(0, 0, b"")


class Chains:
    """All chains of one kind over consecutive positions; memory grows with their number."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.firsts: dict[bytes, Link] = {}
        self.heads: dict[bytes, Head] = {}
        self._number = "version" if kind is Kind.STREAM else "count"

    def follow(self, name: bytes, link: Link) -> Finding | None:
        """Take the next event of a chain; say what is wrong with its place."""
        head = self.heads.get(name)
        self.heads[name] = Head(link.position, link.number, link.leaf)
        if head is None:
            self.firsts[name] = link
            return None
        return self._compare(head, link)

    def join(self, later: "Chains") -> list[Finding]:
        """Take the chains of the following positions; return what does not fit these."""
        found = [
            self._compare(self.heads.get(name, START), link) for name, link in later.firsts.items()
        ]
        self.heads.update(later.heads)
        return [finding for finding in found if finding]

    def _compare(self, head: Head, link: Link) -> Finding | None:
        if link.number != head.number + 1:
            after = f"after {self._number} {head.number} at position {head.position}"
            detail = f"{self._number} {link.number} comes {after if head.number else 'first'}"
            return Finding(link.position, self.kind, detail)
        if link.previous != (head.leaf or None):
            detail = (
                f"its previous hash is not that of position {head.position}"
                if head.number
                else "the first of its chain names a previous hash"
            )
            return Finding(link.position, self.kind, detail)
        return None
