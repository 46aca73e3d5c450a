"""Rate limits: a token bucket for each principal, so that one cannot starve the others."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final
from uuid import UUID

from api.problems import TooMany

_REMEMBERED: Final = 20_000


class Limits:
    """Buckets of `burst` requests, refilled with `per_second`."""

    def __init__(
        self, per_second: int, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = per_second
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[UUID, tuple[float, float]] = OrderedDict()

    def take(self, principal: UUID) -> None:
        """Count a request; raise TooMany when the principal's bucket is empty."""
        now = self._clock()
        left, since = self._buckets.get(principal, (float(self._burst), now))
        left = min(float(self._burst), left + (now - since) * self._rate)
        if left < 1.0:
            raise TooMany(max(1, math.ceil((1.0 - left) / self._rate)))
        self._buckets[principal] = (left - 1.0, now)
        self._buckets.move_to_end(principal)
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
