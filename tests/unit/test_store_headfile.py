"""The head file: the newest head wins, whoever writes."""

import json
import stat
import threading
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from infra.headfile import NAME, NOTHING, Durable, HeadFile

LEDGER = UUID("01890000-0000-7000-8000-000000000002")
HEAD = Durable(LEDGER, 1, 7, b"\x07" * 32)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    HeadFile(tmp_path).write(HEAD)
    assert HeadFile(tmp_path).read() == HEAD
    assert json.loads((tmp_path / NAME).read_text("ascii")) == {
        "ledger": str(LEDGER),
        "epoch": 1,
        "position": 7,
        "leaf_hash": "07" * 32,
    }


def test_without_a_file_nothing_is_known(tmp_path: Path) -> None:
    assert HeadFile(tmp_path).read() == NOTHING


def test_an_older_head_does_not_replace_a_newer_one(tmp_path: Path) -> None:
    file = HeadFile(tmp_path)
    file.write(HEAD)
    file.write(replace(HEAD, position=6))
    assert file.read() == HEAD


def test_a_later_epoch_wins_at_any_position(tmp_path: Path) -> None:
    file = HeadFile(tmp_path)
    file.write(HEAD)
    later = replace(HEAD, epoch=2, position=3)
    file.write(later)
    file.write(replace(HEAD, position=9))
    assert file.read() == later


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    HeadFile(tmp_path).write(HEAD)
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


def test_many_writers_leave_the_newest_head(tmp_path: Path) -> None:
    heads = [replace(HEAD, position=n) for n in range(1, 25)]
    threads = [threading.Thread(target=HeadFile(tmp_path).write, args=(head,)) for head in heads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert HeadFile(tmp_path).read() == heads[-1]
