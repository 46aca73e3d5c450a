"""Who read what: facts about reads of identity data, kept in streams of their own.

An access stream is one reader's (its id is the reader's); its envelopes have no contract, the
number stands in `data`, so that reading leaves no trace in what was read.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IdentityRead:
    """The reader opened the identity data of this contract."""

    contract: str


AccessEvent = IdentityRead
