"""Attacks on stored rows with superuser rights: fsck names where, of which kind, nothing before.

Each attacker recomputes what the attacked row needs: its hash and its columns. Whoever recomputes
all that follows as well leaves no contradiction among the rows: `test_attacks_tree.py`.
"""

import hashlib
import sqlite3
from copy import deepcopy
from pathlib import Path

import pytest
from support.attacked import EVENTS, SPAN, Attacked, attacked, goes_on
from support.attacks import attacker, encode, row_of
from support.databases import Database
from support.store import keys_of

from domain.merkle import hash_leaf, root
from domain.stream import Stream, StreamKind
from domain.values import Purpose, Sealed
from infra.fsck.findings import Kind
from infra.headfile import HeadFile
from infra.ids import new_id
from infra.sealing import Sealer

AT = 5
NEXT = [(8, Kind.CONTRACT), (8, Kind.STREAM)]
"""Who follows position 5 in its stream and in its contract, each."""


@pytest.fixture
def ledger(database: Database, keys_dir: Path) -> Attacked:
    return attacked(database, keys_dir)


def test_a_ledger_that_nobody_touched_is_good(ledger: Attacked) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        leaves = [hash_leaf(encode(envelope)) for envelope in somebody.envelopes()]
    report = ledger.fsck()
    assert report.findings == []
    assert (report.checked, report.tree.size) == (EVENTS, EVENTS)
    nodes = {(0, index): leaf for index, leaf in enumerate(leaves)}

    def node(level: int, index: int) -> bytes:
        if (level, index) in nodes:
            return nodes[level, index]
        pair = node(level - 1, 2 * index) + node(level - 1, 2 * index + 1)
        return hashlib.sha256(b"\x01" + pair).digest()

    assert report.tree.root() == root(EVENTS, node)


def test_a_changed_envelope_breaks_the_chains_that_go_on_from_it(ledger: Attacked) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        envelope = somebody.envelopes()[AT - 1]
        envelope["data"]["language"] = "ru"
        somebody.replace(envelope)
    assert ledger.found() == NEXT


@pytest.mark.parametrize("span", [SPAN, 4 * SPAN])
def test_a_changed_envelope_under_no_contract_breaks_its_stream(
    ledger: Attacked, span: int
) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        envelope = somebody.envelopes()[6]
        envelope["data"]["language"] = "ru"
        somebody.replace(envelope)
    found = ledger.fsck(span=span).findings
    assert [(one.position, one.kind) for one in found] == [(11, Kind.STREAM)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"language":"en"', b'"language": "en"'),
        (b'"language":"en"', b'"language":"en","language":"en"'),
        (b'"v":1', b'"v":2'),
        (b'"side":"customer"', b'"side":"nobody"'),
        (b'"text":{', b'"texts":{'),
        (b'"MessagePosted"', b'"MessageDropped"'),
        (b"}}}", b"}}"),
    ],
)
def test_an_envelope_that_was_never_written_here_is_named(
    ledger: Attacked, old: bytes, new: bytes
) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        envelope = encode(somebody.envelopes()[AT - 1])
        assert old in envelope
        somebody.put(AT, envelope.replace(old, new))
    assert ledger.found() == [(AT, Kind.ENVELOPE), *NEXT]


def test_an_envelope_of_another_ledger_is_named(ledger: Attacked) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        envelope = somebody.envelopes()[AT - 1]
        envelope["ledger"]["id"] = str(new_id())
        somebody.replace(envelope)
    assert ledger.found() == [(AT, Kind.ENVELOPE), *NEXT]


@pytest.mark.parametrize(
    "change",
    [
        "recorded_at = recorded_at + interval '1 microsecond'",
        "occurred_at = recorded_at",
        "event_id = gen_random_uuid()",
        "stream_id = gen_random_uuid()",
        "actor_id = gen_random_uuid()",
        "stream_kind = 'dispute'",
        "stream_version = 77",
        "epoch = 2",
        "contract_count = 77",
        "contract = NULL, contract_count = NULL",
        "type_version = 2",
        "contract = 'C'",
        "type = 'TagAdded'",
        "leaf_hash = sha256('another')",
    ],
)
def test_a_changed_column_is_named(ledger: Attacked, change: str) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        somebody.run("ALTER TABLE ledger.events DROP CONSTRAINT leaf_of_envelope")
        somebody.run(f"UPDATE ledger.events SET {change} WHERE position = {AT}")
    report = ledger.fsck()
    assert [(one.position, one.kind) for one in report.findings] == [(AT, Kind.COLUMN)]
    assert report.findings[0].detail.split(": ")[1].startswith(change.split(" ", maxsplit=1)[0])


