"""A reply is believed for the data it is over, from those who are believed, unaltered."""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from domain.errors import Integrity, LedgerError, Malformed
from infra.timestamps import Trust, read_stamp
from projections.stamping import without_cosignatures
from projections.stamps import Proof, Renewal, Stamps, listing

FIXTURES = Path(__file__).parents[1] / "fixtures" / "timestamps"
TRUST = Trust.read(FIXTURES / "trusted.pem")
STAMPS = Stamps(FIXTURES / "data", 1)
SEVEN = STAMPS.stamped(7)


def proof(size: int) -> Proof:
    found = STAMPS.stamps_for(size)
    assert found is not None
    return found


def test_a_good_reply_says_when_by_whom_and_until_when() -> None:
    stamp = TRUST.check(SEVEN.reply, SEVEN.note)
    assert stamp.authority == "CN=Test authority"
    assert stamp.time == datetime(2026, 11, 22, 0, 22, 55, tzinfo=UTC)
    assert (stamp.ends - stamp.time).days == 60
    assert read_stamp(SEVEN.reply, [TRUST]) == stamp


@pytest.mark.parametrize("name", ["untrusted.tsr", "own-root.tsr"])
def test_an_authority_that_leads_to_no_root_is_not_believed(name: str) -> None:
    reply = (FIXTURES / name).read_bytes()
    assert read_stamp(reply).authority == "CN=Test authority"
    with pytest.raises(Integrity, match="no root that is believed"):
        TRUST.check(reply, SEVEN.note)


def test_a_reply_over_other_data_or_to_another_question_is_not_believed() -> None:
    with pytest.raises(Integrity, match="Mismatch between messages"):
        TRUST.check(SEVEN.reply, SEVEN.note + b" ")
    with pytest.raises(Integrity, match="Nonce"):
        TRUST.check(SEVEN.reply, SEVEN.note, nonce=1)


def test_a_reply_altered_at_any_byte_says_nothing_else() -> None:
    good = TRUST.check(SEVEN.reply, SEVEN.note)
    refused = 0
    for at in range(len(SEVEN.reply)):
        for bits in (0x01, 0x80, 0xFF):
            altered = bytearray(SEVEN.reply)
            altered[at] ^= bits
            try:
                stamp = TRUST.check(bytes(altered), SEVEN.note)
            except LedgerError:
                refused += 1
            else:
                assert (stamp.time, stamp.authority, stamp.ends) == (
                    good.time,
                    good.authority,
                    good.ends,
                ), f"byte {at} ^ {bits}"
    assert refused > 2.9 * len(SEVEN.reply), "only what nobody reads may be altered"


@pytest.mark.parametrize(
    "reply", [b"", b"0", b"garbage", SEVEN.reply[:-1], SEVEN.reply + b"0", b"0\x03\x02\x01\x02"]
)
def test_what_is_no_reply_is_told_so(reply: bytes) -> None:
    for read in (lambda: TRUST.check(reply, SEVEN.note), lambda: read_stamp(reply)):
        with pytest.raises(Malformed):
            read()


def test_a_file_of_certificates_needs_a_root(tmp_path: Path) -> None:
    pem = (FIXTURES / "trusted.pem").read_bytes()
    for content in (b"", b"nonsense", pem[pem.index(b"-----END") :], pem[: len(pem) // 3]):
        (tmp_path / "some.pem").write_bytes(content)
        with pytest.raises(Malformed):
            Trust.read(tmp_path / "some.pem")
    (tmp_path / "some.pem").write_bytes(pem[pem.index(b"-----BEGIN", 10) :])
    with pytest.raises(Malformed, match="no root"):
        Trust.read(tmp_path / "some.pem")
    with pytest.raises(Malformed, match="No such file"):
        Trust.read(tmp_path / "missing.pem")


def test_the_earliest_stamp_that_covers_a_size_comes_with_its_renewals() -> None:
    assert STAMPS.sizes() == [7, 12]
    for size, covering in ((1, 7), (7, 7), (8, 12), (12, 12)):
        found = proof(size)
        assert found.stamped.size == covering
        assert [one.number for one in found.renewals] == [1]
        assert found.check(TRUST).time == datetime(2026, 11, 22, 0, 22, 55, tzinfo=UTC)
    assert STAMPS.stamps_for(13) is None
    assert Stamps(FIXTURES / "data", 2).stamps_for(1) is None


def test_pages_follow_each_other() -> None:
    first, more = STAMPS.page(1, 1)
    assert ([one.size for one in first], more) == ([7], 12)
    second, end = STAMPS.page(12, 1)
    assert ([one.size for one in second], end) == ([12], None)


def test_a_list_is_what_sha256sum_writes() -> None:
    written = listing({"a": b"1", "b": b"2"}).decode()
    assert written == f"{sha256(b'1').hexdigest()}  a\n{sha256(b'2').hexdigest()}  b\n"
    assert STAMPS.renewals()[0].names == {"7.note", "7.tsr", "12.note", "12.tsr"}


def test_a_renewal_that_does_not_list_what_it_renews_proves_nothing() -> None:
    one = proof(7)
    twelve = STAMPS.stamped(12)
    wrong = Renewal(1, listing(twelve.files), one.renewals[0].reply)
    with pytest.raises(Integrity, match="does not list"):
        Proof(one.stamped, (wrong,)).check(TRUST)
    longer = Renewal(1, one.renewals[0].listed + b"\n", one.renewals[0].reply)
    with pytest.raises(Integrity, match="Mismatch"):
        Proof(one.stamped, (longer,)).check(TRUST)


def test_what_a_stamp_is_over_has_no_line_of_a_witness() -> None:
    line = "— witness.example.net AAAAAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
    assert without_cosignatures(SEVEN.note + line.encode() * 2) == SEVEN.note
    assert without_cosignatures(SEVEN.note) == SEVEN.note
