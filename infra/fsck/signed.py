"""What was signed of the tree: by the ledger's own log, and in checkpoints kept elsewhere."""

from dataclasses import dataclass

from domain.checkpoint import TreeHead
from domain.errors import Integrity, Malformed
from infra.fsck.findings import Finding, Kind
from infra.logkeys import LogKeys
from infra.notes import Verifier, open_note
from infra.settings import Settings
from infra.tilefiles import TileReader, epochs, head_of, log_directory


@dataclass(frozen=True, slots=True)
class Signed:
    """A head that a key of the log signed; `tiles` where its tree lies beside it.

    `words` say which it is.
    """

    head: TreeHead
    epoch: int
    words: str
    tiles: TileReader | None = None


def own_log(settings: Settings) -> tuple[list[Signed], list[Finding]]:
    """Return what the log in the data directory says of each epoch, and which notes are wrong.

    To be asked before the database: what was signed by now was recorded before.
    """
    keys = LogKeys.of(settings)
    signed: list[Signed] = []
    found: list[Finding] = []
    for epoch in epochs(settings.data):
        reader = TileReader(log_directory(settings.data) / str(epoch))
        last, published = reader.last_signed(), reader.checkpoint()
        if last is not None:
            _take(signed, found, last, keys, epoch, "last signed note", reader)
        if published not in {None, last}:
            tiles = reader if last is None else None
            _take(signed, found, published or b"", keys, epoch, "published checkpoint", tiles)
    return signed, found


def kept_elsewhere(raw: bytes, where: str, settings: Settings, vkey: str | None = None) -> Signed:
    """Return a checkpoint that somebody kept; believed is `vkey`, else the keys known here.

    Raises Malformed for what is no checkpoint of this ledger's log.
    """
    try:
        head = head_of(raw)
    except Malformed as error:
        raise Malformed(f"no checkpoint: {error}", where) from None
    name, _, epoch = head.origin.rpartition("/")
    known = _names(settings)
    if not epoch.isdecimal() or (known and name not in known):
        ours = f", this is {' or '.join(sorted(known))}" if known else ""
        raise Malformed(f"a checkpoint of the log {head.origin}{ours}", where)
    try:
        open_note(raw, _verifiers(head.origin, settings, vkey))
    except Integrity as error:
        raise Malformed(f"not to be believed: {error}", where) from None
    return Signed(head, int(epoch), f"the checkpoint {where}")


def _take(
    signed: list[Signed],
    found: list[Finding],
    note: bytes,
    keys: LogKeys,
    epoch: int,
    what: str,
    tiles: TileReader | None,
) -> None:
    words, position = f"the {what} of epoch {epoch}", 1
    try:
        head = head_of(note)
        position = max(1, head.size)
        open_note(note, keys.verifiers(head.origin))
    except (Malformed, Integrity) as error:
        found.append(Finding(position, Kind.FORK, f"{words}: {error}"))
        return
    if any(one.head == head for one in signed):
        return  # published with the signatures of witnesses
    if head.origin.rpartition("/")[2] == str(epoch):
        signed.append(Signed(head, epoch, words, tiles))
    else:
        found.append(Finding(position, Kind.FORK, f"{words} is of the log {head.origin}"))


def _names(settings: Settings) -> set[str]:
    """Return the names, without the epoch, under which this ledger's log has signed."""
    names = set()
    for epoch in epochs(settings.data):
        reader = TileReader(log_directory(settings.data) / str(epoch))
        note = reader.last_signed() or reader.checkpoint()
        if note is not None:
            try:
                names.add(head_of(note).origin.rpartition("/")[0])
            except Malformed:
                continue  # `own_log` tells it
    return names


def _verifiers(origin: str, settings: Settings, vkey: str | None) -> list[Verifier]:
    if vkey is None:
        known = LogKeys.of(settings).verifiers(origin)
        if not known:
            raise Malformed("no key of the log is known here: name one", "--vkey")
        return known
    verifier = Verifier.parse(vkey)
    if verifier.name != origin:
        raise Malformed(f"a key of {verifier.name}, the checkpoint is of {origin}", "--vkey")
    return [verifier]
