"""The log's signing keys: the one that signs now, and all that ever did.

The private key lies in a file that its owner alone may read, or comes from the environment; the
database never sees it. `keys.json` beside it tells which public keys signed, and until when.
"""

import base64
import json
import secrets
import stat
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.errors import Integrity, Refused, Unavailable
from infra.files import write_private
from infra.notes import Signer, Verifier
from infra.settings import Settings
from infra.tilefiles import log_directory

KEY: Final = "signing-key"
HISTORY: Final = "keys.json"
_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class PastKey:
    """A public key (hex) and when it signed, as ISO times; `retired_at` None: it still does."""

    public: str
    created_at: str
    retired_at: str | None = None

    def verifier(self, origin: str) -> Verifier:
        """Return the key as the one that signs for an origin."""
        return Verifier(origin, bytes.fromhex(self.public))


class LogKeys:
    """The keys of one data directory; `given` (base64) stands for the key file."""

    def __init__(self, data: Path, given: str | None = None) -> None:
        self._directory = log_directory(data)
        self._given = given

    @classmethod
    def of(cls, settings: Settings) -> "LogKeys":
        """Return the keys that the settings name."""
        given = settings.log_key
        return cls(settings.data, None if given is None else given.get_secret_value())

    def signer(self, origin: str) -> Signer:
        """Return the key that signs now; raise Unavailable when there is none to be used."""
        return Signer(origin, self._private())

    def exists(self) -> bool:
        """Say whether there is a key to sign with."""
        return self._given is not None or (self._directory / KEY).exists()

    def create(self) -> None:
        """Make the first key; raise Refused when there is one."""
        if self.exists():
            raise Refused("log-key-exists", "there is a signing key: `ledger keys rotate`")
        if self.history():
            raise Integrity(
                f"{self._directory / KEY} is gone, and it has signed: bring it back, or say "
                "`ledger keys rotate` for a new one"
            )
        self._make()

    def rotate(self) -> None:
        """Put a new key in the place of the one that signs; the old one is destroyed."""
        if self._given is not None:
            raise Refused("log-key-given", "the key comes from LEDGER_LOG_KEY: change it there")
        self._make()

    def adopt(self) -> None:
        """Note the key that signs now in the history, if it is not there as the last one."""
        public = self.signer("key").verifier.public.hex()
        known = self.history()
        if known and known[-1].public == public:
            return
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        past = [one if one.retired_at else replace(one, retired_at=now) for one in known]
        entries = [asdict(one) for one in (*past, PastKey(public, now))]
        write_private(self._directory / HISTORY, json.dumps(entries, indent=1).encode() + b"\n")

    def history(self) -> list[PastKey]:
        """Return every public key that signed, in order; raise Integrity for an unreadable list."""
        path = self._directory / HISTORY
        try:
            return [PastKey(**entry) for entry in json.loads(path.read_text("ascii"))]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError) as error:
            raise Integrity(f"{path}: the list of keys cannot be read") from error

    def verifiers(self, origin: str) -> list[Verifier]:
        """Return every key that ever signed, as keys of an origin."""
        return [one.verifier(origin) for one in self.history()]

    def _make(self) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = base64.b64encode(secrets.token_bytes(_BYTES)) + b"\n"
        write_private(self._directory / KEY, text)
        self.adopt()

    def _private(self) -> Ed25519PrivateKey:
        text = self._given if self._given is not None else self._read()
        try:
            secret = base64.b64decode(text.strip(), validate=True)
        except ValueError:
            secret = b""
        if len(secret) != _BYTES:
            raise Unavailable(f"the signing key is not the base64 of {_BYTES} bytes")
        return Ed25519PrivateKey.from_private_bytes(secret)

    def _read(self) -> str:
        path = self._directory / KEY
        try:
            mode = path.stat().st_mode
            text = path.read_text("ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise Unavailable(f"{path}: the signing key cannot be read: {error}") from error
        if stat.S_IMODE(mode) & 0o077:
            raise Unavailable(f"{path}: others may read the signing key: chmod 600 {path}")
        return text
