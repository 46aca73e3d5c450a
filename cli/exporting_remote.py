"""`ledger export --url`: has a ledger elsewhere make a bag, and fetches it."""

import json
import os
import time
import zipfile
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from cli.connection import Remote
from domain.errors import Integrity, InTheMaking
from domain.stream import Stream
from infra.bundle.layout import ABOUT, CUSTODY, PAYLOAD
from infra.files import sync_directory
from projections.exporting.wanted import Wanted

LONGEST: Final = 3_600.0
"""Seconds that the making is waited for."""

_PAUSE: Final = 2.0


def fetch(ledger: Remote, wanted: Wanted, out: Path) -> tuple[str, int]:
    """Have a bag made and write it to `out`, whole or not at all; return its id and its events.

    Raises Removed when an erasure came between: then it has to be made again.
    """
    made = _made(ledger, wanted)
    draft = out.with_name(f".{out.name}.part")
    try:
        draft.unlink(missing_ok=True)  # of a command that was killed
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            ledger.download(f"/v1/exports/{made['id']}", file)
            file.flush()
            os.fsync(file.fileno())
        told = _told(draft)
        draft.replace(out)
        sync_directory(out.parent)
    finally:
        draft.unlink(missing_ok=True)
    return told


def _made(ledger: Remote, wanted: Wanted) -> dict[str, Any]:
    """Ask until it is made, always under the same key: it is made once."""
    path, key = f"{_path(wanted)}/exports", str(uuid4())
    deadline = time.monotonic() + LONGEST
    while True:
        try:
            answer: dict[str, Any] = ledger.post(path, _body(wanted), key=key, seconds=LONGEST)
        except InTheMaking:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE)
        else:
            return answer


def _path(wanted: Wanted) -> str:
    chain = wanted.chain
    return (
        f"/v1/{chain.kind}s/{chain.id}" if isinstance(chain, Stream) else f"/v1/contracts/{chain}"
    )


def _body(wanted: Wanted) -> dict[str, Any]:
    body: dict[str, Any] = {
        "recipient": wanted.recipient,
        "legal_basis": wanted.basis,
        "withhold": sorted(map(str, wanted.withhold)),
        "disclose": sorted(map(str, wanted.disclose)),
        "zone": wanted.zone.key,
    }
    more = {
        "basis_words": wanted.words,
        "at_position": wanted.position or None,
        "language": wanted.language,
        "custodian": wanted.custodian,
    }
    return body | {name: value for name, value in more.items() if value is not None}


def _told(bag: Path) -> tuple[str, int]:
    """Return what a bag says of itself: its id and how many events it has."""
    try:
        with zipfile.ZipFile(bag) as archive:
            (top,) = {name.partition("/")[0] for name in archive.namelist()}
            about = json.loads(archive.read(f"{top}/{PAYLOAD}{ABOUT}"))
            custody = json.loads(archive.read(f"{top}/{PAYLOAD}{CUSTODY}"))
    except (zipfile.BadZipFile, KeyError, ValueError):
        raise Integrity("what was fetched is no bag") from None
    return str(custody["bag"]), int(about["events"])
