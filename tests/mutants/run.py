"""Plant each known bug in a copy of the checkout and see that its test turns red.

`python tests/mutants/run.py [NAME ...] [--jobs N]`; each NAME.toml here says `file`, `find`
(exact text, once), `replace`, `test` (pytest node id, or several) and `why`; `timeout` in seconds
where the default is too short; `needs`, a program without which its tests are not collected. A
mutant counts as killed when a named test fails by itself: an error while importing, collecting or
setting up proves nothing. Each job keeps one copy and one state directory, so that everything is
compiled and copied once; a bug is taken out again before the next one. What was not killed is tried
once more, alone: a race is not lost every time, and two jobs slow each other. Exit code 1 when one
survives both.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from support.checkout import ROOT, checkout_files  # noqa: E402 - found by the line above

TIMEOUT: Final = 300
"""Seconds that a mutant's tests may take."""
GRACE: Final = 20
"""Seconds that an interrupted test run gets to stop what it started."""
VERDICT: Final = "verdict.xml"
BROKEN: Final = ("SyntaxError", "ImportError", "ModuleNotFoundError", "NameError")
"""Failures by these mean that the mutant does not run, not that the test saw its bug."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A planted bug, and the tests that must see it."""

    name: str
    file: str
    find: str
    replace: str
    tests: tuple[str, ...]
    timeout: int
    needs: str = ""

    @property
    def runnable(self) -> bool:
        """Say whether the program that its tests need is here; in CI it must be."""
        return not self.needs or "CI" in os.environ or shutil.which(self.needs) is not None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the tests said about a mutant; `trouble` is '' when they killed it."""

    mutant: Mutant
    seconds: float
    trouble: str
    output: str = ""


def load(path: Path) -> Mutant:
    """Read a mutant's file."""
    form = tomllib.loads(path.read_text("utf-8"))
    tests = [form["test"]] if isinstance(form["test"], str) else form["test"]
    return Mutant(
        path.stem,
        form["file"],
        form["find"],
        form["replace"],
        tuple(tests),
        form.get("timeout", TIMEOUT),
        form.get("needs", ""),
    )


def copy_checkout(target: Path) -> None:
    """Copy every file of the checkout."""
    for name in checkout_files():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # an editor's file that is gone again
            shutil.copy2(ROOT / name, target / name)


@contextmanager
def planted(mutant: Mutant, copy: Path) -> Iterator[None]:
    """Put the bug into the copy, and take it out again."""
    target = copy / mutant.file
    text = target.read_text("utf-8")
    if text.count(mutant.find) != 1:
        raise SystemExit(f"{mutant.name}: `find` must stand exactly once in {mutant.file}")
    mutated = text.replace(mutant.find, mutant.replace)
    if target.suffix == ".py":
        compile(mutated, mutant.file, "exec")
    write(target, mutated)
    try:
        yield
    finally:
        write(target, text)
        shutil.rmtree(copy / ".hypothesis", ignore_errors=True)
        shutil.rmtree(state_of(copy) / "clusters", ignore_errors=True)
        (copy / VERDICT).unlink(missing_ok=True)


def write(target: Path, text: str) -> None:
    """Write a source file; what was compiled of it goes, whatever its times say."""
    target.write_text(text, "utf-8")
    for compiled in target.parent.glob(f"__pycache__/{target.stem}.*.pyc"):
        compiled.unlink(missing_ok=True)


def state_of(copy: Path) -> Path:
    """Return the state directory beside a copy."""
    return copy.with_name(f"{copy.name}-state")


def environment(copy: Path) -> dict[str, str]:
    """Return the environment in which the copy's packages win over the installed ones."""
    return {**os.environ, "PYTHONPATH": str(copy), "LEDGER_TESTS_STATE": str(state_of(copy))}


def own_packages(copy: Path) -> bool:
    """Say whether a process started there imports the copy's packages."""
    program = "import domain, infra, cli; print(domain.__file__, infra.__file__, cli.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd="/",
        env=environment(copy),
        capture_output=True,
        text=True,
        check=True,
    )
    return all(place.startswith(str(copy)) for place in done.stdout.split())


