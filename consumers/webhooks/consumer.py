"""The consumer `webhooks`: notes what each endpoint is to be told of."""

from collections.abc import Sequence
from typing import Final

from consumers.handler import Arrived, Begin, Cursor
from consumers.webhooks import outbox
from consumers.webhooks.message import body_of
from domain.stream import StreamKind
from domain.values import OriginKind
from infra.envelope import Envelope
from infra.webhookat import WebhookAt

NAME: Final = "webhooks"


class Webhooks:
    """Tells the endpoints what they asked for; an endpoint that is added later, what comes then."""

    name = NAME
    begins = Begin.HEAD

    def __init__(self, endpoints: Sequence[WebhookAt]) -> None:
        self._endpoints = tuple(endpoints)

    def handle(self, cursor: Cursor, batch: Sequence[Arrived]) -> None:
        """Write a row for each event and endpoint; imported events tell nobody."""
        rows = []
        for arrived in batch:
            parts = arrived.parsed
            endpoints = [one.name for one in self._endpoints if wants(one, parts)]
            if endpoints and arrived.recorded.origin.kind is OriginKind.LIVE:
                body = body_of(parts)
                rows += [outbox.Told(name, parts, body) for name in endpoints]
        if rows:
            outbox.put(cursor, rows)


def wants(endpoint: WebhookAt, parts: Envelope) -> bool:
    """Say whether an endpoint is told of an event: by its type, and under which contract it is."""
    if endpoint.types is None:
        if parts.stream.kind is not StreamKind.TICKET:
            return False
    elif parts.type not in endpoint.types:
        return False
    if endpoint.contracts is None:
        return True
    return parts.contract is not None and parts.contract.number in endpoint.contracts
