"""Signed notes of exports: whose signature makes a bag believable (C2SP signed-note)."""

from dataclasses import replace

from domain.errors import Integrity
from domain.exportnote import SUFFIX, ExportNote, parse_export_note
from infra.notes import Verifier, open_note, parse_note


def open_export_note(raw: bytes, key: Verifier) -> ExportNote:
    """Return what a signed note of an export says; `key` is the one of the log's checkpoints.

    Raises Malformed for another form, to the byte, and Integrity unless that key alone signed it.
    """
    signing = replace(key, name=key.name + SUFFIX)
    said = parse_export_note(open_note(raw, [signing]))
    (signature, *more) = parse_note(raw).signatures
    if more or said.origin != key.name:
        raise Integrity("the note of the export has more than the log's own signature")
    if raw != (said.text() + "\n" + signature.line()).encode():
        raise Integrity("the note of the export is not in its one form")
    return said
