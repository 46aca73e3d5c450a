"""Attacks that leave no contradiction among the rows: the signed log names where, nothing before.

Each attacker has superuser rights, the triggers off, and recomputes columns, hashes, chains and
positions of all that follows. They cannot reach the log's files, except where a test says so.
"""

import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from support.attacked import EVENTS, Attacked, logged
from support.attacks import Attacker, attacker, row_of
from support.databases import Database
from support.log import integrated
from support.store import keys_of

from domain.errors import Malformed
from domain.stream import Stream, StreamKind
from domain.values import Purpose, Sealed
from infra.fsck.findings import Kind
from infra.fsck.signed import kept_elsewhere
from infra.headfile import NAME
from infra.ids import new_id
from infra.logkeys import HISTORY, LogKeys
from infra.notes import Signer
from infra.sealing import Sealer
from infra.tilefiles import CHECKPOINT, LAST_SIGNED, TileReader, head_of, log_directory

AT = 5
Envelopes = list[dict[str, Any]]


@pytest.fixture
def ledger(database: Database, keys_dir: Path) -> Attacked:
    return logged(database, keys_dir)


def log_of(ledger: Attacked, epoch: int = 1) -> Path:
    return log_directory(ledger.data) / str(epoch)


def rewrite(ledger: Attacked, change: Callable[[Envelopes], object]) -> None:
    """Change the history and recompute all that follows from it."""
    with attacker(ledger.database.dsn_superuser) as somebody:
        envelopes = somebody.envelopes()
        change(envelopes)
        somebody.rewrite(envelopes)


def another_language(envelopes: Envelopes) -> None:
    envelopes[AT - 1]["data"]["language"] = "ru"


def planted_in(envelopes: Envelopes) -> None:
    planted = deepcopy(envelopes[AT - 1])
    planted["id"], planted["sealed"] = str(new_id()), {}
    planted["type"], planted["data"] = "TagAdded", {"tag": "a"}
    envelopes.insert(AT, planted)


def swapped(envelopes: Envelopes) -> None:
    times = [envelopes[index]["recorded_at"] for index in (5, 6)]
    envelopes[5], envelopes[6] = envelopes[6], envelopes[5]
    envelopes[5]["recorded_at"], envelopes[6]["recorded_at"] = times


def moved(envelopes: Envelopes) -> None:
    envelopes[AT - 1]["contract"]["number"] = "B"


def test_a_log_that_nobody_touched_is_good(ledger: Attacked) -> None:
    report = ledger.fsck()
    assert report.findings == []
    assert [(one.head.size, one.head.root) for one in report.signed] == [
        (EVENTS, report.tree.root())
    ]


def test_a_changed_envelope_is_named(ledger: Attacked) -> None:
    rewrite(ledger, another_language)
    # with it change 8 and 10, which follow it
    assert ledger.found() == [(AT, Kind.TREE), (8, Kind.TREE), (10, Kind.TREE)]


def test_a_changed_column_is_named_and_the_tree_is_not(ledger: Attacked) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        somebody.run(f"UPDATE ledger.events SET contract = 'C' WHERE position = {AT}")
    assert ledger.found() == [(AT, Kind.COLUMN)]


def seal_anew(ledger: Attacked, somebody: Attacker, envelope: dict[str, Any]) -> None:
    """Put another text into a sealed field, with its own key and a commitment that fits."""
    event, stream = row_of(envelope)[3:5]
    named = "WHERE event_id = %s AND field = 'text'"
    key_id = somebody.run(f"SELECT key_id FROM ledger.sealed_fields {named}", event)[0][0]
    keys = keys_of(ledger.data)
    key = keys.by_id(key_id)
    assert key is not None
    sealer = Sealer(somebody.run("SELECT ledger FROM ledger.identity")[0][0], keys)
    text = Sealed("It was never done.", new_id(), Purpose.CORRESPONDENCE)
    row, promise = sealer.seal(event, Stream(StreamKind.TICKET, stream), [("text", text, key)])[0]
    keys.close()
    change = f"UPDATE ledger.sealed_fields SET nonce = %s, ciphertext = %s {named}"
    somebody.run(change, row.nonce, row.ciphertext, event)
    envelope["sealed"]["text"]["commitment"] = promise


