"""Checkpoints are stamped by an authority that openssl makes, and renewed before they end."""

import json
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from support import authority
from support.authority import Place, Running
from support.stamping import OFTEN, publish, verified_by_openssl

from domain.errors import Integrity
from infra.timestamps import Authority, Trust, read_stamp
from projections.stamping import Pace, Stamper
from projections.stamps import Proof, Renewal, Stamps, listing, stamping_state

WEEK = Pace(0.0, timedelta(days=7))
AT_THE_END = Pace(0.0, timedelta(0))
NOWHERE = "http://127.0.0.1:1/"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    place = Place(tmp_path_factory.mktemp("authorities") / "ours")
    with authority.running(place) as answering:
        yield answering


@pytest.fixture
def ours(shared: Running) -> Running:
    shared.place.mood("good")
    shared.place.certify(3650)
    return shared


def trust(ours: Running) -> Trust:
    return Trust.read(ours.place.trusted)


def proof(data: Path, size: int, epoch: int = 1) -> Proof:
    found = Stamps(data, epoch).stamps_for(size)
    assert found is not None
    return found


def trouble(data: Path) -> str | None:
    state = stamping_state(data)
    assert state is not None
    told: str | None = state["trouble"]
    return told


def test_the_newest_checkpoint_is_stamped_at_once_and_openssl_believes_it(
    ours: Running, tmp_path: Path
) -> None:
    note = publish(tmp_path, 7, more="— witness.example.net AAAAAaaaaaaaaaaaaaaa\n")
    assert Stamper(tmp_path, [ours.authority()], Pace()).turn()
    stamps = Stamps(tmp_path, 1)
    assert stamps.stamped(7).note == note, "as the log signed it, without its witnesses"
    assert verified_by_openssl(stamps.directory, "7", ".note", ours.place.trusted)
    assert abs(proof(tmp_path, 7).check(trust(ours)).time.timestamp() - time.time()) < 60
    state = stamping_state(tmp_path)
    assert state is not None
    assert (state["last"]["size"], state["trouble"], state["failures"]) == (7, None, 0)
    assert 0 <= state["last"]["age"] < 60


def test_the_next_one_is_stamped_when_time_has_passed_and_events_came(
    ours: Running, tmp_path: Path
) -> None:
    now = time.time() - 60  # its clock may well be ahead of ours
    stamper = Stamper(tmp_path, [ours.authority()], Pace(60.0), clock=lambda: now)
    publish(tmp_path, 7)
    assert stamper.turn()
    publish(tmp_path, 9)
    assert stamper.turn()
    assert Stamps(tmp_path, 1).sizes() == [7], "too soon"
    now += 121
    assert stamper.turn()
    now += 121
    asked = ours.place.asked()
    assert stamper.turn()
    assert Stamps(tmp_path, 1).sizes() == [7, 9]
    assert ours.place.asked() == asked, "nothing new to be stamped"


def test_a_new_process_goes_on_where_the_old_one_was(ours: Running, tmp_path: Path) -> None:
    publish(tmp_path, 7)
    Stamper(tmp_path, [ours.authority()], Pace()).turn()
    publish(tmp_path, 9)
    asked = ours.place.asked()
    assert Stamper(tmp_path, [ours.authority()], Pace()).turn()
    assert ours.place.asked() == asked


def test_authorities_are_asked_in_order_until_one_answers_well(
    ours: Running, tmp_path: Path
) -> None:
    publish(tmp_path, 7)
    gone = Authority("gone", NOWHERE, ours.place.trusted)
    missing = Authority("missing", ours.url, tmp_path / "no.pem")
    stamper = Stamper(tmp_path, [gone, missing, ours.authority()], Pace())
    assert stamper.turn()
    assert Stamps(tmp_path, 1).sizes() == [7]
    told = trouble(tmp_path) or ""
    assert told.startswith("gone: it cannot be asked: ConnectError; missing: ")


def test_one_stamp_renews_all_before_their_certificates_end(ours: Running, tmp_path: Path) -> None:
    stamper = Stamper(tmp_path, [ours.authority()], WEEK)
    ours.place.certify(6)
    publish(tmp_path, 7)
    stamper.turn()
    assert "its own certificates end on" in (trouble(tmp_path) or "")
    assert Stamps(tmp_path, 1).renewals() == []
    ours.place.certify(8)
    publish(tmp_path, 9)
    stamper = Stamper(tmp_path, [ours.authority()], WEEK)
    assert stamper.turn()
    ours.place.certify(20)
    month = Stamper(tmp_path, [ours.authority()], Pace(0.0, timedelta(days=10)))
    publish(tmp_path, 12)
    assert month.turn()
    first, second = Stamps(tmp_path, 1).renewals()
    assert first.names == {"7.note", "7.tsr", "9.note", "9.tsr"}
    assert second.names == {"renewal-1.list", "renewal-1.tsr", "12.note", "12.tsr"}
    for size, renewals in ((1, [1, 2]), (9, [1, 2]), (10, [2])):
        found = proof(tmp_path, size)
        assert [one.number for one in found.renewals] == renewals
        found.check(trust(ours))
    asked = ours.place.asked()
    assert month.turn()
    assert ours.place.asked() == asked, "what was renewed is not renewed again"


