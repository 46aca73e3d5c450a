"""What a bag says of itself in words."""

from typing import Final

from domain.chainhead import chain_text
from projections.exporting.wanted import Wanted

_README: Final = """\
WHAT THIS IS

A bag (BagIt 1.0) with everything that the ledger {origin} recorded of
  {chain}
as of position {position}, the number of an event in the whole ledger: {events} events.

timeline.csv       every event on a line, times in UTC and in {zone} with its offset
events/            every event, byte for byte as it was recorded and hashed
proofs/            that each event is in the log (C2SP tlog-proof)
checkpoint         what the log signed, with the cosignatures of its witnesses
stamps/            a time stamp of a checkpoint by somebody else (RFC 3161), where there is one
heads/             how many events there are, signed: one that was left out shows
disclosures.jsonl  the personal words that you may see, with what proves that they are unchanged
withheld.jsonl     which were left out, because they belong to somebody else
erased.jsonl       which do not exist any more, and the event that says so
attachments/       files as they were received: open them with care
keys.json          the keys of the log, and when each of them signed
custody.json       who made this bag, when, for whom, and why
certificate.txt    for the custodian to sign
verify.py          checks all of this with a bare Python

HOW TO CHECK IT

Get the key of the log (its "vkey") from the provider or from anybody who kept it, not from here:
  python3 -I -S verify.py THIS-FILE.zip --vkey VKEY
It says of every event: INTACT, INTACT-WITHHELD (some words left out), INTACT-ERASED (some words do
not exist any more) or ALTERED. Time stamps are checked with the openssl command that it prints.

WHAT IT PROVES, AND WHAT NOT

- That an event is in the log proves that it was recorded, and that it was recorded then. It does
  not prove that what was said in it is true.
- An address identifies a connection, not a person.
- Times are those of the ledger's clock. "occurred" is what somebody said of an earlier time.
- Events that were imported from another system are labelled so, with their source and row: the
  ledger vouches for when it took them over, not for what that system said.
- "None worked on it" means that no work was recorded.
- In timeline.csv a character that cannot be seen is written as its number, such as <U+202E>, and a
  text that a spreadsheet would calculate begins with an apostrophe; disclosures.jsonl has the exact
  words.
"""

_CERTIFICATE: Final = """\
CERTIFICATE OF THE CUSTODIAN OF RECORDS

Bag        {bag}
Of         {chain}, as of position {position} of the ledger {origin}
Made at    {at}
For        {recipient}

I am the custodian named below. I certify that this bag was made from the provider's ledger in the
regular course of its business, by the ledger's own program, and that I did not change it. The
records were made at or near the times that they state, by the system or by people acting in the
course of their work, as each record says.

Name       ______________________________________

Position   ______________________________________

Date       ______________________________________

Signature  ______________________________________
"""


def readme(wanted: Wanted, origin: str, events: int) -> bytes:
    """Return README.txt: what the bag is, how to check it, what it does not prove."""
    return _README.format(
        origin=origin,
        chain=chain_text(wanted.chain),
        position=wanted.position,
        events=events,
        zone=wanted.zone.key,
    ).encode()


def certificate(wanted: Wanted, origin: str, at: str) -> bytes:
    """Return the text that a custodian signs."""
    return _CERTIFICATE.format(
        bag=wanted.bag,
        chain=chain_text(wanted.chain),
        position=wanted.position,
        origin=origin,
        at=at,
        recipient=wanted.recipient,
    ).encode()
