"""Which events make up which thread, and what each says of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Section(StrEnum):
    """Of what kind a thing is."""

    PERSONS = "persons"
    AUTHORITIES = "authorities"
    WARNINGS = "warnings"
    ORDERS = "orders"
    DOUBTS = "doubts"
    IDENTITY_CHANGES = "identity_changes"
    RECOVERIES = "recoveries"
    ACCESS_SUSPENSIONS = "access_suspensions"
    FREEZES = "freezes"
    SERVICE_SUSPENSIONS = "service_suspensions"
    HOLDS = "holds"
    ERASURES = "erasures"
    DISPUTES = "disputes"
    CLAIMS = "claims"
    DETERMINATIONS = "determinations"
    DEPARTURES = "departures"


@dataclass(frozen=True, slots=True)
class Row:
    """Where an event belongs: `key` names its thing (none: the event's own id; STREAM: its stream).

    `state` is how the thing stands after it (None: as before), `facts` what it says of the thing.
    """

    section: Section
    key: tuple[str, ...]
    state: str | None
    facts: tuple[str, ...] = ()


STREAM: Final = ("stream",)
_MANDATE: Final = ("mandate.person", "mandate.holder", "mandate.capacity")
_S = Section

TABLE: Final[Mapping[str, Row]] = {
    "PersonNamed": Row(_S.PERSONS, ("person",), "named", ("rights", "expires_at")),
    "RightsGranted": Row(_S.PERSONS, ("person",), "granted", ("rights", "expires_at")),
    "RightsRevoked": Row(_S.PERSONS, ("person",), "revoked"),
    "AuthorityGiven": Row(_S.AUTHORITIES, _MANDATE, "given", ("mandate", "change")),
    "AuthorityEnded": Row(_S.AUTHORITIES, ("person", "holder", "capacity"), "ended", ("ending",)),
    "HolderWarned": Row(_S.WARNINGS, (), "warned", ("warning",)),
    "OrderRecorded": Row(
        _S.ORDERS, ("order",), "recorded", ("source", "effect", "standing", "confidential_until")
    ),
    "OrderStandingChanged": Row(
        _S.ORDERS, ("order",), "changed", ("standing", "confidential_until")
    ),
    "HolderDoubted": Row(_S.DOUBTS, ("doubt",), "open", ("holder", "kind")),
    "DoubtSettled": Row(_S.DOUBTS, ("doubt",), "settled", ("settlement", "order")),
    "AccessSuspended": Row(_S.ACCESS_SUSPENSIONS, ("recovery",), "suspended"),
    "AccessRestored": Row(_S.ACCESS_SUSPENSIONS, ("recovery",), "restored", ("person",)),
    "FreezeOrdered": Row(_S.FREEZES, ("freeze",), "ordered", ("orderer", "ground")),
    "FreezePlaced": Row(_S.FREEZES, ("freeze",), "placed", ("dispute", "ground", "order", "until")),
    "FreezeRenewed": Row(_S.FREEZES, ("freeze",), "renewed", ("until",)),
    "FreezeLifted": Row(_S.FREEZES, ("freeze",), "lifted"),
    "LegalHoldPlaced": Row(_S.HOLDS, ("hold",), "placed", ("authority", "review_at")),
    "LegalHoldReleaseRequested": Row(_S.HOLDS, ("hold",), "release_requested", ("requester",)),
    "LegalHoldReleased": Row(_S.HOLDS, ("hold",), "released", ("confirmer",)),
    "SubjectErased": Row(_S.ERASURES, ("erasure",), "erased", ("subject", "purposes", "basis")),
    "MessageErased": Row(_S.ERASURES, ("erasure",), "erased", ("event", "purposes", "basis")),
    "KeysDestroyed": Row(_S.ERASURES, ("erasure",), "destroyed"),
    "IdentityChangeRequested": Row(
        _S.IDENTITY_CHANGES,
        STREAM,
        "checking",
        ("kind", "version", "ticket", "dispute", "asker", "applicant", "capacity", "orders"),
    ),
    "PhotoCodeIssued": Row(_S.IDENTITY_CHANGES, STREAM, None),
    "IdentityChecked": Row(_S.IDENTITY_CHANGES, STREAM, None),
    "ApproverDrawn": Row(_S.IDENTITY_CHANGES, STREAM, None, ("approver",)),
    "ApproverExcused": Row(_S.IDENTITY_CHANGES, STREAM, None),
    "IdentityChangeApproved": Row(
        _S.IDENTITY_CHANGES, STREAM, "waiting", ("approver", "contestable_until")
    ),
    "ChangeNoticeGiven": Row(_S.IDENTITY_CHANGES, STREAM, None, ("contestable_until",)),
    "ChangeNoticeWithheld": Row(_S.IDENTITY_CHANGES, STREAM, None),
    "IdentityChangeContested": Row(_S.IDENTITY_CHANGES, STREAM, None),
    "ContestDismissed": Row(_S.IDENTITY_CHANGES, STREAM, None),
    "IdentityChangeRefused": Row(_S.IDENTITY_CHANGES, STREAM, "refused", ("refusal", "decider")),
    "IdentityChangeWithdrawn": Row(_S.IDENTITY_CHANGES, STREAM, "withdrawn"),
    "IdentityChangeApplied": Row(_S.IDENTITY_CHANGES, STREAM, "applied"),
    "CopiesErased": Row(_S.IDENTITY_CHANGES, STREAM, None),
    "RecoveryReported": Row(
        _S.RECOVERIES, STREAM, "reported", ("ticket", "asker", "reporter", "capacity")
    ),
    "RecoveryCodeIssued": Row(_S.RECOVERIES, STREAM, None),
    "RecoveryChecked": Row(_S.RECOVERIES, STREAM, None),
    "ProvisioningOrdered": Row(_S.RECOVERIES, STREAM, "ordered", ("act", "person")),
    "ProvisioningConfirmed": Row(_S.RECOVERIES, STREAM, "confirmed", ("act",)),
    "RecoveryDropped": Row(_S.RECOVERIES, STREAM, "dropped", ("dropping", "decider")),
    "DisputeOpened": Row(
        _S.DISPUTES, STREAM, "open", ("number", "kind", "contract", "ticket", "language")
    ),
    "DisputeAttached": Row(_S.DISPUTES, STREAM, None, ("contract",)),
    "HolderTold": Row(_S.DISPUTES, STREAM, None),
    "HolderTellingWithheld": Row(_S.DISPUTES, STREAM, None),
    "DisputeClosed": Row(_S.DISPUTES, STREAM, "closed", ("closing", "decider")),
    "ClaimReceived": Row(
        _S.CLAIMS,
        ("claim",),
        "open",
        ("claimant", "capacity", "wish", "channel", "ticket", "order"),
    ),
    "ClaimCodeIssued": Row(_S.CLAIMS, ("claim",), None),
    "ClaimChecked": Row(_S.CLAIMS, ("claim",), None),
    "ClaimRefused": Row(_S.CLAIMS, ("claim",), "refused", ("rule", "decider")),
    "ClaimUpheld": Row(_S.CLAIMS, ("claim",), "upheld", ("decider",)),
    "ServiceSuspensionProposed": Row(
        _S.SERVICE_SUSPENSIONS, ("suspension",), "proposed", ("proposer",)
    ),
    "ServiceSuspensionConfirmed": Row(
        _S.SERVICE_SUSPENSIONS, ("suspension",), "suspended", ("confirmer",)
    ),
    "ServiceResumed": Row(_S.SERVICE_SUSPENSIONS, ("suspension",), "resumed"),
    "DeterminationMade": Row(
        _S.DETERMINATIONS,
        ("determination",),
        "made",
        ("as_of", "outcome", "holders", "reason", "version", "departure", "rests_on"),
    ),
    "DeterminationConfirmed": Row(
        _S.DETERMINATIONS, ("determination",), "confirmed", ("confirmer",)
    ),
    "DepartureProposed": Row(
        _S.DEPARTURES,
        ("departure",),
        "proposed",
        ("determination", "proposer", "outcome", "holders", "together"),
    ),
    "DepartureConfirmed": Row(_S.DEPARTURES, ("departure",), "confirmed", ("confirmer",)),
}
"""Every event type with a thread, by name."""
