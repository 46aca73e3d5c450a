"""Rate limits: each principal has a bucket of its own."""

from uuid import uuid4

import pytest

from api.auth.limits import Limits
from api.problems import TooMany


def test_a_principal_is_stopped_when_the_bucket_is_empty_and_goes_on_when_it_refills() -> None:
    now = [0.0]
    limits = Limits(per_second=2, burst=3, clock=lambda: now[0])
    one, other = uuid4(), uuid4()
    for _ in range(3):
        limits.take(one)
    with pytest.raises(TooMany) as refused:
        limits.take(one)
    assert refused.value.wait == 1
    limits.take(other)
    now[0] = 0.5
    limits.take(one)
    with pytest.raises(TooMany):
        limits.take(one)


def test_a_bucket_never_holds_more_than_a_burst() -> None:
    now = [0.0]
    limits = Limits(per_second=1000, burst=2, clock=lambda: now[0])
    one = uuid4()
    now[0] = 3600.0
    limits.take(one)
    limits.take(one)
    with pytest.raises(TooMany):
        limits.take(one)
