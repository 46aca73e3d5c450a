"""What commands print: one JSON line, or lines for people; progress only to a terminal."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import orjson


def show(value: object, lines: Iterable[str], *, as_json: bool) -> None:
    """Print `value` as one line of JSON, or `lines` for people, to standard output."""
    text = orjson.dumps(value).decode() if as_json else "\n".join(lines)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """Tell a person at the terminal what is being done; say nothing to a pipe or file."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error while the block runs, if that is a terminal.

    The block calls what it is given with the number of steps done so far.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - 60 ms, needed at a terminal alone
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)
