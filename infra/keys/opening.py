"""From settings to keys: which key-encryption keys, which store."""

from infra.keys.kek import Keks, keks_of_text
from infra.keys.kekfile import KekFile, create_kek_file
from infra.keys.postgres import PostgresKeyStore
from infra.keys.ring import Keys
from infra.keys.sqlite import SqliteKeyStore
from infra.settings import Settings


def open_keys(settings: Settings) -> Keys:
    """Return the ledger's keys; raise Unavailable when their files or database are not fit.

    In the data directory a key-encryption key and a key store are made at the first start.
    """
    keks = open_keks(settings)
    return Keys(open_store(settings), keks)


def open_keks(settings: Settings) -> Keks:
    """Return the key-encryption keys: LEDGER_KEK, else the file `kek` in the data directory."""
    if settings.kek is not None:
        return Keks(*keks_of_text(settings.kek.get_secret_value()))
    create_kek_file(settings.data / "kek")
    return KekFile(settings.data / "kek")


def open_store(settings: Settings) -> PostgresKeyStore | SqliteKeyStore:
    """Return the key store: LEDGER_KEYS_URL, else `keys.sqlite` in the data directory."""
    if settings.keys_url is not None:
        return PostgresKeyStore(settings.keys_url.get_secret_value())
    return SqliteKeyStore(settings.data / "keys.sqlite")
