"""Run the benches: `python -m bench [--smoke] [--write FILE] [NAME ...]`.

A missed bar is a result, not a failure: the exit code is 0 unless a bench breaks.
"""

import argparse
import importlib
from pathlib import Path
from typing import Final

from bench.harness import Result, Scale
from bench.report import table, write

BENCHES: Final = {
    "append": "append-256 append-256-two append-32",
    "post": "post",
    "catch_up": "catch-up",
    "rebuild": "rebuild",
    "queue_page": "queue-page",
    "long_ticket": "long-ticket",
    "fsck": "fsck",
    "integrate": "integrate",
    "checkpoint_delay": "checkpoint-delay",
    "proof": "proof",
    "publisher": "publisher",
    "broker_away": "broker-away-memory broker-away-append",
    "consumer": "consumer",
    "notifying": "notifying notifying-kafka",
    "export": "export verify export-100000",
    "pdf": "pdf-1000 pdf-100000",
    "memory": "memory-api memory-stack",
}
"""Module -> the bars that it measures."""


def chosen(names: list[str]) -> list[str]:
    """Return the modules that were asked for, by module or bar name; all if none was."""
    modules = [m for m, bars in BENCHES.items() if not names or {m, *bars.split()} & set(names)]
    known = {*BENCHES, *(bar for bars in BENCHES.values() for bar in bars.split())}
    unknown = set(names) - known
    if unknown:
        raise SystemExit(f"no such bench: {', '.join(sorted(unknown))}; known: {sorted(known)}")
    return modules


def main() -> None:
    """Run what was asked for and print one JSON line a bar, then the table."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", help="benches or bars; all if none is named")
    parser.add_argument("--smoke", action="store_true", help="seconds, no thresholds")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table into this page")
    asked = parser.parse_args()
    scale = Scale(smoke=True, rounds=1) if asked.smoke else Scale()
    results: list[Result] = []
    for module in chosen(asked.names):
        print(f"# {module}", flush=True)
        for result in importlib.import_module(f"bench.{module}").run(scale):
            for note in result.notes:
                print(f"#   {note}")
            print(result.line(smoke=scale.smoke), flush=True)
            results.append(result)
    print(table(results))
    if asked.write and not scale.smoke:
        write(asked.write, results)


if __name__ == "__main__":
    main()
