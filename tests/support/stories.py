"""The office of the stories: people who apply the rule over HTTP, and the bundle at the end."""

import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from pypdf import PdfReader
from support.bags import verify_alone
from support.disputes import HANDLER, Dispute, closed, confirmed
from support.ownership import Ask, accepted, by, holder_of, joined, member, sent
from support.serving import Served

STAFF = ("agent", "supervisor", HANDLER)


def passport(name: str) -> dict[str, str]:
    """Return the passport of somebody."""
    return {
        "country": "PT",
        "number": uuid4().hex[:12].upper(),
        "name": name,
        "birth_date": "1980-02-29",
        "issued_by": "Registry office",
        "issued_on": "2020-01-31",
    }


def company(name: str, representative: str) -> dict[str, Any]:
    """Return the document of an organisation."""
    acts = {"name": representative, "passport": passport(representative), "authority": "Extract 7"}
    number = uuid4().hex[:12].upper()
    return {"name": name, "country": "PT", "registration_number": number, "representative": acts}


def papers(person: str, account: "Account", capacity: str) -> dict[str, Any]:
    """Return a good look at papers by which somebody acts for a holder."""
    mandate = {"person": person, "holder": account.holder, "capacity": capacity}
    look = {"person": person, "method": "authority_papers", "finding": "passed"}
    return look | {"mandate": mandate | {"scope": ["identity", "transfer"]}}


@dataclass(frozen=True)
class Account:
    """A contract, who holds it, who acts for an organisation, and a first ticket under it."""

    number: str
    holder: str
    representative: str | None
    ticket: str

    @property
    def path(self) -> str:
        return f"/v1/contracts/{self.number}"


@dataclass(frozen=True)
class Bundle:
    """A dispute's export: what a bare Python says of it, and what its first page says.

    `position` is that of the newest event in it.
    """

    position: int
    report: dict[str, Any]
    page_one: str


