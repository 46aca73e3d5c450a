"""The quick reading of envelopes passes and refuses exactly what the strict one does."""

import json
from pathlib import Path

import pytest

from domain.errors import Malformed
from infra.envelope import parse
from infra.exact import require_exact
from infra.forms import FORMS
from infra.fsck.quick import Quick
from infra.reading import recorded_of

FIXTURES = sorted((Path(__file__).parents[1] / "fixtures" / "envelopes").glob("*.json"))
OLD_AND_NEW = [
    (b'"', b' "'),
    (b"-7", b"-A"),
    (b"a", b"A"),
    (b"1", b"01"),
    (b"1", b"1.0"),
    (b"0", b"f"),
    (b"null", b"{}"),
    (b'"id"', b'"ip"'),
    (b"Z", b"+00:00"),
    (b'":"', b'":"0'),
    (b"true", b"1"),
    (b'"sealed":{', b'"sealed":{"more":{},'),
    (b"}", b"},"),
]


def strict(envelope: bytes) -> bool:
    try:
        parts = parse(envelope)
        require_exact(parts, recorded_of(parts, envelope), envelope, FORMS)
    except Malformed:
        return False
    return True


def quick(reader: Quick, envelope: bytes) -> bool:
    try:
        reader.actor_of(parse(envelope), envelope)
    except Malformed:
        return False
    return True


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_the_quick_reading_agrees_with_the_strict_one(path: Path) -> None:
    cases = json.loads(path.read_text("utf-8"))["cases"]
    reader = Quick()
    assert sum(compare(reader, case["envelope"].encode()) for case in cases) > len(OLD_AND_NEW)


def compare(reader: Quick, good: bytes) -> int:
    """Compare the readings of an envelope changed in many ways; return how many are refused."""
    assert quick(reader, good)
    assert quick(reader, good)
    refused = 0
    for old, new in OLD_AND_NEW:
        at = good.find(old)
        while at >= 0:
            changed = good[:at] + new + good[at + len(old) :]
            expected = strict(changed)
            refused += not expected
            assert quick(reader, changed) == expected, changed
            at = good.find(old, at + 1)
    return refused
