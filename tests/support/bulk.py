"""Appending very many events quickly, through the store's own functions."""

from collections.abc import Iterable
from itertools import islice

from domain.log import Request
from infra import append
from infra.batch import Entries, decide, wanted_by
from infra.codec import Codec
from infra.forms import FORMS
from infra.headfile import NOTHING
from infra.link import Link
from infra.outline import outlines_of


def append_all(dsn: str, codec: Codec, requests: Iterable[Request], batch: int = 1000) -> int:
    """Append requests as role ledger_app, `batch` in a transaction; return the last position."""
    position, waiting = 0, iter(requests)
    with Link(dsn).connection as connection:
        while asked := list(islice(waiting, batch)):
            outlines = [one for request in asked for one in outlines_of(request, FORMS)]
            codec.keys.sealing_keys({scope for one in outlines for scope in one.scopes})
            chunk = [codec.prepare(request) for request in asked]
            ground = append.begin(connection, NOTHING, wanted_by(chunk)).ground
            entries = Entries(ground.position + 1)
            for prepared in chunk:
                decide(prepared, ground, entries)
            with connection.cursor() as cursor:
                append.finish(cursor, ground.epoch, ground.recorded_at, entries, clamped=False)
            connection.commit()
            position = ground.position
    return position
