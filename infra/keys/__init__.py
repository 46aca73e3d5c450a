"""Keys: what seals personal data, kept outside the event database."""

from infra.keys.kek import Kek, create_kek_file, kek_of_file, kek_of_text
from infra.keys.ring import Keys
from infra.keys.scope import KeyScope, SealingKey

__all__ = [
    "Kek",
    "KeyScope",
    "Keys",
    "SealingKey",
    "create_kek_file",
    "kek_of_file",
    "kek_of_text",
]
