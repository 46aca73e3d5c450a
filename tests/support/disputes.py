"""Disputes over HTTP: opened, and brought as far as a test or a story needs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from support.ownership import Ask, accepted, by, elsewhere, joined, sent, visit

if TYPE_CHECKING:
    from support.requests_of import World
    from support.serving import Served

HANDLER = "dispute_handler"


@dataclass(frozen=True)
class Dispute:
    """A dispute over HTTP, and what it is about."""

    served: "Served"
    id: str
    contract: str
    ticket: str

    @property
    def path(self) -> str:
        return f"/v1/disputes/{self.id}"

    def read(self, role: str = HANDLER, **params: Any) -> dict[str, Any]:
        """Return it as staff read it."""
        answer = self.served.get(role, self.path, params=params)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    @property
    def version(self) -> int:
        return int(self.read()["version"])

    def ask(self, step: str, body: Any = None) -> Ask:
        """Return a step that needs no version, ready to be sent."""
        return Ask(f"{self.path}/{step}", body)

    def decision(self, step: str, body: Any = None) -> Ask:
        """Return a step that is decided on the version of now, ready to be sent."""
        view = self.read()
        on_contract = step.startswith("freeze/")
        return Ask(
            f"{self.path}/{step}",
            body,
            view["contract_version"] if on_contract else view["version"],
        )

    def do(self, step: str, body: Any = None, role: str = HANDLER) -> dict[str, Any]:
        """Take a step that is decided on the version of now, and must be accepted."""
        return sent(self.served, role, self.decision(step, body))

    def try_by(self, token: str, step: str, body: Any = None) -> Any:
        """Take such a step with somebody's own token; return the answer."""
        return by(self.served, token, self.decision(step, body))


def opened(world: "World", role: str = "agent", **more: Any) -> Dispute:
    """Open a dispute under the world's contract, from its ticket."""
    body = {"ticket": world.ticket, "kind": "unpaid_contractor", "language": "en"}
    body |= {"contract": world.contract, "words": "He says that he was not paid."}
    made = sent(world.served, role, Ask("/v1/disputes", body | more))
    ticket = str((body | more)["ticket"])
    return Dispute(world.served, str(made["id"]), world.contract, ticket)


def own(world: "World") -> Dispute:
    """Open a dispute under a contract of its own."""
    return opened(elsewhere(world))


def a_claim(**more: Any) -> dict[str, Any]:
    """Return what somebody says on the telephone who built the site."""
    body = {"capacity": "in_person", "wish": "access", "channel": "phone"}
    return body | {"name": "Ben Example", "words": "I built it and was not paid."} | more


def claimed(dispute: Dispute, role: str = "agent", **more: Any) -> dict[str, Any]:
    """Write down a claim; return the answer with the ids of claim and claimant."""
    return sent(dispute.served, role, dispute.ask("claims", a_claim(**more)))


def checked(dispute: Dispute, claim: str, person: str, **more: Any) -> dict[str, Any]:
    """Look at somebody who came to the office because of a claim."""
    return sent(
        dispute.served, "agent", dispute.ask("checks", visit(person, **more) | {"claim": claim})
    )


def claim_refused(
    dispute: Dispute, claim: str, rule: str = "holder_is_who_gave_document"
) -> dict[str, Any]:
    """Refuse a claim by a rule."""
    body = {"rule": rule, "explanation": "The holder is who gave the document."}
    return dispute.do(f"claims/{claim}/refuse", body)


def determined(dispute: Dispute, **body: Any) -> str:
    """Let who holds the contract be determined; return the determination's id."""
    return str(dispute.do("determination", body)["determination"])


def confirmed(dispute: Dispute, role: str = HANDLER) -> str:
    """Determine who holds the contract and confirm it; return the determination's id."""
    made = determined(dispute)
    dispute.do("confirm", {"determination": made}, role)
    return made


def closed(dispute: Dispute, closing: str = "determined") -> dict[str, Any]:
    """End a dispute of which every claim is decided."""
    return dispute.do("close", {"closing": closing, "explanation": "It is over."})


def soon(**lasts: float) -> str:
    """Return a moment to come as the interface writes it."""
    at = datetime.now(UTC) + timedelta(**lasts)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def a_freeze(**more: Any) -> dict[str, Any]:
    return {"ground": "holder_asks", "until": soon(days=7), "reason": "They ask for it."} | more


def frozen(dispute: Dispute, role: str = HANDLER, **more: Any) -> str:
    """Place a freeze; return its id."""
    return str(dispute.do("freeze", a_freeze(**more), role)["freeze"])


def other_handler(served: "Served") -> str:
    """Return a token of a dispute handler who joined for this."""
    return joined(served, HANDLER)[1]


def suspension(dispute: Dispute, token: str) -> str:
    """Let somebody ask that the service be suspended."""
    made = accepted(dispute.try_by(token, "suspension", {"reason": "The court orders it."}))
    return str(made["suspension"])


