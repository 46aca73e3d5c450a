"""Tessera's fsck: another people's program that checks a tlog-tiles log over HTTP."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parents[1] / "outsiders"
_PROGRAM: Final = "github.com/transparency-dev/tessera/cmd/fsck"
_GOOD: Final = re.compile(
    r"Successfully fsck'd log with size (\d+) and root \S+ \(([0-9a-f]{64})\)"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What fsck said: size and root of a log that it found whole, else None; and its words."""

    found: tuple[int, str] | None
    words: str


def build(place: Path) -> Path:
    """Return the program, built as go.mod and go.sum pin it."""
    made = place / "fsck"
    command = ["go", "build", "-mod=readonly", "-o", str(made), _PROGRAM]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return made


def check(program: Path, url: str, vkey: str, token: str) -> Verdict:
    """Check the log at a URL; the token lets it read entries."""
    key = program.with_name("vkey")
    key.write_text(vkey, "utf-8")
    command = [str(program), f"--storage_url={url}/", f"--public_key={key}"]
    command += [f"--bearer_token={token}", "--ui=false", "--N=2"]
    done = subprocess.run(
        command, env=os.environ, capture_output=True, text=True, timeout=120, check=False
    )
    words = done.stdout + done.stderr
    good = _GOOD.search(words)
    return Verdict((int(good[1]), good[2]) if good else None, words)
