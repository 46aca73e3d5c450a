"""Whatever is changed in a bag is found, by both programs, also when everything is listed anew."""

import random
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import databases
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
from support.erasing import carry_out, erasing_message
from support.store import seeds

from domain.errors import LedgerError
from infra.bundle.alone_checks import BAD, Bag, Check
from infra.bundle.alone_proofs import Key, Wrong
from infra.bundle.checking import Result
from infra.postgres import Cluster

CHANGES = ("flip", "cut", "insert")
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def told() -> Told:
    return Told()


@pytest.fixture(scope="module")
def exporting(
    told: Told, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Exporting]:
    """A ledger in which a message was erased."""
    place = tmp_path_factory.mktemp("attacked")
    with databases.fresh(cluster) as database, exporting_on(database, place, told) as made:
        rows = made.ledger.rows(
            "SELECT event_id, max(stream_version) OVER () FROM ledger.events"
            " WHERE stream_id = %s ORDER BY position",
            [told.other.id],
        )
        made.ledger.tell([erasing_message(told.other, rows[1][1], rows[1][0], CONTRACT)])
        carry_out(database, place)
        with made.log():
            yield made


@pytest.fixture(scope="module")
def good(exporting: Exporting) -> Files:
    """The files of a good bag in which words are told, withheld and erased."""
    bag = exporting.export(CONTRACT, exporting.data / "good.zip")
    return files_of(bag)


def ours(bag: Path, vkey: str) -> bool:
    """Say whether the ledger's own code finds something wrong."""
    try:
        return not verify(bag, vkey).ok
    except LedgerError:
        return True


def theirs(bag: Path, vkey: str) -> bool:
    """Say whether the program in the bag finds something wrong."""
    try:
        check = Check(Bag(str(bag)), Key(vkey))
    except (OSError, Wrong, *BAD):
        return True
    check.run()
    return not check.report()["ok"]


def require_found(
    files: Files, good: Files, exporting: Exporting, place: Path, what: object
) -> None:
    """Write the files as they are, and listed anew; require that both programs object."""
    for way, changed in (("as it is", files), ("listed anew", relisted(files))):
        if changed == good:
            continue  # a manifest that was changed is right again
        bag = write_bag(place / "changed.zip", changed)
        assert ours(bag, exporting.vkey), (what, way, "ledger verify")
        assert theirs(bag, exporting.vkey), (what, way, "verify.py")


def changed(content: bytes, change: str, chance: random.Random) -> bytes:
    """Return the bytes with one of them changed, left out, or one more."""
    at = chance.randrange(max(1, len(content)))
    if change == "insert" or not content:
        return content[:at] + bytes([chance.randrange(256)]) + content[at:]
    if change == "cut":
        return content[:at] + content[at + 1 :]
    return content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :]


def test_the_bag_that_is_attacked_is_good(
    exporting: Exporting, good: Files, tmp_path: Path
) -> None:
    bag = write_bag(tmp_path / "good.zip", good)
    verdict = verify(bag, exporting.vkey)
    assert verdict.findings == []
    assert {Result.INTACT, Result.WITHHELD, Result.ERASED} == set(verdict.results.values())
    alone = verify_alone(bag, exporting.vkey)
    assert alone.returncode == 0, alone.stdout


