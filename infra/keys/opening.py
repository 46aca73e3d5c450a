"""From settings to keys: which key-encryption key, which store."""

from infra.keys.kek import create_kek_file, kek_of_file, kek_of_text
from infra.keys.ring import Keys
from infra.keys.sqlite import SqliteKeyStore
from infra.settings import Settings


def open_keys(settings: Settings) -> Keys:
    """Return the ledger's keys; raise Unavailable when their files or database are not fit.

    In the data directory a key-encryption key and a key store are made at the first start.
    """
    if settings.kek is not None:
        kek = kek_of_text(settings.kek.get_secret_value())
    else:
        create_kek_file(settings.data / "kek")
        kek = kek_of_file(settings.data / "kek")
    return Keys(SqliteKeyStore(settings.data / "keys.sqlite"), kek)
