"""The integrator signs trees that grow, can be built again, and stand on what is stored."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.databases import Database
from support.histories import History
from support.log import NAME, defined_root, integrated, stored_leaves, tree_files
from support.views import Ledger, ledger_on

from domain.errors import Forked, Integrity, Unavailable
from domain.tiles import Edge
from infra.logkeys import LogKeys
from infra.notes import open_note
from infra.tilefiles import TileReader, head_of
from projections.integrate import connect
from projections.integrator import Integrator, Log
from projections.log import PublishedLog, about_log, checkpoint_age

SEED = 4
FREE = "ALTER TABLE ledger.events DISABLE TRIGGER ALL"


@pytest.fixture
def ledger(database: Database, keys_dir: Path) -> Iterator[Ledger]:
    with ledger_on(database, keys_dir) as made:
        yield made


def tell(ledger: Ledger, requests: int = 400) -> int:
    return ledger.tell(History(SEED).requests(requests))


def test_a_checkpoint_signs_the_root_of_what_is_stored(ledger: Ledger, tmp_path: Path) -> None:
    size = tell(ledger)
    integrator = integrated(ledger.database, tmp_path)
    note = TileReader(tmp_path / "log" / "1").checkpoint()
    assert note is not None
    assert open_note(note, LogKeys(tmp_path).verifiers(f"{NAME}/1"))
    head = head_of(note)
    assert (head.origin, head.size) == (f"{NAME}/1", size)
    assert head.root == defined_root(stored_leaves(ledger.database.dsn_superuser))
    assert not integrator.due
    about = about_log(tmp_path)
    assert about is not None
    assert about.origin == head.origin
    age = checkpoint_age(tmp_path)
    assert age is not None
    assert age["size"] == size


def test_tiles_built_again_from_the_store_are_the_same(ledger: Ledger, tmp_path: Path) -> None:
    tell(ledger)
    integrated(ledger.database, tmp_path, batch=100)
    before = tree_files(tmp_path / "log" / "1")
    assert len(before) >= 3
    shutil.rmtree(tmp_path / "log" / "1" / "tile")
    assert not integrated(ledger.database, tmp_path).due
    assert tree_files(tmp_path / "log" / "1") == before


def test_a_later_tree_is_proved_from_the_published_one(ledger: Ledger, tmp_path: Path) -> None:
    first = tell(ledger, 300)
    integrated(ledger.database, tmp_path)
    second = ledger.tell(History(SEED + 1).requests(300))
    integrated(ledger.database, tmp_path)
    published = PublishedLog(tmp_path).latest()
    told = published.consistency(first, second)
    leaves = stored_leaves(ledger.database.dsn_superuser)
    assert told["from_root"] == defined_root(leaves[:first]).hex()
    assert told["to_root"] == defined_root(leaves).hex()
    for index in (0, first - 1, first, second - 1):
        proof = published.inclusion(leaves[index], index)
        assert proof.startswith(f"c2sp.org/tlog-proof@v1\nindex {index}\n")
    with pytest.raises(Integrity):
        published.inclusion(leaves[0], 1)


def test_a_tree_that_does_not_begin_with_the_signed_one_is_never_signed(
    ledger: Ledger, tmp_path: Path
) -> None:
    size = tell(ledger)
    tree = integrated(ledger.database, tmp_path).tree
    assert tree is not None
    note = (tmp_path / "log" / "1" / "last-signed").read_bytes()
    tree.edge = Edge()  # a memory that went wrong
    tree.add([b"another event"] * (size + 5))
    with pytest.raises(Integrity):
        tree.publish()
    for name in ("last-signed", "checkpoint"):
        assert (tmp_path / "log" / "1" / name).read_bytes() == note
    again = integrated(ledger.database, tmp_path).tree
    assert again is not None
    assert again.edge.size == size, "it goes on from what was signed"


def test_an_altered_tile_gives_no_proof(ledger: Ledger, tmp_path: Path) -> None:
    tell(ledger)
    integrated(ledger.database, tmp_path)
    tile = tmp_path / "log" / "1" / "tile" / "0" / "000"
    content = bytearray(tile.read_bytes())
    content[40] ^= 1
    tile.write_bytes(content)
    leaf = stored_leaves(ledger.database.dsn_superuser)[0]
    published = PublishedLog(tmp_path).latest()
    with pytest.raises(Integrity):
        published.inclusion(leaf, 0)
    for first, second in ((3, published.head.size), (3, 200), (200, published.head.size)):
        with pytest.raises(Integrity):
            published.consistency(first, second)


def test_events_other_than_the_signed_ones_are_never_signed(ledger: Ledger, tmp_path: Path) -> None:
    tell(ledger)
    integrated(ledger.database, tmp_path)
    ledger.rows(FREE)
    ledger.rows(
        "UPDATE ledger.events SET envelope = envelope || ' ',"
        " leaf_hash = sha256('\\x00'::bytea || envelope || ' ') WHERE position = 7"
    )
    shutil.rmtree(tmp_path / "log" / "1" / "tile")
    with pytest.raises(Integrity, match="not those that were signed"):
        integrated(ledger.database, tmp_path)


def test_a_store_that_lost_signed_events_is_not_followed(ledger: Ledger, tmp_path: Path) -> None:
    size = tell(ledger)
    integrator = integrated(ledger.database, tmp_path)
    ledger.rows(FREE)
    ledger.rows("DELETE FROM ledger.events WHERE position > %s", [size - 3])
    for one in (integrator, Integrator(Log(tmp_path, LogKeys(tmp_path), NAME))):
        with connect(ledger.database.dsn_follower) as connection, pytest.raises(Forked):
            one.integrate(connection)
    ledger.tell(History(SEED + 2).requests(50))
    with pytest.raises(Forked):
        integrated(ledger.database, tmp_path)


def test_a_tile_that_finds_no_room_is_written_when_there_is_some(
    ledger: Ledger, tmp_path: Path
) -> None:
    size = tell(ledger)
    integrator = Integrator(Log(tmp_path, LogKeys(tmp_path), NAME))
    in_the_way = tmp_path / "log" / "1" / "tile"
    in_the_way.parent.mkdir(parents=True)
    in_the_way.touch()
    with connect(ledger.database.dsn_follower) as connection:
        with pytest.raises(OSError, match="tile"):
            integrator.integrate(connection)
        in_the_way.unlink()
        integrator.integrate(connection)
    head = integrator.publish()
    assert head.size == size
    assert head.root == defined_root(stored_leaves(ledger.database.dsn_superuser))


def test_another_epoch_is_another_log_from_the_first_event_on(
    ledger: Ledger, tmp_path: Path
) -> None:
    size = tell(ledger)
    integrator = integrated(ledger.database, tmp_path)
    ledger.rows("UPDATE ledger.identity SET epoch = 2")
    with connect(ledger.database.dsn_follower) as connection:
        integrator.integrate(connection)
    integrator.publish()
    published = PublishedLog(tmp_path).latest()
    assert (published.head.origin, published.head.size) == (f"{NAME}/2", size)
    ledger.rows("UPDATE ledger.identity SET epoch = 1")
    with connect(ledger.database.dsn_follower) as connection, pytest.raises(Forked):
        integrator.integrate(connection)


def test_a_new_key_signs_the_same_tree_again(ledger: Ledger, tmp_path: Path) -> None:
    tell(ledger, 50)
    integrated(ledger.database, tmp_path)
    keys = LogKeys(tmp_path)
    keys.rotate()
    old, new = keys.verifiers(f"{NAME}/1")
    before = (tmp_path / "log" / "1" / "checkpoint").read_bytes()
    integrated(ledger.database, tmp_path)
    after = (tmp_path / "log" / "1" / "checkpoint").read_bytes()
    assert head_of(before) == head_of(after)
    assert open_note(before, [old]) == open_note(after, [new])


def test_a_note_of_a_foreign_key_stops_the_integrator(ledger: Ledger, tmp_path: Path) -> None:
    tell(ledger, 50)
    integrated(ledger.database, tmp_path)
    (tmp_path / "log" / "keys.json").unlink()
    (tmp_path / "log" / "signing-key").unlink()
    LogKeys(tmp_path).create()
    with pytest.raises(Integrity, match="no key that is trusted"):
        integrated(ledger.database, tmp_path)


def test_a_log_keeps_its_name_through_an_epoch(ledger: Ledger, tmp_path: Path) -> None:
    tell(ledger, 50)
    integrated(ledger.database, tmp_path)
    renamed = Integrator(Log(tmp_path, LogKeys(tmp_path), "another.example.net"))
    with (
        connect(ledger.database.dsn_follower) as connection,
        pytest.raises(Integrity, match="keeps its name"),
    ):
        renamed.integrate(connection)
    about = about_log(tmp_path)
    assert about is not None
    assert about.origin == f"{NAME}/1"


def test_a_key_that_is_gone_is_not_replaced_silently(ledger: Ledger, tmp_path: Path) -> None:
    tell(ledger, 50)
    integrated(ledger.database, tmp_path)
    (tmp_path / "log" / "signing-key").unlink()
    with pytest.raises(Integrity, match="signing-key is gone"):
        integrated(ledger.database, tmp_path)


def test_a_key_that_others_may_read_signs_nothing(ledger: Ledger, tmp_path: Path) -> None:
    tell(ledger, 50)
    LogKeys(tmp_path).create()
    (tmp_path / "log" / "signing-key").chmod(0o640)
    with pytest.raises(Unavailable, match="chmod 600"):
        integrated(ledger.database, tmp_path)
