"""The page for lawyers and auditors: its commands check a running ledger without our code."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.readme import ROOT, Example, fences, run, wrong
from support.running import Running

PAGE = ROOT / "docs/evidence.md"
ANOTHER_ROOT = (r"\n(.)(.{42})=\n\n", r"\n\2\1=\n\n")


@dataclass(frozen=True, slots=True)
class Followed:
    """What the page's commands printed, and the directory with what they fetched."""

    told: list[tuple[Example, str]]
    place: Path
    running: Running

    def says(self, command: str) -> subprocess.CompletedProcess[str]:
        given = {"LEDGER": self.running.url, "COMPLIANCE": self.running.token("compliance")}
        return subprocess.run(
            ["sh", "-c", command],
            cwd=self.place,
            env=os.environ | given,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def followed(running_ledger: Running, tmp_path_factory: pytest.TempPathFactory) -> Followed:
    place = tmp_path_factory.mktemp("page")
    return Followed(run(PAGE, running_ledger, place), place / "checkout", running_ledger)


def test_the_commands_of_the_page_check_the_log_as_it_says(followed: Followed) -> None:
    assert [said for example, output in followed.told for said in wrong(example, output)] == []
    assert "Signature Verified Successfully" in "".join(output for _, output in followed.told)
    receipt, event = (followed.place / name for name in ("receipt.json", "event.json"))
    leaf = receipt.read_text("utf-8").partition('"leaf_hash":"')[2][:64]
    assert leaf in event.read_text("utf-8")
    assert leaf in followed.says("python3 one_event.py").stdout


@pytest.mark.parametrize(
    ("file", "known", "other", "check", "words"),
    [
        ("event.json", '"version":1', '"version":2', "one_event", "NOT in the log"),
        ("event.tlog-proof", r"\nindex ", r"\nindex 1", "one_event", "AssertionError"),
        ("checkpoint", *ANOTHER_ROOT, "unchanged", "CHANGED"),
        ("checkpoint-now", *ANOTHER_ROOT, "unchanged", "does not follow"),
        ("contract.head", r"\ncount ", r"\ncount 1", "contract", "ends otherwise"),
        ("contract.head", r"\nroot (.)(.+)\n", r"\nroot \2\1\n", "contract", "of the signed tree"),
        ("contract.head", r"\nsize ", r"\nsize 1", "", "Signature Verification Failure"),
        ("checkpoint", *ANOTHER_ROOT, "", "Signature Verification Failure"),
    ],
)
def test_what_was_changed_is_noticed(
    followed: Followed, file: str, known: str, other: str, check: str, words: str
) -> None:
    path = followed.place / file
    before = path.read_text("utf-8")
    (signature,) = [one for one in fences(PAGE, "sh") if "signed_by_the_log()" in one]
    command = f"python3 {check}.py" if check else f"{signature}signed_by_the_log {file}"
    assert followed.says(command).returncode == 0
    path.write_text(re.sub(known, other, before, count=1), "utf-8")
    ended = followed.says(command)
    path.write_text(before, "utf-8")
    assert ended.returncode != 0
    assert words in ended.stdout + ended.stderr
