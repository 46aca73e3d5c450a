"""The time stamps in a bag: whether they are of this log, and whether an authority made them."""

import re
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.checkpoint import TreeHead, parse_tree_head
from domain.errors import Integrity, LedgerError
from domain.merkle import check_consistency
from infra.bundle import layout
from infra.bundle.reader import BagReader
from infra.envelope import time_text
from infra.notes import MAX_BYTES, parse_note
from infra.timestamps import MAX_BYTES as REPLY_BYTES
from infra.timestamps import Stamp, Trust

_FOLDER: Final = layout.PAYLOAD + "stamps/"
_STAMPED: Final = re.compile(r"[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class Stamping:
    """What is known of one time stamp: VERIFIED, NOT-CHECKED or WRONG, and by whom and when."""

    file: str
    status: str
    detail: str
    time: str | None = None
    authority: str | None = None


def check_stamps(bag: BagReader, head: TreeHead, trust: Sequence[Trust]) -> list[Stamping]:
    """Return what is known of each time stamp.

    Raises Integrity when a stamped checkpoint is not one of this log's tree.
    """
    for name in bag.under(_FOLDER, ".note"):
        _check_grown(bag, name, head)
    return [_stamp(bag, name, trust) for name in bag.under(_FOLDER, ".tsr")]


def _check_grown(bag: BagReader, name: str, head: TreeHead) -> None:
    stamped = parse_tree_head(parse_note(bag.read(name, MAX_BYTES)).text)
    if stamped.origin != head.origin:
        raise Integrity(f"{name} is of another log")
    try:
        lines = bag.lines(layout.PAYLOAD + layout.CONSISTENCY)
        proof = [b64decode(line, validate=True) for line in lines]
    except ValueError:
        raise Integrity("the consistency of the stamped checkpoint cannot be read") from None
    check_consistency(stamped.size, head.size, proof, stamped.root, head.root)


def _stamp(bag: BagReader, name: str, trust: Sequence[Trust]) -> Stamping:
    base = name.removeprefix(_FOLDER).removesuffix(".tsr")
    data = f"{base}.note" if _STAMPED.fullmatch(base) else f"{base}.list"
    command = f"openssl ts -verify -CAfile ROOTS.pem -data {data} -in {base}.tsr"
    if not trust:
        return Stamping(name, "NOT-CHECKED", command)
    detail = ""
    for one in trust:
        try:
            said: Stamp = one.check(
                bag.read(name, REPLY_BYTES), bag.read(_FOLDER + data, MAX_BYTES)
            )
        except LedgerError as error:
            detail = str(error)
        else:
            return Stamping(name, "VERIFIED", "", time_text(said.time), said.authority)
    return Stamping(name, "WRONG", detail)