def departure(dispute: Dispute, token: str) -> str:
    """Let somebody ask to depart from a determination, for the claimant."""
    claimant = claimed(dispute)["claimant"]
    body = {"determination": determined(dispute), "outcome": "holder", "holders": [claimant]}
    made = dispute.try_by(token, "departure", body | {"reason": "Both sides signed."})
    return str(accepted(made)["departure"])


def _step(name: str, body: Any = None, *, decided: bool = True) -> Any:
    def ask(world: "World") -> Ask:
        dispute = own(world)
        return (dispute.decision if decided else dispute.ask)(name, body)

    return ask


def _of_claim(name: str, body: Any = None, *, decided: bool = True) -> Any:
    def ask(world: "World") -> Ask:
        dispute = own(world)
        step = f"claims/{claimed(dispute)['claim']}/{name}"
        return (dispute.decision if decided else dispute.ask)(step, body)

    return ask


def _attach(world: "World") -> Ask:
    dispute = opened(elsewhere(world), contract=None)
    return dispute.decision("attach", {"contract": dispute.contract})


def _check(world: "World") -> Ask:
    dispute = own(world)
    made = claimed(dispute)
    return dispute.ask("checks", visit(made["claimant"]) | {"claim": made["claim"]})


def _uphold(world: "World") -> Ask:
    dispute = own(world)
    holder = world.served.get("supervisor", f"/v1/contracts/{dispute.contract}").json()["holder"]
    claim = claimed(dispute, claimant=holder)["claim"]
    checked(dispute, claim, holder)
    return dispute.decision(f"claims/{claim}/uphold")


def _tell(world: "World") -> Ask:
    dispute = own(world)
    claimed(dispute)
    return dispute.ask("tell", {"means": "portal"})


def _freeze_step(name: str, body: Any) -> Any:
    def ask(world: "World") -> Ask:
        dispute, token = own(world), other_handler(world.served)
        freeze = accepted(dispute.try_by(token, "freeze", a_freeze()))["freeze"]
        return dispute.decision(f"freeze/{freeze}/{name}", body() if callable(body) else body)

    return ask


def _suspension_step(name: str, body: Any = None) -> Any:
    def ask(world: "World") -> Ask:
        dispute = own(world)
        asked = suspension(dispute, other_handler(world.served))
        return dispute.decision(f"suspension/{asked}/{name}", body)

    return ask


def _determined(name: str, body: Any) -> Any:
    def ask(world: "World") -> Ask:
        dispute = own(world)
        more = body | ({"holders": [claimed(dispute)["claimant"]]} if "outcome" in body else {})
        return dispute.decision(name, {"determination": determined(dispute)} | more)

    return ask


def _confirm_departure(world: "World") -> Ask:
    dispute = own(world)
    asked = departure(dispute, other_handler(world.served))
    return dispute.decision(f"departure/{asked}/confirm")


WRITES: dict[str, Any] = {
    "open_dispute": lambda world: Ask(
        "/v1/disputes", {"ticket": world.ticket, "kind": "other", "language": "en"}
    ),
    "attach_dispute": _attach,
    "receive_claim": _step("claims", a_claim(), decided=False),
    "issue_claim_code": _of_claim("codes", {}, decided=False),
    "record_claim_check": _check,
    "refuse_claim": _of_claim(
        "refuse", {"rule": "authority_unproven", "explanation": "No papers."}
    ),
    "uphold_claim": _uphold,
    "tell_holder": _tell,
    "place_freeze": lambda world: own(world).decision("freeze", a_freeze()),
    "renew_freeze": _freeze_step(
        "renew", lambda: {"until": soon(days=30), "reason": "Not decided yet."}
    ),
    "lift_freeze": _freeze_step("lift", {"reason": "They agreed."}),
    "hold_disputed": _step(
        "hold",
        {"authority": "court", "reference": "12 O 345/26", "review_at": "2099-01-01T00:00:00Z"},
        decided=False,
    ),
    "propose_suspension": _step("suspension", {"reason": "The court orders it."}),
    "confirm_suspension": _suspension_step("confirm", {}),
    "resume_service": _suspension_step("resume", {"reason": "It was set aside."}),
    "make_determination": _step("determination", {}),
    "confirm_determination": _determined("confirm", {}),
    "propose_departure": _determined(
        "departure", {"outcome": "holder", "reason": "Both sides signed."}
    ),
    "confirm_departure": _confirm_departure,
    "close_dispute": _step("close", {"closing": "no_case", "explanation": "Nobody asks."}),
}
"""The writes about disputes, each made ready in a world."""

READS: dict[str, Any] = {
    "list_disputes": lambda _: "/v1/disputes",
    "read_dispute": lambda world: own(world).path,
    "read_dispute_case_file": lambda world: f"{own(world).path}/case-file",
}
"""The reads about disputes."""
