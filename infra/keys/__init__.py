"""Keys: what seals personal data, kept outside the event database."""

from infra.keys.kek import Kek, Keks, kek_of_text, keks_of_text
from infra.keys.kekfile import KekFile, create_kek_file
from infra.keys.ring import Keys
from infra.keys.scope import KeyScope, SealingKey

__all__ = [
    "Kek",
    "KekFile",
    "Keks",
    "KeyScope",
    "Keys",
    "SealingKey",
    "create_kek_file",
    "kek_of_text",
    "keks_of_text",
]
