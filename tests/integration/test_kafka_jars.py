"""Kafka's jars are the locked ones or none."""

import shutil
from pathlib import Path

import pytest
from support.broker import settings

from domain.errors import Unavailable
from infra.files import hold
from infra.kafka import Broker, jars
from infra.kafka.broker import jars_directory

SMALL = [jar for jar in jars.locked() if jar.artifact in ("kafka-tools-api", "jspecify")]


def silent(_done: int, _total: int) -> None:
    pass


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with all jars, this test's own."""
    kept = jars_directory(settings(tmp_path))
    jars.checked(kept, silent)
    return Path(shutil.copytree(kept, tmp_path / "jars"))


def test_every_jar_is_locked_once_in_one_version() -> None:
    found = jars.locked()
    assert len({jar.name for jar in found}) == len({jar.artifact for jar in found}) == len(found)
    assert {jar.version for jar in found if jar.group == "org.apache.kafka"} == {"4.2.0"}
    assert all(len(bytes.fromhex(jar.sha256)) == 32 for jar in found)


def test_missing_jars_are_fetched_and_counted(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    paths = jars.checked(tmp_path / "jars", lambda *counted: told.append(counted), SMALL)
    assert told == [(1, 2), (2, 2)]
    assert sorted(p.name for p in (tmp_path / "jars").iterdir()) == sorted(p.name for p in paths)
    told.clear()
    assert jars.checked(tmp_path / "jars", lambda *counted: told.append(counted), SMALL) == paths
    assert told == []


def test_a_broker_does_not_start_with_a_changed_jar_and_names_it(
    tmp_path: Path, place: Path
) -> None:
    changed = place / "slf4j-simple-1.7.36.jar"
    content = bytearray(changed.read_bytes())
    content[-1] ^= 1
    changed.write_bytes(content)
    with hold(tmp_path / "data") as held:
        broker = Broker(held, settings(tmp_path / "data", kafka_jars=place))
        with pytest.raises(Unavailable, match=r"slf4j-simple-1\.7\.36\.jar is not the jar"):
            broker.start()
        assert not broker.alive()
        assert not broker.data.exists()


def test_a_jar_that_was_cut_short_is_refused(place: Path) -> None:
    with (place / SMALL[0].name).open("r+b") as file:
        file.truncate(100)
    with pytest.raises(Unavailable, match=SMALL[0].name):
        jars.checked(place, silent)


def test_a_jar_that_nobody_locked_is_not_loaded(place: Path) -> None:
    (place / "added.jar").write_bytes(b"PK")
    assert place / "added.jar" not in jars.checked(place, silent)


def test_what_is_fetched_is_checked_before_it_takes_its_place(tmp_path: Path) -> None:
    other = jars.Jar(SMALL[0].group, SMALL[0].artifact, SMALL[0].version, "0" * 64)
    with pytest.raises(Unavailable, match="is not the jar"):
        jars.checked(tmp_path / "jars", silent, [other])
    assert list((tmp_path / "jars").iterdir()) == []


def test_a_jar_that_cannot_be_fetched_is_named(tmp_path: Path) -> None:
    absent = jars.Jar("org.slf4j", "slf4j-absent", "1.7.36", "0" * 64)
    with pytest.raises(Unavailable, match=r"slf4j-absent-1\.7\.36\.jar .* cannot be fetched"):
        jars.checked(tmp_path / "jars", silent, [absent])
