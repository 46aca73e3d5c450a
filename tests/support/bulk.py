"""Appending very many events quickly, through the store's own functions."""

from collections.abc import Iterable, Iterator
from itertools import islice

from bench.filling import BATCH, record
from domain.log import Request
from infra.codec import Codec
from infra.forms import FORMS
from infra.outline import outlines_of


def append_all(dsn: str, codec: Codec, requests: Iterable[Request]) -> int:
    """Append requests as role ledger_app, many in a transaction; return the last position."""
    return record(dsn, codec, _with_keys(codec, iter(requests)))


def _with_keys(codec: Codec, requests: Iterator[Request]) -> Iterator[Request]:
    """Yield requests whose sealing keys are there: those of a batch are made with one fsync."""
    while asked := list(islice(requests, BATCH)):
        outlines = [one for request in asked for one in outlines_of(request, FORMS)]
        codec.keys.sealing_keys({scope for one in outlines for scope in one.scopes})
        yield from asked
