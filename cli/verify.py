"""`ledger verify`: is a bag that somebody handed in what was recorded and exported?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from cli.exits import GOOD, WRONG
from cli.output import progress, show
from cli.viewing import AsJson
from domain.errors import LedgerError
from infra.bundle.about import subject_of
from infra.bundle.checking import Verdict, check
from infra.bundle.reader import opening
from infra.notes import Verifier
from infra.timestamps import Trust


def verify(
    file: Path,
    *,
    vkey: str,
    roots: Annotated[tuple[Path, ...], Parameter(negative="")] = (),
    as_json: AsJson = False,
) -> int:
    """Check an export without any ledger; exit 1 when something is wrong or was left out.

    Every event is INTACT, INTACT-WITHHELD (some words left out), INTACT-ERASED (some words do not
    exist any more) or ALTERED.

    Example: ledger verify ticket.zip --vkey log.example.net/1+8c3a1f20+AQ...

    Parameters
    ----------
    file
        The bag.
    vkey
        The key of the log, from anywhere but the bag.
    roots
        A PEM file of certificates of time stamp authorities that you believe; may be repeated.
        Without one, time stamps are not checked.
    """
    key, trust = Verifier.parse(vkey), [Trust.read(path) for path in roots]
    with opening(file) as bag, progress("verifying", len(bag.under("data/events/"))) as done:
        verdict = check(bag, key, trust, done)
        try:
            subject = subject_of(bag)
        except LedgerError as error:
            subject = (f"unknown: {error}", 0)
    show(_report(verdict), _lines(verdict, subject), as_json=as_json)
    return GOOD if verdict.ok else WRONG


def _report(verdict: Verdict) -> dict[str, Any]:
    head = verdict.head
    return {
        "ok": verdict.ok,
        "events": verdict.counts(),
        "complete": verdict.complete,
        "checkpoint": None
        if head is None
        else {
            "origin": head.origin,
            "size": head.size,
            "root": head.root.hex(),
            "signers": verdict.signers,
        },
        "timestamps": verdict.stamps,
        "findings": verdict.findings,
        "results": [{"position": at, "result": found} for at, found in verdict.results.items()],
    }


def _lines(verdict: Verdict, subject: tuple[str, int]) -> Iterator[str]:
    yield f"{subject[0]} as of position {subject[1]}"
    for one in verdict.findings:
        where = "" if one.position is None else f"position {one.position}: "
        yield f"WRONG  {where}{one.detail}"
    for stamp in verdict.stamps:
        said = f"{stamp.time} by {stamp.authority}" if stamp.time else stamp.detail
        yield f"{stamp.status}  {stamp.file}: {said}"
    yield ", ".join(f"{count} {name}" for name, count in verdict.counts().items())
    yield "complete" if verdict.complete else "INCOMPLETE: something was left out"
    yield "everything holds" if verdict.ok else "NOT what was recorded and exported"
