"""Drawing one of several people: a pure function of randomness that anybody can repeat."""

from collections.abc import Collection
from hashlib import sha256
from uuid import UUID


def draw(candidates: Collection[UUID], randomness: str) -> UUID:
    """Return the candidate with the smallest SHA-256 of randomness and id; their order is nothing.

    Whoever leaves the candidates changes the draw only if they were drawn. Raises ValueError
    without candidates.
    """
    return min(candidates, key=lambda one: sha256(f"{randomness}/{one}".encode()).digest())
