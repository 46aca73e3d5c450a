"""The specifications' own examples of notes and checkpoints."""

from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.checkpoint import TreeHead, parse_tree_head
from domain.errors import Integrity, Malformed
from infra.notes import Signer, Verifier, open_note, parse_note

VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXm"
    "RKuwHjG1Yu72IneyaQM=\n"
)
CHECKPOINT = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv"
    "2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
ROOT = b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")


def test_the_example_key_verifies_the_example_note() -> None:
    assert open_note(NOTE.encode(), [Verifier.parse(VKEY)]) == "This is an example message.\n"


def test_a_verifier_key_is_written_as_it_was_read() -> None:
    assert Verifier.parse(VKEY).vkey == VKEY


def test_a_changed_note_is_refused() -> None:
    with pytest.raises(Integrity, match="does not fit"):
        open_note(
            NOTE.replace("example message", "another message").encode(), [Verifier.parse(VKEY)]
        )


def test_a_note_that_nobody_trusted_signed_is_refused() -> None:
    other = Signer("example.com/bar", Ed25519PrivateKey.generate()).verifier
    with pytest.raises(Integrity, match="no key that is trusted"):
        open_note(NOTE.encode(), [other])


def test_a_key_of_the_same_name_is_another_key() -> None:
    other = Signer("example.com/foo", Ed25519PrivateKey.generate()).verifier
    assert open_note(NOTE.encode(), [other, Verifier.parse(VKEY)])


def test_a_key_whose_id_does_not_fit_is_refused() -> None:
    with pytest.raises(Malformed, match="id does not fit"):
        Verifier.parse(VKEY.replace("530d903a", "530d903b"))


def test_the_example_checkpoint_is_read_and_written_the_same() -> None:
    text = parse_note(CHECKPOINT.encode()).text
    head = parse_tree_head(text)
    assert head == TreeHead("example.com/behind-the-sofa", 20852163, ROOT)
    assert head.text() == text


def test_what_is_signed_here_opens_with_its_key_alone() -> None:
    signer = Signer("ledger.example/log", Ed25519PrivateKey.generate())
    note = signer.sign(TreeHead("ledger.example/log", 7, ROOT).text()).encode()
    assert parse_tree_head(open_note(note, [Verifier.parse(signer.verifier.vkey)])).size == 7
    with pytest.raises(Integrity):
        open_note(note, [Verifier.parse(VKEY)])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\n\nno signature\n",
        "text\n\n— name !!!!\n".encode(),
        "text\n\n— name AAAA\n".encode(),
        "text\x07\n\n— name AAAAAAAA\n".encode(),
        b"\xff\n\n\xe2\x80\x94 name AAAAAAAA\n",
        b"x" * 262_145,
    ],
)
def test_what_is_no_signed_note_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        parse_note(raw)


@pytest.mark.parametrize(
    "text",
    [
        "origin\n1\n",
        "origin\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n9223372036854775808\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
        "origin\n1\nAAAA\n",
        "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
    ],
)
def test_what_is_no_tree_head_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse_tree_head(text)
