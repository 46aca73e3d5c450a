"""Signed heads of chains: whose signature makes them believable (C2SP signed-note)."""

from collections.abc import Collection
from dataclasses import replace

from domain.chainhead import SUFFIX, ChainHead, parse_chain_head
from domain.errors import Integrity
from infra.notes import Verifier, open_note, parse_note


def head_key(key: Verifier) -> Verifier:
    """Return the key of a log's checkpoints as the one of its heads: another name and id."""
    return replace(key, name=key.name + SUFFIX)


def open_chain_head(raw: bytes, keys: Collection[Verifier]) -> ChainHead:
    """Return what a signed head says; `keys` are those that sign the log's checkpoints.

    Raises Malformed for what is no signed head, Integrity unless one of the keys signed it for the
    log that it names.
    """
    head = parse_chain_head(parse_note(raw).text)
    trusted = [head_key(key) for key in keys if key.name == head.origin]
    if not trusted:
        raise Integrity(f"no key is trusted for the log {head.origin}")
    open_note(raw, trusted)
    return head
