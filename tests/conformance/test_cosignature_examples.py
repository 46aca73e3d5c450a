"""Cosignatures are what C2SP tlog-cosignature says, its own example included."""

from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.errors import Integrity, Malformed
from infra.cosignatures import COSIGNATURE, cosignatures, cosigned_message, witness_key
from infra.notes import Signer, Verifier, parse_note

TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
EXAMPLE = TEXT + (
    "\n— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv"
    "2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2o"
    "yin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
MESSAGE = f"cosignature/v1\ntime 1679315147\n{TEXT}"
AT = 1_679_315_147


def private(seed: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


def verifier(name: str, seed: int) -> Verifier:
    return Verifier(name, private(seed).public_key().public_bytes_raw(), COSIGNATURE)


def line(name: str, seed: int, at: int = AT, text: str = TEXT) -> str:
    """Return a cosignature, written without the code that is tested."""
    value = at.to_bytes(8, "big") + private(seed).sign(
        f"cosignature/v1\ntime {at}\n{text}".encode()
    )
    return f"— {name} {b64encode(verifier(name, seed).id + value).decode()}\n"


NOTE = TEXT + "\n" + Signer("example.com/behind-the-sofa", private(9)).line(TEXT.encode())


def test_the_example_has_the_time_and_the_lengths_of_the_specification() -> None:
    signature = parse_note(EXAMPLE.encode()).signatures[1]
    assert int.from_bytes(signature.value[:8], "big") == AT
    assert len(signature.value) == 8 + 64
    assert cosigned_message(TEXT, AT) == MESSAGE.encode()


def test_a_cosignature_is_found_and_written_as_it_was() -> None:
    mine, other = line("w.example/1", 1), line("w.example/2", 2)
    note = (NOTE + other + mine).encode()
    found = cosignatures(note, [verifier("w.example/1", 1), verifier("w.example/2", 2)])
    assert [one.at for one in found] == [AT, AT]
    assert [one.line.decode() for one in found] == [mine, other], "in the order of the witnesses"


def test_others_are_ignored_even_under_a_name_or_a_key_that_is_known() -> None:
    note = (NOTE + line("w.example/1", 2) + line("w.example/2", 1)).encode()
    assert cosignatures(note, [verifier("w.example/1", 1)]) == []


def test_one_witness_counts_once() -> None:
    note = (NOTE + line("w.example/1", 1) + line("w.example/1", 1, AT + 1)).encode()
    assert len(cosignatures(note, [verifier("w.example/1", 1)])) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        line("w.example/1", 1, text="example.com/behind-the-sofa\n1\nAAAA\n"),
        line("w.example/1", 1, at=0),
        line("w.example/1", 1, at=2**63),
    ],
)
def test_a_known_witness_that_signed_something_else_is_refused(wrong: str) -> None:
    with pytest.raises(Integrity):
        cosignatures((NOTE + wrong).encode(), [verifier("w.example/1", 1)])


def test_the_time_is_part_of_what_is_signed() -> None:
    raw = bytearray(b64decode(line("w.example/1", 1).split()[2]))
    raw[11] ^= 1
    later = f"— w.example/1 {b64encode(raw).decode()}\n"
    with pytest.raises(Integrity):
        cosignatures((NOTE + later).encode(), [verifier("w.example/1", 1)])


def test_a_key_of_plain_signatures_is_no_witness() -> None:
    vkey = verifier("w.example/1", 1).vkey
    assert witness_key(vkey).vkey == vkey
    plain = Signer("w.example/1", private(1)).verifier
    with pytest.raises(Malformed, match="type 4"):
        witness_key(plain.vkey)
    assert plain.id != verifier("w.example/1", 1).id