def test_a_changed_sealed_field_with_a_commitment_that_fits_is_named(ledger: Attacked) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        envelopes = somebody.envelopes()
        seal_anew(ledger, somebody, envelopes[AT - 1])
        somebody.rewrite(envelopes)
    assert ledger.found() == [(AT, Kind.TREE), (8, Kind.TREE), (10, Kind.TREE)]


def test_a_removed_sealed_field_and_what_named_it_is_named(ledger: Attacked) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        envelopes = somebody.envelopes()
        somebody.run(
            "DELETE FROM ledger.sealed_fields WHERE event_id = %s", envelopes[AT - 1]["id"]
        )
        envelopes[AT - 1] |= {"sealed": {}, "type": "TagAdded", "data": {"tag": "a"}}
        somebody.rewrite(envelopes)
    assert ledger.found() == [(AT, Kind.TREE), (8, Kind.TREE), (10, Kind.TREE)]


def test_a_deleted_row_is_named_although_the_rest_closed_up(ledger: Attacked) -> None:
    rewrite(ledger, lambda envelopes: envelopes.pop(AT - 1))
    last = [(EVENTS, Kind.TRUNCATED)] * 2  # the log misses it, and the head file
    assert ledger.found() == [(AT, Kind.TREE), *last]


def test_a_row_put_in_the_middle_is_named(ledger: Attacked) -> None:
    rewrite(ledger, planted_in)
    assert ledger.found() == [(AT + 1, Kind.TREE), (EVENTS, Kind.FORK)]
    assert f"to position {EVENTS}" in ledger.fsck().findings[0].detail


def test_a_truncated_tail_is_named_also_when_the_head_file_agrees(ledger: Attacked) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        somebody.run("DELETE FROM ledger.events WHERE position > 10")
    (ledger.data / NAME).unlink()
    assert ledger.found() == [(11, Kind.TRUNCATED)]


def test_two_swapped_events_are_named(ledger: Attacked) -> None:
    rewrite(ledger, swapped)
    found = ledger.found()
    assert found[0] == (6, Kind.TREE)
    assert {kind for _, kind in found} <= {Kind.TREE, Kind.FORK}


def test_an_event_moved_to_another_contract_is_named(ledger: Attacked) -> None:
    rewrite(ledger, moved)
    found = ledger.found()
    assert found[0] == (AT, Kind.TREE)
    assert {kind for _, kind in found} <= {Kind.TREE, Kind.FORK}


def test_a_deleted_row_that_left_its_place_is_a_gap_and_nothing_before(ledger: Attacked) -> None:
    with attacker(ledger.database.dsn_superuser) as somebody:
        somebody.run("DELETE FROM ledger.events WHERE position = %s", AT)
    found = ledger.found()
    assert found[:2] == [(AT, Kind.POSITION), (AT, Kind.TREE)]
    assert {position for position, kind in found if kind is Kind.TREE} == {AT}


def test_every_core_compares_the_same(ledger: Attacked) -> None:
    rewrite(ledger, another_language)
    assert ledger.fsck(processes=2).findings == ledger.fsck().findings
    assert ledger.fsck(sample=1).findings == ledger.fsck(span=100).findings


def test_a_flipped_bit_in_a_tile_is_named(ledger: Attacked) -> None:
    path = log_of(ledger) / f"tile/0/000.p/{EVENTS}"
    content = bytearray(path.read_bytes())
    content[32 * (AT - 1)] ^= 1
    path.write_bytes(content)
    assert ledger.found() == [(AT, Kind.TREE)]


def test_a_missing_tile_is_named(ledger: Attacked) -> None:
    (log_of(ledger) / f"tile/0/000.p/{EVENTS}").unlink()
    assert ledger.found() == [(1, Kind.TREE)]


