"""Closed lists of words that stand in events: tags, templates, detected types of files."""

from codecs import getincrementaldecoder
from typing import Final

TAGS: Final = frozenset(
    {
        "abuse",
        "account",
        "backup",
        "billing",
        "certificate",
        "database",
        "dns",
        "domain",
        "duplicate",
        "feedback",
        "hardware",
        "legal",
        "mail",
        "migration",
        "network",
        "outage",
        "ownership",
        "panel",
        "performance",
        "security",
        "server",
        "software",
        "spam",
        "website",
    }
)
"""What a ticket is about. A word is added here, never taken out: stored events hold it."""

TEMPLATES: Final = {
    "received": "Your request has arrived.",
    "work-begun": "We have begun to work on your request.",
    "under-study": "We are studying the cause and will tell you what we find.",
    "answer-needed": "We need your answer to go on.",
    "third-party-asked": "We have asked a third party and wait for their answer.",
    "solved": "We believe that this is solved. Answer if it is not.",
    "closed-confirmed": "You confirmed the solution, so we close this ticket.",
    "closed-unanswered": "We heard no more from you, so we close this ticket.",
    "closed-duplicate": "We answer this in another ticket of yours, so we close this one.",
    "reopened": "We have taken this up again.",
}
"""Explanations ready to be used, by code, as they read in English. A code never changes."""

UNKNOWN_TYPE: Final = "unknown"

_SIGNATURES: Final = (
    (0, b"%PDF-", "application.pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "image.png"),
    (0, b"\xff\xd8\xff", "image.jpeg"),
    (0, b"GIF87a", "image.gif"),
    (0, b"GIF89a", "image.gif"),
    (8, b"WEBP", "image.webp"),
    (0, b"PK\x03\x04", "application.zip"),
    (0, b"\x1f\x8b", "application.gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application.x-7z-compressed"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application.x-ole-storage"),
    (0, b"MZ", "application.x-msdownload"),
    (0, b"\x7fELF", "application.x-elf"),
    (4, b"ftyp", "video.mp4"),
)

DETECTED_TYPES: Final = frozenset(name for _, _, name in _SIGNATURES) | {"text.plain", UNKNOWN_TYPE}
"""What a file's first bytes may say it is: media types, `/` written as `.`."""


def detected_type(first: bytes) -> str:
    """Return what the first bytes (some hundred are enough) of a file say that it is."""
    for offset, signature, name in _SIGNATURES:
        if first[offset : offset + len(signature)] == signature:
            return name
    try:  # a character cut at the end of what was read is no error
        text = getincrementaldecoder("utf-8")().decode(first)
    except UnicodeDecodeError:
        return UNKNOWN_TYPE
    printable = all(char.isprintable() or char in "\t\r\n\f" for char in text)
    return "text.plain" if text and printable else UNKNOWN_TYPE
