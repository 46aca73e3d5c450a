"""From settings to keys: which key-encryption key, which store."""

from infra.keys.kek import Kek, create_kek_file, kek_of_file, kek_of_text
from infra.keys.postgres import PostgresKeyStore
from infra.keys.ring import Keys
from infra.keys.sqlite import SqliteKeyStore
from infra.keys.store import KeyStore
from infra.settings import Settings


def open_keys(settings: Settings) -> Keys:
    """Return the ledger's keys; raise Unavailable when their files or database are not fit.

    In the data directory a key-encryption key and a key store are made at the first start.
    """
    kek = open_kek(settings)
    store: KeyStore
    if settings.keys_url is not None:
        store = PostgresKeyStore(settings.keys_url.get_secret_value())
    else:
        store = SqliteKeyStore(settings.data / "keys.sqlite")
    return Keys(store, kek)


def open_kek(settings: Settings) -> Kek:
    """Return the key-encryption key: LEDGER_KEK, else the file `kek` in the data directory."""
    if settings.kek is not None:
        return kek_of_text(settings.kek.get_secret_value())
    create_kek_file(settings.data / "kek")
    return kek_of_file(settings.data / "kek")
