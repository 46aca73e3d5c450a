"""The words of disputes that stand in events."""

from enum import StrEnum


class DisputeKind(StrEnum):
    """How it came to a dispute."""

    UNPAID_CONTRACTOR = "unpaid_contractor"
    DEPARTED_MANAGER = "departed_manager"
    DECEASED_HOLDER = "deceased_holder"
    DISSOLVED_HOLDER = "dissolved_holder"
    TAKEOVER = "takeover"
    STOLEN_CREDENTIALS = "stolen_credentials"
    OTHER = "other"


class Wish(StrEnum):
    """What a claimant asks for."""

    ACCESS = "access"
    TRANSFER = "transfer"
    DATA = "data"
    STOP_SERVICE = "stop_service"
    INFORMATION = "information"


class ClaimRule(StrEnum):
    """The rule that a refusal cites."""

    HOLDER_IS_WHO_GAVE_DOCUMENT = "holder_is_who_gave_document"
    AUTHORITY_UNPROVEN = "authority_unproven"
    CAPACITY_INSUFFICIENT = "capacity_insufficient"
    ONE_OF_SEVERAL = "one_of_several"
    PAPER_EXPIRED = "paper_expired"
    PAPER_REVOKED = "paper_revoked"
    ORDER_NOT_IN_FORCE = "order_not_in_force"
    NO_IDENTITY_SHOWN = "no_identity_shown"
    SUPPORT_DOES_NOT_INVESTIGATE = "support_does_not_investigate"


class Outcome(StrEnum):
    """What a determination comes to."""

    HOLDER = "holder"
    UNDETERMINED = "undetermined"


class Closing(StrEnum):
    """How a dispute ended."""

    AGREED = "agreed"
    ORDERED = "ordered"
    DETERMINED = "determined"
    WITHDRAWN = "withdrawn"
    NO_CASE = "no_case"
