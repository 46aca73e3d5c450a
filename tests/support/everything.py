"""Every command of the API with a personal or free field, each field marked."""

import json
from typing import Any, Final, Self
from uuid import uuid4

import httpx
from support.plaintext import Markers

LIVE: Final = "2001:db8:77:1::c0de"
"""The address that the portal says its customer has."""
PROXIED: Final = "2001:db8:5a3c:9e01::77aa"
"""The address that the proxy says the client has."""


class Caller:
    """Somebody who calls the API; remembers the last version it was told."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": PROXIED}
        self._client = httpx.Client(base_url=url, headers=headers, timeout=30)
        self.etag = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self._client.get(path, **more)

    def post(self, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        """Send a write that must be accepted; If-Match is the version that was told last."""
        said = {"Idempotency-Key": str(uuid4()), "If-Match": self.etag or '"0"', **headers}
        if isinstance(body, bytes):
            answer = self._client.post(path, content=body, headers=said)
        else:
            answer = self._client.post(path, json=body or {}, headers=said)
        assert answer.status_code in {200, 201}, (path, answer.status_code, answer.text)
        self.etag = answer.headers.get("ETag", "")
        found: dict[str, Any] = answer.json()
        return found

    def wrong(self, method: str, path: str, **more: Any) -> bytes:
        """Send what must be refused; return the answer, headers and all."""
        answer = self._client.request(method, path, **more)
        assert answer.status_code >= 400, (path, answer.status_code)
        return repr(answer.headers).encode() + answer.content


def passport(markers: Markers, path: str) -> dict[str, str]:
    return {
        "country": "PT",
        "number": markers.text(f"{path}.number"),
        "name": markers.text(f"{path}.name"),
        "birth_date": markers.exact("1931-07-19"),
        "issued_by": markers.text(f"{path}.issued_by"),
        "issued_on": markers.exact("2011-03-29"),
        "expires_on": markers.exact("2041-11-17"),
    }


def documents(markers: Markers) -> dict[str, dict[str, Any]]:
    """Return category -> document, one of each form."""
    organisation = {
        "name": markers.text("organisation.name"),
        "country": "PT",
        "registration_number": markers.text("organisation.registration_number"),
        "representative": {
            "name": markers.text("representative.name"),
            "passport": passport(markers, "representative.passport"),
            "authority": markers.text("representative.authority"),
        },
    }
    entrepreneur = {
        "passport": passport(markers, "entrepreneur.passport"),
        "registration_number": markers.text("entrepreneur.registration_number"),
    }
    return {
        "individual": {"passport": passport(markers, "passport")},
        "individual_entrepreneur": {"entrepreneur": entrepreneur},
        "legal_entity": {"organisation": organisation},
        "government_agency": {"organisation": organisation},
    }


def contracts(staff: Caller, markers: Markers) -> list[str]:
    """Register a contract of every category, name and unname a person; return the numbers."""
    numbers = []
    for category, document in documents(markers).items():
        number = f"P-{uuid4().hex[:8]}"
        contacts = [
            {"kind": kind, "value": markers.text(f"contact.{kind}")}
            for kind in ("mail", "phone", "post")
        ]
        body = {"number": number, "category": category, "language": "ru"}
        staff.post("/v1/contracts", {**body, "document": document, "contacts": contacts})
        numbers.append(number)
    login = {"issuer": markers.text("login.issuer"), "subject": markers.text("login.subject")}
    person = {"name": markers.text("person.name"), "login": login, "rights": ["read", "write"]}
    named = staff.post(f"/v1/contracts/{numbers[0]}/persons", person)
    path = f"/v1/contracts/{numbers[0]}/persons/{named['person']}"
    staff.post(f"{path}/rights", {"rights": ["read"]})
    staff.post(f"{path}/revoke", {"reason": markers.text("revoke.reason")})
    return numbers


def hold(compliance: Caller, contract: str, markers: Markers) -> None:
    """Place a legal hold on a contract and ask for its release."""
    path = f"/v1/contracts/{contract}/legal-holds"
    reference = markers.text("hold.reference")
    review = "2031-05-23T00:00:00.000000Z"
    body = {"authority": "court", "reference": reference, "review_at": review}
    held = compliance.post(path, body)["hold"]
    compliance.post(f"{path}/{held}/release", {"reason": markers.text("hold.release")})


def staff_member(operator: Caller, markers: Markers) -> str:
    """Let somebody join; return their id."""
    login = {"issuer": markers.text("staff.issuer"), "subject": markers.text("staff.subject")}
    body = {"name": markers.text("staff.name"), "login": login, "roles": ["agent"]}
    return str(operator.post("/v1/staff", {**body, "languages": ["en"]})["id"])


def ownership(staff: Caller, contract: str, ticket: str, markers: Markers) -> None:
    """Order, doubt, warn; ask for a change and refuse it; report a recovery and drop it."""
    path = f"/v1/contracts/{contract}"
    holder = staff.get(path).json()["holder"]
    order = {"source": "court", "effect": "hold", "standing": "in_force"}
    order |= {name: markers.text(f"order.{name}") for name in ("issuer", "number", "says")}
    known = staff.post(f"{path}/orders", order)["order"]
    stands = {"standing": "appealed", "reason": markers.text("order.reason")}
    staff.post(f"{path}/orders/{known}/standing", stands)
    doubt = {"holder": holder, "kind": "deceased", "basis": markers.text("doubt.basis")}
    open_doubt = staff.post(f"{path}/doubts", doubt)["doubt"]
    settled = {"settlement": "mistaken", "reason": markers.text("settlement.reason")}
    staff.post(f"{path}/doubts/{open_doubt}/settle", settled)
    warning = {name: markers.text(f"warning.{name}") for name in ("organisation", "words")}
    staff.post(f"{path}/warnings", warning)
    check = {"person": holder, "method": "office_visit", "finding": "passed"}
    who = {"ticket": ticket, "capacity": "in_person"}
    change = {
        **who,
        "kind": "transfer",
        "holders": [
            {
                "category": "individual",
                "document": {"passport": passport(markers, "change.passport")},
            }
        ],
        "contacts": [{"kind": "mail", "value": markers.text("change.contact")}],
        "name": markers.text("change.name"),
        "words": markers.text("change.words"),
    }
    case = f"{path}/identity-changes/{staff.post(f'{path}/identity-changes', change)['id']}"
    staff.post(f"{case}/codes")
    staff.post(f"{case}/checks", {**check, "found": markers.text("check.found")})
    objection = {"capacity": "in_person", "words": markers.text("objection.words")}
    staff.post(f"{case}/contests", objection)
    no = {"refusal": "not_proved", "explanation": markers.text("refusal.explanation")}
    staff.post(f"{case}/refuse", no)
    report = {**who, "words": markers.text("recovery.words"), "name": markers.text("recovery.name")}
    recovery = f"{path}/recoveries/{staff.post(f'{path}/recoveries', report)['id']}"
    staff.post(f"{recovery}/checks", {**check, "found": markers.text("recovery.found")})
    drop = {"dropping": "mistaken", "explanation": markers.text("recovery.explanation")}
    staff.post(f"{recovery}/drop", drop)


def ticket(customer: Caller, staff: Caller, contract: str, other: str, markers: Markers) -> str:
    """Open a ticket with every field, let everything happen to it; return its id."""
    free = {n: markers.text(f"ticket.{n}") for n in ("subject", "text", "happening", "tried")}
    opened = staff.post(
        "/v1/tickets",
        {
            **free,
            "contract": contract,
            "channel": "portal",
            "language": "ru",
            "resource": markers.text("ticket.resource"),
            "since": "2026-01-02T03:04:05.000000Z",
        },
    )
    path = f"/v1/tickets/{opened['id']}"
    message = staff.post(f"{path}/messages", {"text": markers.text("message.text")})["message"]
    texts = {"text": markers.text("correction.text"), "reason": markers.text("correction.reason")}
    staff.post(f"{path}/corrections", {"message": message, **texts})
    retraction = {"message": message, "reason": markers.text("retraction.reason")}
    staff.post(f"{path}/retractions", retraction)
    attach(staff, path, markers)
    work(staff, path, other, markers)
    body = {"contract": contract, "reason": markers.text("move.reason")}
    customer.wrong("POST", f"{path}/move", json=body)
    return str(opened["id"])


def attach(staff: Caller, path: str, markers: Markers) -> None:
    """Attach two files: a short one, and one of several chunks that ends with a marker."""
    for number, size in enumerate((0, 2_500_000)):
        data = b"\x00" * size + markers.text(f"attachment.bytes.{number}").encode()
        name = markers.text(f"attachment.name.{number}")
        query = str(httpx.QueryParams({"name": name, "audience": "public"}))
        kind = f"text/{markers.word(f'attachment.type.{number}')}"
        staff.post(f"{path}/attachments?{query}", data, **{"Content-Type": kind})


def work(staff: Caller, path: str, other: str, markers: Markers) -> None:
    """Take, address, hand over, take again, release, rate, work on, and resolve the ticket."""
    staff.post(f"{path}/claim", {"reason": markers.text("claim.reason")})
    address = {"specialist": other, "reason": markers.text("address.reason")}
    staff.post(f"{path}/address", address)
    hand_over = {"receiver": other, "reason": markers.text("hand_over.reason")}
    staff.post(f"{path}/hand-over", hand_over)
    staff.post(f"{path}/claim", {"reason": markers.text("claim.again")})
    staff.post(f"{path}/release", {"reason": markers.text("release.reason")})
    staff.post(f"{path}/assign", {"agent": other, "reason": markers.text("assign.reason")})
    staff.post(f"{path}/priority", {"priority": "high", "reason": markers.text("priority.reason")})
    fields = ("what", "where", "before", "after")
    staff.post(f"{path}/work", {name: markers.text(f"work.{name}") for name in fields})
    status = {"status": "resolved", "explanation": markers.text("status.explanation")}
    staff.post(f"{path}/status", status)


def enquiry(service: Caller, markers: Markers) -> None:
    """Ask without a contract, through the portal, which asserts the customer's address."""
    free = {n: markers.text(f"enquiry.{n}") for n in ("subject", "text", "name", "contact")}
    headers = {"Ledger-On-Behalf-Of": str(uuid4()), "Ledger-On-Behalf-Address": LIVE}
    service.post("/v1/tickets", {**free, "channel": "portal", "language": "zh"}, **headers)


