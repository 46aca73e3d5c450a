"""What an integrator is sent: a CloudEvents 1.0 event, signed as Standard Webhooks 1.0 says.

Both are made of the envelope's public facts alone: who acted and what is sealed stays here.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec

from infra.envelope import Envelope, time_text
from infra.mac import mac

SPEC_VERSION: Final = "1.0"
_HEADERS: Final = {
    "Accept-Encoding": "identity",
    "Content-Type": "application/cloudevents+json",
    "User-Agent": "ticket-ledger",
}


def body_of(parts: Envelope) -> bytes:
    """Return an event in CloudEvents' JSON format (structured mode); absent is what has no value.

    Positions and versions are text: an integer of CloudEvents ends at 2^31.
    """
    occurred = parts.occurred_at
    members: dict[str, object] = {
        "specversion": SPEC_VERSION,
        "id": parts.id,
        "source": f"/ledgers/{parts.ledger.id}",
        "type": parts.type,
        "subject": f"{parts.stream.kind}/{parts.stream.id}",
        "time": time_text(parts.recorded_at),
        "position": str(parts.position),
        "epoch": str(parts.ledger.epoch),
        "streamversion": str(parts.stream.version),
        "typeversion": str(parts.type_version),
    }
    if parts.contract is not None:
        members["contract"] = parts.contract.number
    if occurred is not msgspec.UNSET:
        members["occurred"] = time_text(occurred)
    members |= {"datacontenttype": "application/json", "data": parts.data}
    return msgspec.json.encode(members)


def headers_of(event: UUID, at: int, body: bytes, keys: Sequence[bytes]) -> Mapping[str, str]:
    """Return a request's headers; `at` is when it is sent, in seconds since 1970.

    It is signed with every key: while a secret is rotated, the receiver knows one of them.
    """
    signed = f"{event}.{at}.".encode() + body
    signatures = [base64.b64encode(mac(key, signed)).decode() for key in keys]
    return {
        **_HEADERS,
        "webhook-id": str(event),
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }
