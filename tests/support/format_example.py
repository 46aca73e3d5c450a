"""The example of docs/format.md, written by the code that it describes."""

from dataclasses import replace
from typing import Final

from support.envelopes import BARE, PREVIOUS, DerivedStore, fixed_codec, fixed_id, request

from domain.ticket.events import Audience, MessagePosted, Side
from domain.values import Actor, ActorKind, Assurance, Purpose, Role, Sealed

TEXT: Final = "It does not start: не запускается."
PERSON: Final = fixed_id("person")
EVENT: Final = MessagePosted(
    message=fixed_id("message"),
    side=Side.CUSTOMER,
    audience=Audience.PUBLIC,
    text=Sealed(TEXT, PERSON, Purpose.CORRESPONDENCE),
    language="en",
    attachments=(),
)
SAID: Final = replace(
    BARE,
    actor=Actor(
        ActorKind.CUSTOMER, PERSON, Role.CUSTOMER, None, "development", Assurance.INTERACTIVE
    ),
    address=Sealed('{"address":"192.0.2.7"}', PERSON, Purpose.ADDRESS),
)


def example() -> dict[str, str]:
    """Return the blocks of the document's example by name; bytes as hex."""
    store = DerivedStore()
    with fixed_codec("docs/format.md", store) as codec:
        (draft,) = codec.prepare(request(EVENT, SAID, "CN-1001", expected=1)).drafts
        envelope = codec.finish(draft, 1, 42, 2, PREVIOUS, 3, PREVIOUS, SAID.at)
        row = draft.sealed[0]
        key = codec.keys.by_id(row.key_id)
        assert key is not None
        return {
            "envelope": envelope.decode(),
            "key_id": str(row.key_id),
            "key": key.secret.hex(),
            "nonce": row.nonce.hex(),
            "ciphertext": row.ciphertext.hex(),
            "text": TEXT,
        }
