"""Whatever is recorded fits the published schema of its type; a member more, and it does not."""

import json
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.envelopes import KEK, LEDGER, DerivedStore
from support.published import refused
from support.strategies import COUNTS, DIGESTS, TIMES, events_of, requests

from domain.catalogue import EVENT_TYPES
from infra.codec import Codec
from infra.keys import Keys

CODEC = Codec(LEDGER, Keys(DerivedStore(), KEK))
SOME = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("cls", EVENT_TYPES.values(), ids=EVENT_TYPES)
@SOME
@given(data=st.data())
def test_what_is_recorded_fits_the_published_schema(cls: type, data: st.DataObject) -> None:
    request = data.draw(requests(events_of(cls)))
    positions = count(data.draw(st.integers(1, 2**52)))
    for draft, position in zip(CODEC.prepare(request).drafts, positions, strict=False):
        counted = draft.contract is not None
        envelope = CODEC.finish(
            draft,
            data.draw(COUNTS),
            position,
            draft.version,
            data.draw(DIGESTS),
            data.draw(COUNTS) if counted else None,
            data.draw(DIGESTS) if counted else None,
            data.draw(TIMES),
        )
        said = json.loads(envelope)
        assert not refused(said)
        for place in (said, said["data"], said["sealed"], said["actor"]):
            place["more"] = 1
            assert refused(said)
            del place["more"]
