"""How a bag lies in its zip: names, and what is not signed by name (docs/bags.md)."""

from typing import Final

FORMAT: Final = 1
NOTE: Final = "manifest.note"
MANIFEST: Final = "manifest-sha256.txt"
TAGS: Final = "tagmanifest-sha256.txt"
DECLARATION: Final = "bagit.txt"
INFO: Final = "bag-info.txt"
PAYLOAD: Final = "data/"

ABOUT: Final = "export.json"
README: Final = "README.txt"
CERTIFICATE: Final = "certificate.txt"
CUSTODY: Final = "custody.json"
KEYS: Final = "keys.json"
TIMELINE: Final = "timeline.csv"
CHECKPOINT: Final = "checkpoint"
PROGRAM: Final = "verify.py"
DISCLOSED: Final = "disclosures.jsonl"
WITHHELD: Final = "withheld.jsonl"
ERASED: Final = "erased.jsonl"
CONSISTENCY: Final = "stamps/consistency"
MANY: Final = 2_000_000
"""Files that a bag may have at most."""


def event_name(position: int) -> str:
    """Return where an event's envelope lies in the payload."""
    return f"events/{position}.json"


def proof_name(position: int) -> str:
    """Return where an event's proof lies in the payload."""
    return f"proofs/{position}.tlog-proof"


def head_name(chain: str) -> str:
    """Return where the signed head of a chain lies in the payload."""
    return f"heads/{chain.replace(' ', '-')}.note"


def attachment_name(attachment: object) -> str:
    """Return where an attachment's bytes lie in the payload."""
    return f"attachments/{attachment}"


def readme_name(language: str) -> str:
    """Return where the README in a language other than English lies in the payload."""
    return f"README-{language}.txt"
