"""The head of a chain: its text says one thing only, and shows what was left out."""

from dataclasses import replace
from hashlib import sha256
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.checkout import ROOT

from domain.chainhead import (
    ChainHead,
    ChainLink,
    chain_text,
    check_chain,
    parse_chain,
    parse_chain_head,
)
from domain.checkpoint import TreeHead, parse_tree_head
from domain.errors import Integrity, Malformed
from domain.stream import Stream, StreamKind
from infra.chainheads import head_key, open_chain_head
from infra.notes import Signer, open_note

ORIGIN = "log.example.net/1"
TICKET = Stream(StreamKind.TICKET, UUID("019b7ca9-8f2e-7dca-be71-7b1f64eb1410"))
LEAVES = [sha256(bytes([number])).digest() for number in range(4)]
HEAD = ChainHead(ORIGIN, "C-1001", 4, 70, LEAVES[3], 81, sha256(b"root").digest())
LINKS = [
    ChainLink(number + 1, LEAVES[number - 1] if number else None, leaf)
    for number, leaf in enumerate(LEAVES)
]


@pytest.mark.parametrize("head", [HEAD, replace(HEAD, chain=TICKET)])
def test_a_head_is_read_as_it_was_written(head: ChainHead) -> None:
    assert parse_chain_head(head.text()) == head


def test_the_text_is_the_one_of_the_format() -> None:
    assert replace(HEAD, chain=TICKET).text() == (
        "log.example.net/1/head\n"
        "stream ticket 019b7ca9-8f2e-7dca-be71-7b1f64eb1410\n"
        "count 4\n"
        "position 70\n"
        f"last {LEAVES[3].hex()}\n"
        "size 81\n"
        f"root {HEAD.root.hex()}\n"
    )


def test_a_head_is_no_checkpoint_and_a_checkpoint_no_head() -> None:
    with pytest.raises(Malformed):
        parse_tree_head(HEAD.text())
    with pytest.raises(Malformed):
        parse_chain_head(TreeHead(HEAD.name, 81, HEAD.root).text())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/head\n", "\n"),
        ("contract C-1001", "contract C 1001"),
        ("contract C-1001", "contract "),
        ("contract C-1001", "81"),
        ("contract C-1001", "stream ticket 019B7CA9-8F2E-7DCA-BE71-7B1F64EB1410"),
        ("contract C-1001", "stream letter 019b7ca9-8f2e-7dca-be71-7b1f64eb1410"),
        ("count 4", "count 04"),
        ("count 4", "count 0"),
        ("count 4", "count 71"),
        ("count 4", "count +4"),
        ("position 70", "position 82"),
        ("size 81", "size 69"),
        ("last ", "last  "),
        (LEAVES[3].hex(), LEAVES[3].hex().upper()),
        (LEAVES[3].hex(), LEAVES[3].hex()[2:]),
        ("root ", "more\nroot "),
        ("size 81\n", ""),
    ],
)
def test_what_is_not_in_the_form_is_refused(old: str, new: str) -> None:
    text = HEAD.text()
    assert old in text
    with pytest.raises(Malformed):
        parse_chain_head(text.replace(old, new, 1))


@pytest.mark.parametrize("text", [HEAD.text()[:-1], HEAD.text() + "\n", HEAD.text() + "more\n", ""])
def test_nothing_may_be_missing_or_follow(text: str) -> None:
    with pytest.raises(Malformed):
        parse_chain_head(text)


@pytest.mark.parametrize("chain", ["C-1001", TICKET])
def test_a_chain_is_named_by_its_text(chain: str | Stream) -> None:
    assert parse_chain(chain_text(chain)) == chain


def test_a_signed_head_opens_with_a_key_of_its_log_alone() -> None:
    private = Ed25519PrivateKey.generate()
    key = Signer(ORIGIN, private).verifier
    note = Signer(HEAD.name, private).sign(HEAD.text()).encode()
    assert open_chain_head(note, [key]) == HEAD
    other = Signer(ORIGIN, Ed25519PrivateKey.generate()).verifier
    with pytest.raises(Integrity, match="no key that is trusted"):
        open_chain_head(note, [other])
    with pytest.raises(Integrity, match="no key is trusted for the log"):
        open_chain_head(note, [replace(key, name="log.example.net/2")])
    with pytest.raises(Integrity, match="does not fit"):
        open_chain_head(note.replace(b"count 4", b"count 3"), [key])


def test_the_key_of_heads_is_not_the_one_of_checkpoints() -> None:
    private = Ed25519PrivateKey.generate()
    key = Signer(ORIGIN, private).verifier
    assert head_key(key).id != key.id
    with pytest.raises(Integrity):
        open_note(Signer(HEAD.name, private).sign(HEAD.text()).encode(), [key])
    checkpoint = Signer(ORIGIN, private).sign(TreeHead(ORIGIN, 81, HEAD.root).text()).encode()
    with pytest.raises(Malformed):
        open_chain_head(checkpoint, [key])


def test_the_whole_chain_leads_to_its_head() -> None:
    check_chain(HEAD, LINKS)


@pytest.mark.parametrize(
    ("links", "said"),
    [
        (LINKS[:3], "the head says 4 events, here are 3"),
        (LINKS[1:], "event 1 is missing"),
        (LINKS[:1] + LINKS[2:], "event 2 is missing"),
        ([*LINKS, ChainLink(5, LEAVES[3], LEAVES[0])], "the head says 4 events, here are 5"),
        ([LINKS[0], replace(LINKS[1], previous=LEAVES[2]), *LINKS[2:]], "event 2 does not follow"),
        ([LINKS[0], replace(LINKS[1], leaf=LEAVES[0]), *LINKS[2:]], "event 3 does not follow"),
        ([*LINKS[:3], replace(LINKS[3], leaf=LEAVES[0])], "ends with another event"),
        ([], "the head says 4 events, here are 0"),
    ],
)
def test_what_is_left_out_put_in_or_changed_shows(links: list[ChainLink], said: str) -> None:
    with pytest.raises(Integrity, match=said):
        check_chain(HEAD, links)


def test_the_example_of_the_format_is_a_head() -> None:
    page = (ROOT / "docs" / "format.md").read_text("utf-8")
    example = page.split("```head\n")[1].split("```")[0]
    head = parse_chain_head(example)
    assert (head.origin, head.chain, head.count) == (ORIGIN, "CN-1001", 3)
    assert head.text() == example
