"""Time stamps of checkpoints as files, and reading them: which one covers a size, what renewed it.

In LOG/EPOCH/stamps, SIZE.tsr stamps the bytes of SIZE.note; renewal-N.tsr stamps those of
renewal-N.list, which names older files there with their SHA-256, as sha256sum writes them.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import orjson

from domain.errors import Integrity, NotFound
from infra.files import sync_directory, write_private
from infra.tilefiles import log_directory

if TYPE_CHECKING:  # it brings OpenSSL along, which readers of files do not need
    from infra.timestamps import Stamp, Trust

STAMPS: Final = "stamps"
STATE: Final = "timestamps.json"
REPLY: Final = ".tsr"
NOTE: Final = ".note"
LIST: Final = ".list"
_RENEWAL: Final = "renewal-"


class StampCursor(msgspec.Struct):
    """Where the next page of one question begins."""

    asked: str
    begin: int


@dataclass(frozen=True, slots=True)
class Stamped:
    """A checkpoint's note as the log signed it, and the reply that stamps these bytes."""

    size: int
    note: bytes
    reply: bytes

    @property
    def files(self) -> dict[str, bytes]:
        """Return its files, by name."""
        return {f"{self.size}{NOTE}": self.note, f"{self.size}{REPLY}": self.reply}


@dataclass(frozen=True, slots=True)
class Renewal:
    """A time stamp over older ones, made before the certificates of those ended."""

    number: int
    listed: bytes
    reply: bytes

    @property
    def files(self) -> dict[str, bytes]:
        """Return its files, by name."""
        name = f"{_RENEWAL}{self.number}"
        return {f"{name}{LIST}": self.listed, f"{name}{REPLY}": self.reply}

    @property
    def names(self) -> frozenset[str]:
        """Return the files that it renews."""
        return frozenset(line.split("  ", 1)[1] for line in self.listed.decode().splitlines())

    def require(self, files: dict[str, bytes]) -> None:
        """Raise Integrity unless it lists these files with these bytes."""
        missing = set(listing(files).splitlines()) - set(self.listed.splitlines())
        if missing:
            raise Integrity(f"renewal {self.number} does not list what it should renew")


@dataclass(frozen=True, slots=True)
class Proof:
    """That a checkpoint existed: its time stamp, and the renewals since, each of the one before."""

    stamped: Stamped
    renewals: tuple[Renewal, ...] = ()

    def check(self, trust: "Trust") -> "Stamp":
        """Return the stamp of the checkpoint, when every link from it to the last renewal holds.

        Raises Malformed or Integrity for a reply that is not good, for a renewal that does not
        list what it should, or that came after the certificates before it had ended.
        """
        first = last = trust.check(self.stamped.reply, self.stamped.note)
        files = self.stamped.files
        for renewal in self.renewals:
            renewal.require(files)
            stamp = trust.check(renewal.reply, renewal.listed)
            if stamp.time >= last.ends:
                raise Integrity(f"renewal {renewal.number} came when what it renews had ended")
            last, files = stamp, renewal.files
        return first


class Stamps:
    """The time stamps of one epoch."""

    def __init__(self, data: Path, epoch: int) -> None:
        self.directory = log_directory(data) / str(epoch) / STAMPS

    def sizes(self) -> list[int]:
        """Return the sizes of the checkpoints that were stamped, in order."""
        return sorted(int(name) for name in self._replied() if name.isdecimal())

    def stamped(self, size: int) -> Stamped:
        """Return the stamped checkpoint of this size; raise NotFound."""
        return Stamped(size, *self._pair(str(size), NOTE))

    def renewals(self) -> list[Renewal]:
        """Return all renewals, in order."""
        numbers = [name.removeprefix(_RENEWAL) for name in self._replied() if _RENEWAL in name]
        return [
            Renewal(number, *self._pair(f"{_RENEWAL}{number}", LIST))
            for number in sorted(int(one) for one in numbers if one.isdecimal())
        ]

    def stamps_for(self, size: int) -> Proof | None:
        """Return the earliest stamped checkpoint that covers this size, and all its renewals."""
        covering = next((one for one in self.sizes() if one >= size), None)
        if covering is None:
            return None
        stamped, renewals = self.stamped(covering), self.renewals()
        begin = next(
            (at for at, one in enumerate(renewals) if f"{covering}{REPLY}" in one.names),
            len(renewals),
        )
        return Proof(stamped, tuple(renewals[begin:]))

    def page(self, begin: int, limit: int) -> tuple[list[Stamped], int | None]:
        """Return stamped checkpoints from a size on, and the size of the first one left out."""
        sizes = [size for size in self.sizes() if size >= begin]
        more = sizes[limit] if len(sizes) > limit else None
        return [self.stamped(size) for size in sizes[:limit]], more

    def unrenewed(self) -> list[int]:
        """Return the sizes of stamped checkpoints that no renewal lists yet."""
        renewed = frozenset[str]().union(*(one.names for one in self.renewals()))
        return [size for size in self.sizes() if f"{size}{REPLY}" not in renewed]

    def put(self, name: str, content: bytes) -> None:
        """Write one file, durably, data before the reply that stamps it."""
        if not self.directory.is_dir():
            self.directory.mkdir(mode=0o700)
            sync_directory(self.directory.parent)
        write_private(self.directory / name, content)

    def _replied(self) -> list[str]:
        """Return the names of replies, without suffix; what was cut off has none."""
        try:
            names = [path.name for path in self.directory.iterdir()]
        except FileNotFoundError:
            return []
        return [
            name.removesuffix(REPLY)
            for name in names
            if name.endswith(REPLY) and not name.startswith(".")
        ]

    def _pair(self, name: str, suffix: str) -> tuple[bytes, bytes]:
        try:
            data = (self.directory / f"{name}{suffix}").read_bytes()
            return data, (self.directory / f"{name}{REPLY}").read_bytes()
        except FileNotFoundError:
            raise NotFound(f"no time stamp {name}") from None


def listing(files: dict[str, bytes]) -> bytes:
    """Return a line for each file, with its SHA-256, as sha256sum writes and checks them."""
    lines = [f"{sha256(content).hexdigest()}  {name}\n" for name, content in files.items()]
    return "".join(lines).encode()


def tell_state(data: Path, state: dict[str, Any]) -> None:
    """Tell whoever reads the data directory how stamping goes."""
    write_private(log_directory(data) / STATE, orjson.dumps(state) + b"\n")


def stamping_state(data: Path) -> dict[str, Any] | None:
    """Return how stamping goes, with the last stamp's age in seconds; None where it never ran."""
    try:
        state: dict[str, Any] = orjson.loads((log_directory(data) / STATE).read_bytes())
    except FileNotFoundError:
        return None
    if state["last"]:
        made = datetime.fromisoformat(state["last"]["time"])
        state["last"]["age"] = max(0, int((datetime.now(made.tzinfo) - made).total_seconds()))
    return state
