"""Shapes pass nothing that the strict reading refuses, and what they are there for."""

import json
import re
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest

from domain.errors import Malformed
from infra.envelope import parse
from infra.exact import require_exact
from infra.forms import FORMS
from infra.fsck.shapes import _TIME, COMMAND, Shapes, is_flat
from infra.reading import recorded_of

EXAMPLE = (Path(__file__).parents[2] / "docs" / "format.md").read_bytes()
LONGEST = b"9007199254740991"
"""Numbers of more than 15 digits are left to the strict reading."""
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


def quick(shapes: Shapes, envelope: bytes, actor: bytes) -> bool:
    """Say whether a shape passes an envelope whose columns say what it says up to `origin`."""
    try:
        parts = parse(envelope)
    except Malformed:
        return False
    begin, _, _ = envelope.partition(b',"origin":')
    at = shapes.after_who(envelope, begin + b',"origin":', actor)
    kind = f"{parts.type} {parts.type_version}".encode()
    return any(shape.match(envelope, at) for shape in shapes.known.get(kind, ()))


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_shapes_pass_nothing_that_the_strict_reading_refuses(path: Path) -> None:
    for case in json.loads(path.read_text("utf-8"))["cases"]:
        envelope = case["envelope"].encode()
        shapes = Shapes()
        actor = str(shapes.learn(parse(envelope), envelope)).encode()
        simple = case_is_flat(envelope) and LONGEST not in envelope
        assert quick(shapes, envelope, actor) == simple
        assert compare(shapes, envelope, actor) > len(OLD_AND_NEW)


def case_is_flat(envelope: bytes) -> bool:
    parts = parse(envelope)
    form = FORMS[parts.type]
    return is_flat(form.cls) and parts.type_version == form.version


def compare(shapes: Shapes, good: bytes, actor: bytes) -> int:
    """Change an envelope in many ways behind `origin`; return how many are refused."""
    refused = 0
    for old, new in OLD_AND_NEW:
        at = good.find(old, good.index(b',"origin":'))
        while at >= 0:
            changed = good[:at] + new + good[at + len(old) :]
            expected = strict(changed)
            refused += not expected
            assert expected or not quick(shapes, changed, actor), changed
            at = good.find(old, at + 1)
    return refused


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"index":1,"count":1}', b'"index":2,"count":3}'),
        (b'"index":1,"count":1}', b'"index":9,"count":17}'),
        (b'"causation_id":null', b'"causation_id":"019b7ca9-8f2e-7577-b0c4-f4ee4f887ec9"'),
        (b'{"kind":"live"}', b'{"kind":"imported","source":"csv","row":7}'),
        (b'"language":"en"', b'"language":"ru-RU"'),
        (b'"attachments":[]', b'"attachments":["019b7ca9-8f2e-7577-b0c4-f4ee4f887ec9"]'),
    ],
)
def test_events_of_a_known_shape_pass_whatever_their_values(old: bytes, new: bytes) -> None:
    envelope = EXAMPLE.partition(b"```envelope\n")[2].partition(b"\n")[0]
    shapes = Shapes()
    actor = str(shapes.learn(parse(envelope), envelope)).encode()
    assert old in envelope
    assert quick(shapes, envelope.replace(old, new), actor)
    assert not quick(shapes, envelope.replace(old, new), str(uuid4()).encode())
    assert not quick(shapes, envelope.replace(COMMAND, COMMAND + b"0"), actor)


def test_times_pass_only_when_there_is_such_a_day() -> None:
    time = re.compile(_TIME)
    for month in range(14):
        for day in range(33):
            text = f"2027-{month:02}-{day:02}T00:00:00.000000Z"
            try:
                datetime.fromisoformat(text)
            except ValueError:
                assert not time.fullmatch(f'"{text}"')
            else:
                assert time.fullmatch(f'"{text}"')
    assert not time.fullmatch('"0000-01-01T00:00:00.000000Z"')