def test_a_sealed_field_with_other_bytes_is_named(ledger: Attacked) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        event = somebody.envelopes()[AT - 1]["id"]
        other = "set_byte(ciphertext, 3, get_byte(ciphertext, 3) # 1)"
        change = f"UPDATE ledger.sealed_fields SET ciphertext = {other}"
        somebody.run(f"{change} WHERE event_id = %s", event)
    assert ledger.found() == [(AT, Kind.SEALED)]


def test_a_sealed_field_sealed_anew_with_its_own_key_is_named(ledger: Attacked) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        envelope = somebody.envelopes()[AT - 1]
        named = "WHERE event_id = %s AND field = 'text'"
        key_id = somebody.run(f"SELECT key_id FROM ledger.sealed_fields {named}", envelope["id"])
        keys = keys_of(ledger.data)
        key = keys.by_id(key_id[0][0])
        assert key is not None
        ledger_id = somebody.run("SELECT ledger FROM ledger.identity")[0][0]
        stream = Stream(StreamKind.TICKET, row_of(envelope)[4])
        text = Sealed("It was never done.", new_id(), Purpose.CORRESPONDENCE)
        sealer = Sealer(ledger_id, keys)
        row, _ = sealer.seal(row_of(envelope)[3], stream, [("text", text, key)])[0]
        keys.close()
        change = f"UPDATE ledger.sealed_fields SET nonce = %s, ciphertext = %s {named}"
        somebody.run(change, row.nonce, row.ciphertext, envelope["id"])
    assert ledger.found() == [(AT, Kind.SEALED)]


def test_a_sealed_field_put_beside_an_event_is_named(ledger: Attacked) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        event = somebody.envelopes()[AT - 1]["id"]
        columns = "event_id, key_id, %s, nonce, ciphertext"
        somebody.run(
            f"INSERT INTO ledger.sealed_fields (event_id, key_id, field, nonce, ciphertext)"
            f" SELECT {columns} FROM ledger.sealed_fields WHERE event_id = %s",
            "more",
            event,
        )
    assert ledger.found() == [(AT, Kind.SEALED)]


def remove_field(ledger: Attacked) -> str:
    """Remove the sealed field of position 5; return whose it was."""
    with attacker(ledger.database.dsn_superuser) as somebody:
        envelope = somebody.envelopes()[AT - 1]
        somebody.run("DELETE FROM ledger.sealed_fields WHERE event_id = %s", envelope["id"])
    return str(envelope["sealed"]["text"]["subject"])


def remove_key(ledger: Attacked, change: str = "DELETE FROM keys WHERE id = ?") -> str:
    """Take away the key of position 5; return whose it was."""
    with attacker(ledger.database.dsn_superuser) as somebody:
        envelope = somebody.envelopes()[AT - 1]
        find = "SELECT key_id FROM ledger.sealed_fields WHERE event_id = %s"
        key_id = somebody.run(find, envelope["id"])[0][0]
    store = sqlite3.connect(ledger.data / "keys.sqlite", isolation_level=None)
    assert store.execute(change, [str(key_id)]).rowcount == 1
    store.close()
    return str(envelope["sealed"]["text"]["subject"])


def test_a_removed_sealed_field_is_named(ledger: Attacked) -> None:
    remove_field(ledger)
    assert ledger.found() == [(AT, Kind.SEALED)]


def test_a_removed_key_is_named(ledger: Attacked) -> None:
    remove_key(ledger)
    assert ledger.found() == [(AT, Kind.MISSING_KEY)]


def test_a_key_that_was_altered_is_named(ledger: Attacked) -> None:
    remove_key(ledger, "UPDATE keys SET wrapped = zeroblob(60) WHERE id = ?")
    assert ledger.found() == [(AT, Kind.MISSING_KEY)]


def test_a_deleted_row_is_named(ledger: Attacked) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        somebody.run("DELETE FROM ledger.events WHERE position = %s", AT)
    assert ledger.found() == [(AT, Kind.POSITION), *NEXT]


