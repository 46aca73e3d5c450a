"""What a bag says of itself in words, in each language: `projections/exporting/texts/`."""

from pathlib import Path
from textwrap import fill
from typing import Final

from domain.chainhead import Chain, chain_text
from infra.pdf.wording import LANGUAGES, words
from projections.exporting.wanted import Wanted

ENGLISH: Final = "en"
_TEXTS: Final = Path(__file__).with_name("texts")
_FILES: Final = {
    "timeline-N.pdf": "file_timeline_pdf",
    "timeline.csv": "file_timeline_csv",
    "events/": "file_events",
    "proofs/": "file_proofs",
    "checkpoint": "file_checkpoint",
    "stamps/": "file_stamps",
    "heads/": "file_heads",
    "disclosures.jsonl": "file_disclosures",
    "withheld.jsonl": "file_withheld",
    "erased.jsonl": "file_erased",
    "attachments/": "file_attachments",
    "keys.json": "file_keys",
    "custody.json": "file_custody",
    "certificate.txt": "file_certificate",
    "verify.py": "file_verify",
}
_PROVES: Final = ("recording", "address", "times", "imported", "none", "shown")
_COMMAND: Final = "  python3 -I -S verify.py THIS-FILE.zip --vkey VKEY"
_NAMES: Final = max(map(len, _FILES)) + 2
_WIDTH: Final = 100
_WIDE: Final = frozenset({"zh"})
"""Languages whose letters are two columns wide, and break anywhere."""
_LINE: Final = "_" * 38


def language_of(asked: str | None, contract: str | None) -> str:
    """Return the language of a bag: the one asked for, else the contract's if there are texts."""
    if asked is not None:
        return asked
    own = (contract or "").partition("-")[0].lower()
    return own if own in LANGUAGES else ENGLISH


def said(language: str) -> dict[str, str]:
    """Return the bag's own texts by name; raise Malformed for a language without any."""
    return words(language, _TEXTS)


def readme(
    wanted: Wanted, language: str, origin: str, chains: tuple[Chain, ...], events: int
) -> bytes:
    """Return a README: what the bag is, how to check it, what it does not prove."""
    say = said(language)
    about = say["what"].format(
        origin=origin,
        chains=", ".join(map(chain_text, chains)),
        position=wanted.position,
        events=events,
    )
    files = [
        _filled(say[what].replace("{zone}", wanted.zone.key), language, f"{name:<{_NAMES}}")
        for name, what in _FILES.items()
    ]
    blocks = [
        say["what_title"].upper(),
        _filled(about, language),
        "\n".join(files),
        say["how_title"].upper(),
        _filled(say["how_key"], language) + f"\n{_COMMAND}\n" + _filled(say["how_says"], language),
        say["proves_title"].upper(),
        "\n".join(_filled(say[f"proves_{one}"], language, "- ") for one in _PROVES),
    ]
    if language != ENGLISH:
        blocks.append(_filled(say["english"], language))
    return ("\n\n".join(blocks) + "\n").encode()


def certificate(
    wanted: Wanted, language: str, origin: str, chains: tuple[Chain, ...], at: str
) -> bytes:
    """Return the text that a custodian signs, with their name where it was said."""
    say = said(language)
    facts = {
        "bag": wanted.bag,
        "of": ", ".join(map(chain_text, chains)),
        "position": wanted.position,
        "ledger": origin,
        "made": at,
        "for": wanted.recipient,
    }
    lines = [f"{say[f'certificate_{name}']}: {value}" for name, value in facts.items()]
    signed = {"name": wanted.custodian or _LINE, "office": _LINE, "date": _LINE, "signature": _LINE}
    blocks = [
        say["certificate_title"].upper(),
        "\n".join(lines),
        _filled(say["certificate_says"], language),
        *(f"{say[f'certificate_{name}']}: {value}" for name, value in signed.items()),
    ]
    return ("\n\n".join(blocks) + "\n").encode()


def _filled(text: str, language: str, before: str = "") -> str:
    """Return a text in lines of readable length, `before` in front of the first."""
    width = len(before) + (_WIDTH - len(before)) // (2 if language in _WIDE else 1)
    after = " " * len(before)
    return fill(text, width, initial_indent=before, subsequent_indent=after, break_on_hyphens=False)
