"""The page for lawyers and auditors: its commands check a running ledger without our code."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.readme import ROOT, Example, fences, run, wrong
from support.running import Running

PAGE = ROOT / "docs/evidence.md"


@dataclass(frozen=True, slots=True)
class Followed:
    """What the page's commands printed, and the directory with what they fetched."""

    told: list[tuple[Example, str]]
    place: Path

    def says(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", command], cwd=self.place, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def followed(running_ledger: Running, tmp_path_factory: pytest.TempPathFactory) -> Followed:
    place = tmp_path_factory.mktemp("page")
    return Followed(run(PAGE, running_ledger, place), place / "checkout")


def test_the_commands_of_the_page_check_the_log_as_it_says(followed: Followed) -> None:
    assert [said for example, output in followed.told for said in wrong(example, output)] == []
    assert "Signature Verified Successfully" in "".join(output for _, output in followed.told)
    receipt, event = (followed.place / name for name in ("receipt.json", "event.json"))
    leaf = receipt.read_text("utf-8").partition('"leaf_hash":"')[2][:64]
    assert leaf in event.read_text("utf-8")
    assert leaf in followed.says("python3 one_event.py").stdout


@pytest.mark.parametrize(
    ("file", "known", "other", "words"),
    [
        ("event.json", '"version":1', '"version":2', "NOT in the log"),
        ("event.tlog-proof", r"\nindex ", r"\nindex 1", "AssertionError"),
        ("checkpoint", r"\n(.)(.{42})=\n\n", r"\n\2\1=\n\n", "CHANGED"),
        ("checkpoint-now", r"\n(.)(.{42})=\n\n", r"\n\2\1=\n\n", "does not follow"),
        ("signed-text", r"/1\n", r"/2\n", "Signature Verification Failure"),
    ],
)
def test_what_was_changed_is_noticed(
    followed: Followed, file: str, known: str, other: str, words: str
) -> None:
    path = followed.place / file
    before = path.read_text("utf-8")
    path.write_text(re.sub(known, other, before, count=1), "utf-8")
    (signature,) = [one for one in fences(PAGE, "sh") if "pkeyutl" in one]
    checks = ["python3 one_event.py", "python3 unchanged.py", signature.splitlines()[-1]]
    ended = [followed.says(command) for command in checks]
    path.write_text(before, "utf-8")
    assert [one.returncode == 0 for one in ended].count(False) == 1
    assert words in "".join(one.stdout + one.stderr for one in ended)