def test_a_deleted_range_is_one_finding(ledger: Attacked) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        somebody.run("DELETE FROM ledger.events WHERE position BETWEEN 3 AND 4")
    gone = ledger.fsck().findings[0]
    assert (gone.position, gone.kind) == (3, Kind.POSITION)
    assert gone.detail.endswith("4")


def test_a_row_put_in_the_middle_shifts_what_follows(ledger: Attacked) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        planted = deepcopy(somebody.envelopes()[6])  # the first of its stream, under no contract
        planted["id"], planted["stream"]["id"] = str(new_id()), str(new_id())
        planted["position"], planted["sealed"] = AT, {}
        planted["type"], planted["data"] = "TagAdded", {"tag": "a"}
        planted["recorded_at"] = somebody.envelopes()[AT - 1]["recorded_at"]
        for shift in (1_000, -999):
            move = "UPDATE ledger.events SET position = position + %s WHERE position >= %s"
            somebody.run(move, shift, AT)
        somebody.replace(planted)
    shifted = [(position, Kind.COLUMN) for position in range(AT + 1, EVENTS + 2)]
    assert ledger.found() == sorted([*shifted, (EVENTS, Kind.FORK)])


def test_a_truncated_tail_is_noticed_through_the_head_file(ledger: Attacked) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        somebody.run("DELETE FROM ledger.events WHERE position > 10")
    assert ledger.found() == [(11, Kind.TRUNCATED)]


def test_a_rewritten_head_is_noticed_through_the_head_file(ledger: Attacked) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        envelopes = somebody.envelopes()
        envelopes[EVENTS - 1]["data"]["language"] = "ru"
        somebody.rewrite(envelopes)
    assert ledger.found() == [(EVENTS, Kind.FORK)]


def test_two_swapped_events_are_named(ledger: Attacked) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        for old, new in ((6, 1_000), (7, 6), (1_000, 7)):
            somebody.run("UPDATE ledger.events SET position = %s WHERE position = %s", new, old)
    found = ledger.found()
    assert found[:2] == [(6, Kind.COLUMN), (7, Kind.COLUMN)]
    assert {position for position, _ in found} == {6, 7}


def test_an_event_moved_to_another_contract_breaks_both_chains(ledger: Attacked) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        somebody.run("ALTER TABLE ledger.events DROP CONSTRAINT contract_count_once")
        envelope = somebody.envelopes()[AT - 1]
        envelope["contract"]["number"] = "B"
        somebody.replace(envelope)
    assert ledger.found() == [(AT, Kind.CONTRACT), (6, Kind.CONTRACT), *NEXT]


def test_a_row_before_the_first_position_is_named(ledger: Attacked) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        somebody.run("ALTER TABLE ledger.events DROP CONSTRAINT events_position_check")
        planted = deepcopy(somebody.envelopes()[6])
        planted["id"], planted["stream"]["id"] = str(new_id()), str(new_id())
        planted["position"], planted["sealed"] = -3, {}
        planted["type"], planted["data"] = "TagAdded", {"tag": "a"}
        somebody.replace(planted)
    assert (-3, Kind.POSITION) in ledger.found()
    assert {position for position, _ in ledger.found()} == {-3}


def test_time_that_runs_backwards_is_named(ledger: Attacked) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        envelopes = somebody.envelopes()
        envelopes[AT - 1]["recorded_at"] = "2020-01-01T00:00:00.000000Z"
        somebody.rewrite(envelopes)
    assert ledger.found() == [(AT, Kind.POSITION)]


def test_every_core_finds_the_same(ledger: Attacked) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        somebody.run("DELETE FROM ledger.events WHERE position = %s", AT)
    alone, together = ledger.fsck(), ledger.fsck(processes=2)
    assert together.findings == alone.findings
    assert together.tree.root() == alone.tree.root()
    assert ledger.fsck(span=4 * SPAN).findings == alone.findings


def test_a_sample_is_read_closely_and_the_rest_hashed(ledger: Attacked) -> None:
    whole = ledger.fsck()
    part = ledger.fsck(sample=3)
    assert (part.checked, part.tree.size) == (3, EVENTS)
    assert part.tree.root() == whole.tree.root()
    assert part.findings == []
    assert ledger.fsck(sample=99).checked == EVENTS


def test_a_ledger_that_goes_on_is_good(ledger: Attacked) -> None:
    goes_on(ledger)
    assert HeadFile(ledger.data).read().position == EVENTS + 1
    assert ledger.found() == []
