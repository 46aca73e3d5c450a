"""Claims: received, checked one by one, refused by a rule or upheld; and the holder told of them.

Support does not investigate. Whatever is not proved is refused, and the rule is cited.
"""

from uuid import UUID

from domain.dispute.commands import (
    IssueClaimCode,
    ReceiveClaim,
    RecordClaimCheck,
    RefuseClaim,
    TellHolder,
    UpholdClaim,
)
from domain.dispute.events import (
    ClaimChecked,
    ClaimCodeIssued,
    ClaimReceived,
    ClaimRefused,
    ClaimUpheld,
    DisputeEvent,
    HolderTellingWithheld,
    HolderTold,
)
from domain.dispute.proving import authority_proved, in_doubt
from domain.dispute.state import Claim, DisputeState
from domain.dispute.telling import secrets, tellable
from domain.errors import Refused
from domain.identity.checking import check_can_be_recorded, code_can_be_given
from domain.limits import ATTACHMENTS_PER_MESSAGE, CLAIMS_PER_DISPUTE


def receive(state: DisputeState, ticket: UUID, command: ReceiveClaim) -> tuple[DisputeEvent, ...]:
    """Write a claim down as it came; it changes nothing."""
    if command.claim in state.claims:
        raise Refused("claim-exists", "a claim with this id was received before")
    if len(state.claims) >= CLAIMS_PER_DISPUTE:
        raise Refused("too-many", f"a dispute has at most {CLAIMS_PER_DISPUTE} claims")
    if len(command.attachments) + len(command.recordings) > ATTACHMENTS_PER_MESSAGE:
        raise Refused("too-many", f"a claim names at most {ATTACHMENTS_PER_MESSAGE} attachments")
    if command.order is not None and command.standing.ownership.order(command.order) is None:
        raise Refused("order-unknown", "no such order was recorded under this contract")
    return (
        ClaimReceived(
            command.claim,
            command.claimant,
            command.capacity,
            command.wish,
            command.channel,
            command.ticket or ticket,
            command.order,
            command.attachments,
            command.recordings,
            command.name,
            command.document,
            command.contact,
            command.words,
        ),
    )


def issue(state: DisputeState, command: IssueClaimCode) -> tuple[DisputeEvent, ...]:
    """Give out a code for a claimant's photo."""
    _undecided(state, command.claim)
    if command.code in state.codes:
        raise Refused("photo-code-exists", "a code with this id was given out before")
    evidence = state.evidence(command.claim)
    code_can_be_given(evidence, command.code, command.expires_at, command.at)
    return (
        ClaimCodeIssued(
            command.claim, command.code, command.by.id, command.expires_at, command.shown
        ),
    )


def check(state: DisputeState, command: RecordClaimCheck) -> tuple[DisputeEvent, ...]:
    """Record one check; the last one of each thing counts."""
    _undecided(state, command.claim)
    if command.check.check in state.checks:
        raise Refused("check-exists", "a check with this id was recorded before")
    evidence = state.evidence(command.claim)
    check_can_be_recorded(evidence, command.check, command.at, command.standing.ownership)
    return (ClaimChecked(command.claim, command.by.id, command.check, command.found),)


def refuse(state: DisputeState, command: RefuseClaim) -> tuple[DisputeEvent, ...]:
    """Refuse a claim: always possible, and never without a rule."""
    _undecided(state, command.claim)
    checks = _checks(state, command.claim)
    return (ClaimRefused(command.claim, command.rule, command.by.id, checks, command.explanation),)


def uphold(state: DisputeState, command: UpholdClaim) -> tuple[DisputeEvent, ...]:
    """Record that authority is proved; what is asked for still takes its own way."""
    claim = _undecided(state, command.claim)
    if state.contract is None:
        raise Refused("dispute-unattached", "say first which contract it is about")
    ownership = command.standing.ownership
    if in_doubt(claim, ownership):
        raise Refused("holder-doubted", "who holds it is in doubt: settle that, or bring an order")
    checks = tuple(one.check for one in state.looked)
    if not authority_proved(claim, checks, ownership, command.at):
        raise Refused(
            "claim-unproved", "no check proves that the claimant may ask for this: refuse it"
        )
    return (ClaimUpheld(command.claim, command.by.id, _checks(state, command.claim)),)


def tell(state: DisputeState, command: TellHolder) -> tuple[DisputeEvent, ...]:
    """Record what the holder is told, and what they may not be told yet."""
    if state.contract is None:
        raise Refused("dispute-unattached", "say first which contract it is about")
    if not len(state.claims):
        raise Refused("nothing-to-tell", "nobody has claimed anything yet")
    ownership = command.standing.ownership
    contacts = ownership.contacts
    if any(place not in range(contacts.given) for place in command.contacts):
        raise Refused("contact-unknown", "the holder is told at contacts of record alone")
    withheld = tuple(
        HolderTellingWithheld(order) for order in secrets(state, ownership, command.at)
    )
    count = tellable(state, ownership, command.at)
    if not count:
        return withheld
    places = tuple(sorted(set(command.contacts)))
    told = HolderTold(count, command.means, contacts.version, places, command.ticket)
    return (told, *withheld)


def _undecided(state: DisputeState, wanted: UUID) -> Claim:
    claim = state.claims.get(wanted)
    if claim is None:
        raise Refused("claim-unknown", "this dispute has no such claim")
    if wanted in state.decided:
        raise Refused("claim-decided", "a claim is decided once: new papers make a new claim")
    return claim


def _checks(state: DisputeState, claim: UUID) -> tuple[UUID, ...]:
    return tuple(one.check for one in state.evidence(claim).checks)
