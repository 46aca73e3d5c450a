"""Chains: every event names the one before it in its stream and in its contract.

A range of positions is checked by itself. What its first events of a chain follow lies in earlier
ranges, so these are kept and checked when the ranges are joined, in order.
"""

from infra.fsck.findings import Finding, Kind

Head = tuple[int, int, bytes]
"""The last event of a chain: position, number in the chain, leaf hash as hex."""

START: Head = (0, 0, b"")


Link = tuple[int, int, bytes, bytes]
"""An event in a chain: position, its number there from 1, what it says is the hash before it, its
own; hashes are hex, b"" for none."""


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
        self.heads[name] = (link[0], link[1], link[3])
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
        before, count, leaf = head
        position, number, previous, _ = link
        if number != count + 1:
            after = f"after {self._number} {count} at position {before}"
            detail = f"{self._number} {number} comes {after if count else 'first'}"
            return Finding(position, self.kind, detail)
        if previous != leaf:
            detail = (
                f"its previous hash is not that of position {before}"
                if count
                else "the first of its chain names a previous hash"
            )
            return Finding(position, self.kind, detail)
        return None