def run_tests(mutant: Mutant, copy: Path) -> tuple[int | None, str]:
    """Run the named tests in the copy; return pytest's exit code (None: too slow) and output."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", f"--junitxml={VERDICT}"]
    command += ["-p", "no:cacheprovider", "-p", "no:schemathesis", *mutant.tests]
    with (copy / "output.txt").open("w+b") as output:
        process = subprocess.Popen(
            command,
            cwd=copy,
            env=environment(copy),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        code = wait(process, mutant.timeout)
        output.seek(0)
        return code, output.read().decode("utf-8", "replace")


def wait(process: subprocess.Popen[bytes], timeout: float) -> int | None:
    """Wait for a test run; interrupt it when it takes too long, so that it cleans up."""
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return None


def trouble(code: int | None, verdict: Path) -> str:
    """Say why a run does not show that the bug was seen; '' when it does."""
    if code is None:
        return "the tests took too long"
    if code == 0:
        return "survived: every test passed"
    if code != 1 or not verdict.is_file():
        return f"the tests did not run: pytest exit code {code}"
    suites = list(ET.parse(verdict).getroot().iter("testsuite"))
    failures = [f.get("message", "") for s in suites for f in s.iter("failure")]
    if sum(int(s.get("errors", "0")) for s in suites) and not failures:
        return "a test broke before it could fail"
    if not failures or all(message.startswith(BROKEN) for message in failures):
        return "no test failed by an assertion"
    return ""


class Copies:
    """A copy of the checkout for each job, made when a job first needs one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = threading.local()

    def judge(self, mutant: Mutant) -> Outcome:
        """Plant one bug and run its tests."""
        copy = self._copy()
        start = time.monotonic()
        with planted(mutant, copy):
            code, output = run_tests(mutant, copy)
            found = trouble(code, copy / VERDICT)
        return Outcome(mutant, time.monotonic() - start, found, output)

    def _copy(self) -> Path:
        known: Path | None = getattr(self._own, "copy", None)
        if known is not None:
            return known
        copy = Path(tempfile.mkdtemp(prefix="mutant-", dir=self._folder)).resolve()
        copy_checkout(copy)
        state_of(copy).mkdir(mode=0o755)
        if not own_packages(copy):
            raise SystemExit("the copy's packages are not the ones that get imported")
        self._own.copy = copy
        return copy


def told(outcome: Outcome) -> Outcome:
    """Print one line of the table."""
    verdict = outcome.trouble or "killed"
    print(f"{outcome.mutant.name:<40} {outcome.seconds:6.1f} s  {verdict}", flush=True)
    return outcome


def main() -> int:
    """Judge the mutants that were asked for, print a table, return the exit code."""
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="mutants to try; all if none is named")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    asked = parser.parse_args()
    paths = sorted(HERE.glob("*.toml"))
    named = [load(p) for p in paths if not asked.names or p.stem in asked.names]
    mutants = [mutant for mutant in named if mutant.runnable]
    unknown = set(asked.names) - {mutant.name for mutant in named}
    if unknown:
        parser.error(f"no such mutant: {', '.join(sorted(unknown))}")
    survivors = 0
    if len(mutants) < len(named):
        print(f"{len(named) - len(mutants)} left out: a program that they need is not here")
    with tempfile.TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # the embedded PostgreSQL's account must reach its programs
        judge = Copies(Path(folder)).judge
        with ThreadPoolExecutor(asked.jobs) as pool:
            outcomes = map(told, pool.map(judge, mutants))
            doubtful = [outcome.mutant for outcome in outcomes if outcome.trouble]
        for outcome in map(judge, doubtful):
            if told(outcome).trouble:
                survivors += 1
                print(outcome.output[-4000:], flush=True)
    print(f"{len(mutants) - survivors} of {len(mutants)} mutants killed")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