def test_sha256sum_and_openssl_check_a_renewal(ours: Running, tmp_path: Path) -> None:
    ours.place.certify(6)
    publish(tmp_path, 7)
    Stamper(tmp_path, [ours.authority()], AT_THE_END).turn()
    ours.place.certify(3650)
    assert Stamper(tmp_path, [ours.authority()], WEEK).turn()
    directory = Stamps(tmp_path, 1).directory
    command = ["sha256sum", "--check", "--strict", "renewal-1.list"]
    assert subprocess.run(command, cwd=directory, capture_output=True, check=False).returncode == 0
    assert verified_by_openssl(directory, "renewal-1", ".list", ours.place.trusted)


def test_an_authority_that_ends_as_soon_is_not_asked_again_and_again(
    ours: Running, tmp_path: Path
) -> None:
    ours.place.certify(6)
    publish(tmp_path, 7)
    stamper = Stamper(tmp_path, [ours.authority()], Pace(60.0, timedelta(days=7)))
    assert not stamper.turn()
    asked = ours.place.asked()
    assert stamper.turn()
    assert ours.place.asked() == asked


def test_the_chain_of_the_certificate_counts_as_well(tmp_path: Path) -> None:
    place = Place(tmp_path / "short", days=60, issuer_days=30)
    believed = Trust.read(place.trusted)
    stamp = believed.check(place.reply(b"data"), b"data")
    assert (stamp.ends - stamp.time).days == 30
    assert (read_stamp(stamp.reply).ends - stamp.time).days == 60, "of whom nobody knows more"


def test_a_renewal_that_came_too_late_proves_nothing(ours: Running, tmp_path: Path) -> None:
    ours.place.certify(2.0 / 86_400)
    publish(tmp_path, 7)
    Stamper(tmp_path, [ours.authority()], AT_THE_END).turn()
    stamped = Stamps(tmp_path, 1).stamped(7)
    ends = read_stamp(stamped.reply).ends.timestamp()
    time.sleep(max(0.0, ends - time.time()) + 1.0)
    ours.place.certify(3650)
    listed = listing(stamped.files)
    late = Renewal(1, listed, ours.place.reply(listed))
    Proof(stamped).check(trust(ours))
    with pytest.raises(Integrity, match="had ended"):
        Proof(stamped, (late,)).check(trust(ours))


def test_each_epoch_has_time_stamps_of_its_own_and_old_ones_are_renewed(
    ours: Running, tmp_path: Path
) -> None:
    ours.place.certify(6)
    publish(tmp_path, 7)
    Stamper(tmp_path, [ours.authority()], Pace(3600.0, timedelta(0))).turn()
    ours.place.certify(3650)
    publish(tmp_path, 5, epoch=2)
    assert Stamper(tmp_path, [ours.authority()], Pace(3600.0, timedelta(days=7))).turn()
    assert Stamps(tmp_path, 2).sizes() == [5], "the first of an epoch at once"
    assert [one.number for one in proof(tmp_path, 7).renewals] == [1]
    assert proof(tmp_path, 5, epoch=2).renewals == ()
    state = stamping_state(tmp_path)
    assert state is not None
    assert (state["last"]["epoch"], state["last"]["size"]) == (2, 5)


def test_a_stamp_that_cannot_be_read_any_more_is_made_again(ours: Running, tmp_path: Path) -> None:
    publish(tmp_path, 7)
    Stamper(tmp_path, [ours.authority()], OFTEN).turn()
    (Stamps(tmp_path, 1).directory / "7.tsr").write_bytes(b"")
    assert Stamper(tmp_path, [ours.authority()], OFTEN).turn()
    proof(tmp_path, 7).check(trust(ours))


def test_a_clock_that_differs_from_ours_is_not_believed(ours: Running, tmp_path: Path) -> None:
    publish(tmp_path, 7)
    stamper = Stamper(tmp_path, [ours.authority()], Pace(), clock=lambda: time.time() + 600)
    assert not stamper.turn()
    assert "apart" in (trouble(tmp_path) or "")
    assert Stamps(tmp_path, 1).sizes() == []


def test_before_the_first_checkpoint_nothing_is_asked(ours: Running, tmp_path: Path) -> None:
    asked = ours.place.asked()
    assert Stamper(tmp_path, [ours.authority()], OFTEN).turn()
    assert ours.place.asked() == asked
    assert json.loads(ours.setting())[0]["url"] == ours.url