@dataclass
class Office:
    """The provider's people; `tokens` has one of each who may be drawn, by their id."""

    served: Served
    place: Path
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for role in STAFF:
            self.tokens[member(self.served, role)] = self.served.tokens[role]
        for _ in range(2):
            self.join("agent")

    def join(self, role: str) -> str:
        """Let somebody join; return their token."""
        who, token = joined(self.served, role)
        if role in STAFF:
            self.tokens[who] = token
        return token

    def do(self, role: str, path: str, body: Any = None, version: int | None = None) -> Any:
        """Do what must be accepted."""
        return sent(self.served, role, Ask(path, body, version))

    def registered(self, category: str, document: dict[str, Any]) -> Account:
        """Register a contract with the identity document that is given, and open a ticket."""
        number = f"S-{uuid4().hex[:12]}"
        body = {"number": number, "category": category, "language": "en", "document": document}
        contacts = [{"kind": "mail", "value": "office@example.net"}]
        self.do("agent", "/v1/contracts", body | {"contacts": contacts})
        organisation = self.identity(number)["document"].get("organisation")
        acts = organisation["representative"]["subject"] if organisation else None
        return Account(number, holder_of(self.served, number), acts, self.ticket(number))

    def ticket(self, number: str, text: str = "Mail does not arrive.") -> str:
        """Open a ticket under a contract."""
        return str(self.served.open_ticket("agent", contract=number, text=text)["id"])

    def called(self, text: str) -> str:
        """Write down what somebody says on the telephone: an enquiry without a contract."""
        made = self.served.open_ticket("agent", contract=None, channel="phone", text=text)
        return str(made["id"])

    def identity(self, number: str) -> dict[str, Any]:
        """Return the identity of record."""
        answer = self.served.get("compliance", f"/v1/contracts/{number}/identity")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def named(self, account: Account, name: str) -> str:
        """Give somebody rights under a contract; return who."""
        body = {"name": name, "rights": ["read", "write"]}
        return str(self.do("agent", f"{account.path}/persons", body)["person"])

    def revoked(self, account: Account, person: str) -> None:
        """Take somebody's rights away, as the holder asks."""
        path = f"{account.path}/persons/{person}/revoke"
        self.do("agent", path, {"reason": "The holder asks."}, self.version(account))

    def version(self, account: Account) -> int:
        """Return the version of a contract now."""
        return int(self.served.get("agent", account.path).json()["version"])

    def notices(self, account: Account) -> list[str]:
        """Return what the tickets say that the system opened to tell the holder."""
        history = self.served.get("compliance", f"{account.path}/history").json()
        tickets = [one["ticket"] for one in history["tickets"] if one["ticket"] != account.ticket]
        return [self.served.get("agent", f"/v1/tickets/{one}/timeline").text for one in tickets]

    def authority_ended(self, account: Account, ending: str) -> None:
        """Record that the representative acts for the holder no more."""
        whose = {"person": account.representative, "holder": account.holder}
        body = whose | {"capacity": "representative", "ending": ending}
        self.do("supervisor", f"{account.path}/authorities/end", body, self.version(account))

    def ordered(self, account: Account, **order: Any) -> str:
        """Record an order that is in force; return its id."""
        body = {"standing": "in_force", "issuer": "District court", "number": "12 O 345/26"}
        body |= {"says": "As the register says."}
        return str(self.do("compliance", f"{account.path}/orders", body | order)["order"])

    def case_file(self, dispute: Dispute, **moment: Any) -> dict[str, Any]:
        answer = self.served.get(HANDLER, f"{dispute.path}/case-file", params=moment)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def rights(self, account: Account) -> dict[str, list[str]]:
        view = self.served.get("agent", account.path).json()
        return {one["person"]: one["rights"] for one in view["persons"]}

    def dispute(self, kind: str, ticket: str, account: Account) -> Dispute:
        """Open a dispute by an enquiry, and say which contract it is about."""
        body = {"ticket": ticket, "kind": kind, "language": "en"}
        made = self.do("agent", "/v1/disputes", body)
        dispute = Dispute(self.served, str(made["id"]), account.number, ticket)
        dispute.do("attach", {"contract": account.number})
        return dispute

    def asked(self, account: Account, **request: Any) -> tuple[str, dict[str, Any]]:
        """Ask for a change of identity data; return its path and the answer."""
        path = f"{account.path}/identity-changes"
        made = self.do("agent", path, {"ticket": account.ticket} | request)
        return f"{path}/{made['id']}", made

    def changed(self, account: Account, checks: list[dict[str, Any]], **request: Any) -> None:
        """Change identity data as it must be: asked, checked, drawn, opened, approved, applied."""
        path, made = self.asked(account, **request)
        for check in checks:
            made = self.do("agent", f"{path}/checks", check)
        drawn = self.do("agent", f"{path}/draw", {}, made["version"])
        token = self.tokens[drawn["approver"]]
        assert self.served.client(None, token).get(path).status_code == 200
        approval = by(self.served, token, Ask(f"{path}/approve", {}, drawn["version"]))
        self.do("agent", f"{path}/apply", {}, accepted(approval)["version"])

    def decided(self, dispute: Dispute, closing: str = "determined") -> Bundle:
        """Determine who holds the contract, confirm it, close the dispute, hand out the bundle."""
        confirmed(dispute)
        closed(dispute, closing)
        return self.bundle(dispute)

    def bundle(self, dispute: Dispute) -> Bundle:
        """Export a dispute for a court; return what outsiders see."""
        body = {"recipient": "District court 4", "legal_basis": "court_order"}
        made = self.do(HANDLER, f"{dispute.path}/exports", body)
        answer = self.served.get(HANDLER, f"/v1/exports/{made['id']}")
        assert answer.status_code == 200, answer.text
        bag = self.place / f"{dispute.id}.zip"
        bag.write_bytes(answer.content)
        checked = verify_alone(bag, self.served.get(None, "/v1/log").json()["vkey"])
        assert checked.returncode == 0, checked.stdout + checked.stderr
        return Bundle(made["position"] - 1, json.loads(checked.stdout), _page_one(bag))


def _page_one(bag: Path) -> str:
    """Return the text of the first page of paper in a bag, its lines joined."""
    with zipfile.ZipFile(bag) as archive:
        (name,) = [one for one in archive.namelist() if one.endswith("/timeline-1.pdf")]
        first = PdfReader(io.BytesIO(archive.read(name))).pages[0]
    return " ".join(first.extract_text().split())
