"""Time stamps in a bag: checked with given roots, told as unchecked without, tied to the log."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import databases
from support.authority import Place
from support.bags import (
    CONTRACT,
    Exporting,
    Told,
    exporting_on,
    files_of,
    relisted,
    verify,
    verify_alone,
    write_bag,
)
from support.log import integrated
from support.store import registering

from infra.postgres import Cluster
from infra.timestamps import Trust
from projections.log import PublishedLog
from projections.stamps import Stamps


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def exporting(
    place: Place, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Exporting]:
    """A ledger whose log was stamped, and has grown since."""
    data = tmp_path_factory.mktemp("stamped")
    with databases.fresh(cluster) as database, exporting_on(database, data, Told()) as made:
        integrated(database, data)
        published = PublishedLog(data).latest()
        stamps, size = Stamps(data, 1), published.head.size
        stamps.put(f"{size}.note", published.note)
        stamps.put(f"{size}.tsr", place.reply(published.note))
        made.ledger.tell([registering("C-2")])
        with made.log():
            yield made


@pytest.fixture(scope="module")
def bag(exporting: Exporting) -> Path:
    return exporting.export(CONTRACT, exporting.data / "stamped.zip", position=12)


def test_a_stamp_is_checked_with_the_roots_that_are_given(
    exporting: Exporting, bag: Path, place: Place
) -> None:
    verdict = verify(bag, exporting.vkey, trust=[Trust.read(place.trusted)])
    assert verdict.findings == []
    (stamp,) = verdict.stamps
    assert (stamp.status, stamp.authority) == ("VERIFIED", "CN=Test authority")
    assert stamp.time is not None


def test_without_roots_a_stamp_is_not_checked_and_the_command_is_told(
    exporting: Exporting, bag: Path
) -> None:
    (stamp,) = verify(bag, exporting.vkey).stamps
    assert (stamp.status, stamp.time) == ("NOT-CHECKED", None)
    alone = verify_alone(bag, exporting.vkey)
    assert alone.returncode == 0, alone.stdout
    (told,) = json.loads(alone.stdout)["timestamps"]
    assert told["status"] == "NOT-CHECKED"
    assert told["command"] == "openssl ts -verify -CAfile ROOTS.pem -data 13.note -in 13.tsr"
    assert stamp.detail == told["command"]


def test_a_stamp_of_somebody_else_is_wrong(exporting: Exporting, bag: Path, place: Place) -> None:
    foreign = Trust.read(place.directory / "foreign-root.pem")
    verdict = verify(bag, exporting.vkey, trust=[foreign])
    assert [one.status for one in verdict.stamps] == ["WRONG"]
    assert not verdict.ok


def test_a_stamped_checkpoint_of_another_tree_is_found(
    exporting: Exporting, bag: Path, tmp_path: Path
) -> None:
    files = files_of(bag)
    (note,) = (name for name in files if name.endswith("/stamps/13.note"))
    origin, size, root, *rest = files[note].split(b"\n")
    first = b"C" if root.startswith(b"B") else b"B"
    other = b"\n".join((origin, size, first + root[1:], *rest))
    changed = write_bag(tmp_path / "x.zip", relisted({**files, note: other}))
    details = " ".join(one.detail for one in verify(changed, exporting.vkey).findings)
    assert "consistency" in details
    alone = verify_alone(changed, exporting.vkey)
    assert "consistency" in " ".join(one["detail"] for one in json.loads(alone.stdout)["findings"])
