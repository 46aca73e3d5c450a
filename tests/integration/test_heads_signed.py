"""Heads of chains are signed as the store says and the tree proves, and not otherwise."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.databases import Database
from support.histories import History
from support.log import NAME, defined_root, integrated, stored_leaves
from support.views import Ledger, ledger_on

from domain.chainhead import Chain, ChainHead, ChainLink, check_chain
from domain.errors import Integrity, NotFound, NotYetIntegrated, Unavailable
from domain.stream import Stream, StreamKind
from infra.chainheads import open_chain_head
from infra.envelope import leaf_hash, parse
from infra.ids import new_id
from infra.logkeys import LogKeys
from projections.heads import HeadSigner
from projections.integrate import connect

SEED = 11
FREE = "ALTER TABLE ledger.events DISABLE TRIGGER ALL"
CONTRACT = "SELECT envelope FROM ledger.events WHERE contract = %s ORDER BY position"
STREAM = "SELECT envelope FROM ledger.events WHERE stream_id = %s ORDER BY position"


@pytest.fixture
def ledger(database: Database, keys_dir: Path, tmp_path: Path) -> Iterator[Ledger]:
    with ledger_on(database, keys_dir) as made:
        made.tell(History(SEED).requests(400))
        integrated(database, tmp_path)
        yield made


@pytest.fixture
def signer(ledger: Ledger, tmp_path: Path) -> Iterator[HeadSigner]:
    dsn = ledger.database.dsn_follower
    made = HeadSigner(tmp_path, LogKeys(tmp_path), lambda: connect(dsn))
    yield made
    made.close()


def opened(note: bytes, data: Path) -> ChainHead:
    return open_chain_head(note, LogKeys(data).verifiers(f"{NAME}/1"))


def links(ledger: Ledger, chain: Chain, upto: int) -> list[ChainLink]:
    """Return the chain as its envelopes tell it."""
    statement, name = (STREAM, chain.id) if isinstance(chain, Stream) else (CONTRACT, chain)
    found = []
    for (envelope,) in ledger.rows(statement, [name]):
        said = parse(envelope)
        number, previous = said.stream.version, said.previous
        if not isinstance(chain, Stream):
            assert said.contract is not None
            number, previous = said.contract.count, said.contract.previous
        if said.position <= upto:
            before = bytes.fromhex(previous) if previous else None
            found.append(ChainLink(number, before, leaf_hash(envelope)))
    return found


def chains(ledger: Ledger) -> list[Chain]:
    numbers = ledger.rows("SELECT DISTINCT contract FROM ledger.events WHERE contract IS NOT NULL")
    streams = ledger.rows("SELECT DISTINCT stream_kind::text, stream_id FROM ledger.events")
    return [row[0] for row in numbers] + [Stream(StreamKind(kind), id_) for kind, id_ in streams]


def test_a_head_closes_every_chain(ledger: Ledger, signer: HeadSigner, tmp_path: Path) -> None:
    leaves = stored_leaves(ledger.database.dsn_superuser)
    for chain in chains(ledger):
        head = opened(signer.sign(chain), tmp_path)
        assert (head.chain, head.size) == (chain, len(leaves))
        assert head.root == defined_root(leaves)
        assert leaves[head.position - 1] == head.last
        check_chain(head, links(ledger, chain, head.size))


def test_a_head_as_of_a_position_is_that_of_the_tree_then(
    ledger: Ledger, signer: HeadSigner, tmp_path: Path
) -> None:
    leaves, chance = stored_leaves(ledger.database.dsn_superuser), random.Random(SEED)
    for chain in chains(ledger):
        size = chance.randint(1, len(leaves))
        expected = links(ledger, chain, size)
        if not expected:
            with pytest.raises(NotFound):
                signer.sign(chain, size)
            continue
        note = signer.sign(chain, size)
        head = opened(note, tmp_path)
        assert (head.size, head.root) == (size, defined_root(leaves[:size]))
        check_chain(head, expected)
        assert signer.sign(chain, size) == note, "it does not change"


def test_no_head_goes_beyond_the_checkpoint(ledger: Ledger, signer: HeadSigner) -> None:
    size = len(stored_leaves(ledger.database.dsn_superuser))
    with pytest.raises(NotYetIntegrated):
        signer.sign("C-0", size + 1)
    ledger.tell(History(SEED + 1).requests(20))
    with pytest.raises(NotYetIntegrated):
        signer.sign("C-0", size + 1)


@pytest.mark.parametrize("chain", ["C-none", Stream(StreamKind.TICKET, new_id())])
def test_a_chain_without_events_has_no_head(signer: HeadSigner, chain: Chain) -> None:
    with pytest.raises(NotFound):
        signer.sign(chain)


MOVED = (
    "UPDATE ledger.events SET contract = 'C-0', contract_count = 10000 WHERE position ="
    " (SELECT max(position) FROM ledger.events WHERE contract = 'C-1')"
)
CHANGED = (
    "UPDATE ledger.events SET envelope = replace(convert_from(envelope, 'UTF8'), '\"count\":1}',"
    " '\"count\":2}')::bytea WHERE position ="
    " (SELECT max(position) FROM ledger.events WHERE contract = 'C-0')"
)
SPOILT = "UPDATE ledger.events SET envelope = 'nothing' WHERE contract = 'C-0'"
HASHED = "UPDATE ledger.events SET leaf_hash = sha256('\\x00'::bytea || envelope)"


@pytest.mark.parametrize("attack", [MOVED, CHANGED, SPOILT], ids=["moved", "changed", "spoilt"])
def test_a_store_that_was_altered_gets_no_head(
    ledger: Ledger, signer: HeadSigner, attack: str
) -> None:
    ledger.rows(FREE)
    ledger.rows("ALTER TABLE ledger.events DROP CONSTRAINT leaf_of_envelope")
    ledger.rows(attack)
    ledger.rows(HASHED)
    with pytest.raises(Integrity):
        signer.sign("C-0")


def test_a_tile_that_was_altered_gives_no_head_until_it_is_right_again(
    signer: HeadSigner, tmp_path: Path
) -> None:
    (tile,) = (tmp_path / "log" / "1" / "tile" / "0" / "001.p").iterdir()
    good = tile.read_bytes()
    tile.write_bytes(bytes([good[0] ^ 1]) + good[1:])
    for size in (None, 300):
        with pytest.raises(Integrity):
            signer.sign("C-0", size)
    tile.write_bytes(good)
    assert signer.sign("C-0")


def test_a_checkpoint_of_somebody_else_is_not_believed(signer: HeadSigner, tmp_path: Path) -> None:
    (tmp_path / "log" / "keys.json").unlink()
    (tmp_path / "log" / "signing-key").unlink()
    LogKeys(tmp_path).create()
    with pytest.raises(Integrity, match="no key that is trusted"):
        signer.sign("C-0")


def test_a_key_that_is_not_announced_yet_signs_nothing(
    ledger: Ledger, signer: HeadSigner, tmp_path: Path
) -> None:
    assert signer.sign("C-0")
    given = LogKeys(tmp_path, "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU=")
    other = HeadSigner(tmp_path, given, lambda: connect(ledger.database.dsn_follower))
    with pytest.raises(Unavailable, match="not in the list"):
        other.sign("C-0")
    other.close()


def test_a_store_of_another_epoch_has_no_head_in_this_log(
    ledger: Ledger, signer: HeadSigner
) -> None:
    ledger.rows("UPDATE ledger.identity SET epoch = 2")
    with pytest.raises(NotYetIntegrated, match="not begun"):
        signer.sign("C-0")


def test_a_store_that_is_away_is_told_and_asked_again(ledger: Ledger, signer: HeadSigner) -> None:
    assert signer.sign("C-0")
    ended: Any = ledger.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ledger_follower'"
        " AND datname = current_database()"
    )
    assert ended
    with pytest.raises(Unavailable):
        signer.sign("C-0")
    assert signer.sign("C-0")
