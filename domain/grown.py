"""A map that only grows, as a value: adding returns a new map in constant time.

States are values, yet a ticket may have ten thousand messages: copying a dict for each would make
folding quadratic. Maps that grew from one another share one dict; each knows how many of its
entries, in order of insertion, are its own. Adding to a map that already grew on elsewhere copies.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Generic, TypeVar, cast

K = TypeVar("K")
V = TypeVar("V")


class Grown(Generic[K, V]):
    """An immutable map with cheap `plus`; keys are never removed nor given another value."""

    __slots__ = ("_shared", "_size")

    def __init__(self) -> None:
        self._shared: dict[K, tuple[int, V]] = {}
        self._size = 0

    def plus(self, key: K, value: V) -> "Grown[K, V]":
        """Return the map with one entry more; a key already there keeps its value."""
        if key in self:
            return self
        grown: Grown[K, V] = Grown()
        grown._shared = self._shared
        if len(self._shared) != self._size:
            grown._shared = dict(islice(self._shared.items(), self._size))
        grown._shared[key] = (self._size, value)
        grown._size = self._size + 1
        return grown

    def get(self, key: K) -> V | None:
        """Return the key's value, None if it is not there."""
        entry = self._shared.get(key)
        return entry[1] if entry is not None and entry[0] < self._size else None

    def __contains__(self, key: object) -> bool:
        entry = self._shared.get(cast("K", key))
        return entry is not None and entry[0] < self._size

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[K]:
        return islice(self._shared, self._size)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Grown):
            return NotImplemented
        return dict(self._items()) == dict(other._items())

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Grown({dict(self._items())})"

    def _items(self) -> Iterator[tuple[K, V]]:
        return ((key, entry[1]) for key, entry in islice(self._shared.items(), self._size))