@seeds(1)
def test_every_file_changed_in_a_byte_is_found(
    seed: int, exporting: Exporting, good: Files, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    for name, content in good.items():
        for change in CHANGES:
            other = changed(content, change, chance)
            if other != content:
                require_found(
                    {**good, name: other}, good, exporting, tmp_path, (seed, name, change)
                )


def test_every_byte_of_the_signed_note_counts(
    exporting: Exporting, good: Files, tmp_path: Path
) -> None:
    (name,) = (name for name in good if name.endswith("/manifest.note"))
    for at in range(len(good[name])):
        note = bytearray(good[name])
        note[at] ^= 1
        bag = write_bag(tmp_path / "changed.zip", {**good, name: bytes(note)})
        assert ours(bag, exporting.vkey), at
        if at % 8 == 0 or at > len(note) - 8:
            assert theirs(bag, exporting.vkey), at


def test_a_signature_has_one_form(exporting: Exporting, good: Files, tmp_path: Path) -> None:
    (name,) = (name for name in good if name.endswith("/manifest.note"))
    begin, last = good[name][:-3], good[name][-3:-2]
    letters = (string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/").encode()
    for bit in (1, 2):  # the last letter before `=` has two bits that mean nothing
        other = begin + letters[letters.index(last) ^ bit :][:1] + b"=\n"
        bag = write_bag(tmp_path / "changed.zip", {**good, name: other})
        assert ours(bag, exporting.vkey)
        assert theirs(bag, exporting.vkey)


def test_every_file_left_out_is_found(exporting: Exporting, good: Files, tmp_path: Path) -> None:
    for name in good:
        left = {other: content for other, content in good.items() if other != name}
        require_found(left, good, exporting, tmp_path, name)


def test_an_event_left_out_with_all_that_tells_of_it_is_found(
    exporting: Exporting, good: Files, tmp_path: Path
) -> None:
    position = 5
    left = {
        name: b"".join(
            line
            for line in content.splitlines(keepends=True)
            if not (name.endswith(".jsonl") and f'"position":{position},'.encode() in line)
        )
        for name, content in good.items()
        if not name.endswith((f"/events/{position}.json", f"/proofs/{position}.tlog-proof"))
    }
    require_found(left, good, exporting, tmp_path, position)
    verdict = verify(write_bag(tmp_path / "left.zip", relisted(left)), exporting.vkey)
    assert not verdict.complete


def test_a_file_put_in_is_found(exporting: Exporting, good: Files, tmp_path: Path) -> None:
    top = next(iter(good)).partition("/")[0]
    for name in (f"{top}/data/more.txt", f"{top}/more.txt", f"{top}/data/attachments/x"):
        require_found({**good, name: b"more"}, good, exporting, tmp_path, name)


def test_bags_put_together_from_two_good_ones_are_found(
    exporting: Exporting, told: Told, tmp_path: Path
) -> None:
    one = files_of(exporting.export(told.ticket, tmp_path / "one.zip"))
    same = files_of(exporting.export(told.ticket, tmp_path / "same.zip"))
    early = files_of(exporting.export(told.ticket, tmp_path / "early.zip", position=6))
    other = files_of(exporting.export(told.other, tmp_path / "other.zip"))
    top = next(iter(one)).partition("/")[0]
    for second in (same, early, other):
        found = {f"{top}/{name.partition('/')[2]}": content for name, content in second.items()}
        for name in sorted(found):
            if found[name] != one.get(name):
                require_found({**one, name: found[name]}, one, exporting, tmp_path, name)
        require_found({**found, **one}, one, exporting, tmp_path, "everything of both")


def test_what_is_altered_is_said_event_by_event(
    exporting: Exporting, good: Files, tmp_path: Path
) -> None:
    (name,) = (name for name in good if name.endswith("/events/6.json"))
    forged = good[name].replace(b'"side":"customer"', b'"side":"staff"')
    assert forged != good[name]
    bag = write_bag(tmp_path / "forged.zip", relisted({**good, name: forged}))
    verdict = verify(bag, exporting.vkey)
    altered = [at for at, result in verdict.results.items() if result is Result.ALTERED]
    assert altered == [6]
    check = Check(Bag(str(bag)), Key(exporting.vkey))
    check.run()
    report: dict[str, Any] = check.report()
    assert [one["position"] for one in report["results"] if one["result"] == "ALTERED"] == [6]
    assert any(one.position == 6 and one.detail for one in verdict.findings)


def test_a_program_that_always_agrees_is_found(
    exporting: Exporting, good: Files, tmp_path: Path
) -> None:
    (name,) = (name for name in good if name.endswith("/verify.py"))
    bag = write_bag(tmp_path / "lying.zip", relisted({**good, name: b"print('fine')\n"}))
    verdict = verify(bag, exporting.vkey)
    assert any("do not run it" in one.detail for one in verdict.findings)