def sign_with(ledger: Attacked, signer: Signer, root: bytes) -> None:
    """Put a note about another root into the log's files."""
    note = (log_of(ledger) / LAST_SIGNED).read_bytes()
    head = head_of(note)
    forged = signer.sign(type(head)(head.origin, head.size, root).text()).encode()
    for name in (LAST_SIGNED, CHECKPOINT):
        (log_of(ledger) / name).write_bytes(forged)


def test_tiles_that_were_rewritten_with_the_rows_lead_to_no_signed_root(ledger: Attacked) -> None:
    signed = {name: (log_of(ledger) / name).read_bytes() for name in (LAST_SIGNED, CHECKPOINT)}
    rewrite(ledger, another_language)
    shutil.rmtree(log_of(ledger))
    integrated(ledger.database, ledger.data)
    for name, note in signed.items():
        (log_of(ledger) / name).write_bytes(note)
    assert ledger.found() == [(EVENTS, Kind.FORK)]


def test_a_note_that_no_key_of_the_log_signed_is_not_believed(
    ledger: Attacked, tmp_path: Path
) -> None:
    rewrite(ledger, another_language)
    other = LogKeys(tmp_path)
    other.create()
    origin = head_of((log_of(ledger) / LAST_SIGNED).read_bytes()).origin
    sign_with(ledger, other.signer(origin), ledger.fsck().tree.root())
    assert ledger.found() == [(EVENTS, Kind.FORK)]
    (log_of(ledger) / LAST_SIGNED).write_bytes(b"nothing\n")
    assert (1, Kind.FORK) in ledger.found()


def test_whoever_rebuilt_the_log_with_its_key_is_betrayed_by_a_kept_checkpoint(
    ledger: Attacked,
) -> None:
    note = TileReader(log_of(ledger)).checkpoint()
    assert note is not None
    rewrite(ledger, another_language)
    shutil.rmtree(log_of(ledger))
    integrated(ledger.database, ledger.data)
    assert ledger.found() == []
    kept = kept_elsewhere(note, "kept", ledger.settings)
    assert ledger.found(kept) == [(EVENTS, Kind.FORK)]


def test_a_kept_checkpoint_misses_a_tail_that_the_log_lost_too(ledger: Attacked) -> None:
    note = TileReader(log_of(ledger)).checkpoint()
    assert note is not None
    with attacker(ledger.database.dsn_superuser) as somebody:
        somebody.run("DELETE FROM ledger.events WHERE position > 10")
    (ledger.data / NAME).unlink()
    shutil.rmtree(log_of(ledger))
    integrated(ledger.database, ledger.data)
    kept = kept_elsewhere(note, "kept", ledger.settings)
    assert ledger.found(kept) == [(11, Kind.TRUNCATED)]


def test_a_kept_checkpoint_must_be_this_logs(ledger: Attacked, tmp_path: Path) -> None:
    note = TileReader(log_of(ledger)).checkpoint() or b""
    origin = head_of(note).origin
    keys = LogKeys(ledger.data)
    vkey = keys.signer(origin).verifier.vkey
    assert ledger.found(kept_elsewhere(note, "kept", ledger.settings, vkey)) == []
    other = LogKeys(tmp_path)
    other.create()
    text = head_of(note).text()
    foreign = text.replace(origin, "elsewhere.example.net/1")

    def refused(raw: bytes, why: str, vkey: str | None = None) -> None:
        with pytest.raises(Malformed, match=why):
            kept_elsewhere(raw, "kept", ledger.settings, vkey)

    refused(b"no note", "no checkpoint")
    refused(note.replace(b"\n12\n", b"\n13\n"), "not to be believed")
    refused(other.signer(origin).sign(text).encode(), "not to be believed")
    refused(keys.signer("elsewhere.example.net/1").sign(foreign).encode(), "elsewhere")
    refused(note, "not to be believed", other.signer(origin).verifier.vkey)
    refused(note, "a key of", keys.signer("log.example.net/2").verifier.vkey)
    refused(note, "vkey", "nonsense")
    (log_directory(ledger.data) / HISTORY).unlink()
    refused(note, "no key")