def mistakes(caller: Caller, ticket_id: str, markers: Markers) -> bytes:
    """Make requests that are refused, markers everywhere; return all that came back."""
    said, word = markers.text("mistake"), markers.word("mistake")
    key = {"Idempotency-Key": word}
    tickets, one = "/v1/tickets", f"/v1/tickets/{ticket_id}"
    return b"\n".join(
        (
            caller.wrong("POST", tickets, json={"subject": said, said: said}, headers=key),
            caller.wrong("POST", tickets, json=[said], headers=key),
            caller.wrong("POST", tickets, content=f'{{"text": {said}'.encode(), headers=key),
            caller.wrong("POST", tickets, json={"contract": said, "channel": said}, headers=key),
            caller.wrong("POST", f"{one}/status", json={"status": said}, headers=key),
            caller.wrong("POST", f"{one}/messages", json={"text": said}),
            caller.wrong("GET", f"{tickets}/{word}"),
            caller.wrong("GET", f"/v1/contracts/{word}"),
            caller.wrong("GET", f"/{word}"),
            caller.wrong("GET", "/v1/queue", params={"status": word, said: said}),
            caller.wrong("GET", "/v1/queue", params={"cursor": word}),
            caller.wrong("GET", one, params={"as_of": word}),
            caller.wrong("GET", f"/tile/0/{word}"),
            caller.wrong("GET", f"/log/{word}/checkpoint"),
            caller.wrong("GET", "/v1/consistency", params={"from": word}),
            caller.wrong("GET", "/v1/log/timestamps", params={"cursor": word}),
            caller.wrong("GET", one, headers={"Authorization": f"Bearer {word}"}),
            caller.wrong("POST", tickets, json={"text": said}, headers={**key, "If-Match": word}),
        )
    )


def event_log(markers: Markers) -> str:
    """Return a CSV event log whose columns that are not codes are marked."""
    rows = [("case", "step", "at", "who", "remark")]
    for number in range(3):
        who, remark = markers.text(f"import.who.{number}"), markers.text(f"import.remark.{number}")
        at = f"2026-01-0{number + 1} 10:00:00"
        rows.append(("INC1", markers.text(f"import.step.{number}"), at, who, remark))
    return "\n".join(",".join(json.dumps(cell, ensure_ascii=False) for cell in r) for r in rows)
