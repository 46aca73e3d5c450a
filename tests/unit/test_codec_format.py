"""docs/format.md says what the bytes are: its example is checked by code that is not the codec's.

Only the standard library and AES-GCM are used here, as somebody else would.
"""

import hashlib
import hmac
import json
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from support.envelopes import FIXTURES, fixed_codec
from support.format_example import EVENT, example

PAGE = (Path(__file__).parents[2] / "docs" / "format.md").read_text("utf-8")
ENVELOPE = re.findall(r"```envelope\n(.*)\n```", PAGE)[0]
ROW = dict(
    line.split(maxsplit=1) for line in re.findall(r"```sealed\n([^`]*)\n```", PAGE)[0].splitlines()
)
EVENT_OF_PAGE = json.loads(ENVELOPE)
MEMBERS = [
    name
    for row in re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", PAGE, re.MULTILINE)
    for name in re.findall(r"\w+", row)
]


def lp(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def utf8(*texts: str) -> list[bytes]:
    return [text.encode() for text in texts]


def test_the_example_is_what_the_codec_writes() -> None:
    written = example()
    assert written.pop("envelope") == ENVELOPE
    assert written == ROW


def test_the_example_is_read_as_what_it_says() -> None:
    with fixed_codec("reader") as codec:
        recorded = codec.check(ENVELOPE.encode())
    assert type(recorded.event) is type(EVENT)
    assert recorded.event.message == EVENT.message
    assert (recorded.position, recorded.version, recorded.contract) == (42, 2, ("CN-1001", 3))


def test_the_leaf_hash_is_the_pages() -> None:
    assert hashlib.sha256(b"\0" + ENVELOPE.encode()).hexdigest() in PAGE


def test_the_page_names_every_member_in_order() -> None:
    assert [name for name in MEMBERS if name != "occurred_at"] == list(EVENT_OF_PAGE)
    late = json.loads((FIXTURES / "TagAdded.1.json").read_text("utf-8"))["cases"][0]["envelope"]
    assert list(json.loads(late)) == MEMBERS


def test_the_sealed_field_opens_by_the_pages_words_alone() -> None:
    event, stream = EVENT_OF_PAGE, EVENT_OF_PAGE["stream"]
    bound = lp(
        *utf8(
            "ledger/sealed/v1",
            event["ledger"]["id"],
            event["id"],
            stream["kind"],
            stream["id"],
            "text",
            ROW["key_id"],
        )
    )
    key, nonce, ciphertext = (bytes.fromhex(ROW[name]) for name in ("key", "nonce", "ciphertext"))
    assert (len(key), len(nonce)) == (32, 12)
    plain = AESGCM(key).decrypt(nonce, ciphertext, bound)
    salt, text = plain[:32], plain[32:]
    assert text.decode() == ROW["text"]
    said = lp(*utf8("ledger/commitment/v1", event["id"], "text"), text)
    assert hmac.digest(salt, said, "sha256").hex() == event["sealed"]["text"]["commitment"]


def envelopes() -> list[str]:
    return [
        case["envelope"]
        for path in sorted(FIXTURES.glob("*.json"))
        for case in json.loads(path.read_text("utf-8"))["cases"]
    ]


def walk(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [one for inner in value.values() for one in walk(inner)]
    if isinstance(value, list):
        return [one for inner in value for one in walk(inner)]
    return [value]


ID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
STRING = re.compile(rf"{ID}|{TIME}|[A-Za-z0-9._-]{{1,64}}")


@pytest.mark.parametrize("envelope", envelopes(), ids=range(len(envelopes())))
def test_every_fixture_keeps_the_pages_rules(envelope: str) -> None:
    assert re.fullmatch(r"[!-\[\]-~]+", envelope)
    assert json.dumps(json.loads(envelope), separators=(",", ":"), ensure_ascii=True) == envelope
    order = [name for name in MEMBERS if name in json.loads(envelope)]
    assert list(json.loads(envelope)) == order
    assert set(MEMBERS) - set(order) <= {"occurred_at"}
    for value in walk(json.loads(envelope)):
        assert value is None or isinstance(value, int) or STRING.fullmatch(value)
