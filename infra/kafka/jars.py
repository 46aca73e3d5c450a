"""Kafka's jars: fetched once from Maven Central, never used unless they are the locked ones.

`jars.csv` names every jar with its SHA-256 sum. What is fetched is checked before it takes its
place, and every start checks what lies there; nothing else in that directory is ever loaded.
"""

import csv
import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.errors import Unavailable

_LOCK: Final = Path(__file__).parent / "jars.csv"
_CENTRAL: Final = {"central": "https://repo.maven.apache.org/maven2"}
_TIMEOUT: Final = 20  # seconds without a byte
_ATTEMPTS: Final = 3

Progress = Callable[[int, int], None]
"""Gets how many jars are there by now, and how many are needed."""


@dataclass(frozen=True, slots=True)
class Jar:
    """One locked jar."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def name(self) -> str:
        """The name of its file."""
        return f"{self.artifact}-{self.version}.jar"


def locked() -> tuple[Jar, ...]:
    """Return the jars of the lock."""
    with _LOCK.open(encoding="utf-8", newline="") as file:
        return tuple(Jar(**row) for row in csv.DictReader(file))


def checked(place: Path, progress: Progress, jars: Sequence[Jar] | None = None) -> list[Path]:
    """Return the paths of the jars in the directory `place`, fetching those that are missing.

    Raises Unavailable naming a jar that differs from the lock, or that cannot be fetched.
    """
    jars = locked() if jars is None else jars
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    missing = [jar for jar in jars if not (place / jar.name).exists()]
    if missing:
        _fetch(missing, place, lambda done: progress(len(jars) - len(missing) + done, len(jars)))
    for jar in jars:
        _check(jar, place / jar.name)
    return [place / jar.name for jar in jars]


def _check(jar: Jar, path: Path) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != jar.sha256:
        raise Unavailable(
            f"{path} is not the jar that the lock names: its SHA-256 is {found}, not {jar.sha256}; "
            "find out who changed it, then remove it to have it fetched again"
        )


def _fetch(missing: Sequence[Jar], place: Path, done: Callable[[int], None]) -> None:
    """Fetch into a directory of our own, so that others fetch undisturbed and no part is seen."""
    from jgo.maven import MavenContext  # noqa: PLC0415 - loads much, needed once

    with tempfile.TemporaryDirectory(dir=place, prefix="fetching-") as folder:
        context = MavenContext(
            repo_cache=Path(folder), local_repos=[], remote_repos=_CENTRAL, timeout=_TIMEOUT
        )
        for number, jar in enumerate(missing, 1):
            artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact()
            for attempt in range(_ATTEMPTS):
                with _told(jar, last=attempt == _ATTEMPTS - 1):
                    fetched = artifact.resolve()
                    break
                if artifact.cached_path is not None:
                    artifact.cached_path.unlink(missing_ok=True)  # a part would be taken for it
            _check(jar, fetched)
            fetched.replace(place / jar.name)
            done(number)


@contextmanager
def _told(jar: Jar, *, last: bool) -> Iterator[None]:
    """Let what goes wrong while fetching pass, but the last time tell of it."""
    try:
        yield
    except (OSError, RuntimeError) as error:  # requests' errors are OSErrors
        if last:
            raise Unavailable(
                f"{jar.name} of Kafka cannot be fetched from {_CENTRAL['central']}: {error}; "
                "it needs the network once, or a copy of the directory in LEDGER_KAFKA_JARS"
            ) from None
