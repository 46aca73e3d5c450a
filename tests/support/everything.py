"""Everything that a running ledger can be told, each free or personal field of it marked."""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

import httpx
from support.plaintext import Markers
from support.planting import ALSO, LIVE, Form, Planting
from support.requests_of import Asked, World, new_world
from support.running import Running
from support.serving import Served, answering

from api.permissions import Permit, table
from cli.connection import find_ready, settings_for

PROXIED: Final = "2001:db8:5a3c:9e01::77aa"
"""The address that the proxy says the client has."""

_ASKING: Final = ("supervisor", "compliance", "operator", "service", "dispute_handler", "agent")


@contextmanager
def beside(started: Running) -> Iterator[Served]:
    """Ask a ledger that `ledger up` runs; `services` are this process's own, on its database."""
    settings = settings_for(find_ready(started.data))
    with answering(settings) as (_, services, loop):
        tokens, contract = started.ready["tokens"], started.ready["customer_contract"]
        served = Served(started.url, settings, tokens, contract, services, loop)
        for role in (None, *tokens):  # before threads ask for them
            served.client(role)
        try:
            yield served
        finally:
            for client in served.clients.values():
                client.close()


def send(served: Served, role: str, asked: Asked, **headers: str) -> httpx.Response:
    """Send a request through the proxy, under a key of its own."""
    said = {"Idempotency-Key": str(uuid4()), "X-Forwarded-For": PROXIED}
    said |= {name.replace("_", "-"): value for name, value in headers.items()}
    if asked.version is not None:
        said.setdefault("If-Match", f'"{asked.version}"')
    body = {"json": asked.body} if asked.content is None else {"content": asked.content}
    return served.client(role).request(
        asked.method, asked.path, params=asked.params, headers=said, **body
    )


def accepted(served: Served, role: str, asked: Asked, **headers: str) -> dict[str, Any]:
    """Send a write that must be accepted; return the answer."""
    answer = send(served, role, asked, **headers)
    assert answer.status_code in {200, 201}, (asked.path, asked.body, answer.text)
    return dict(answer.json())


def refused(answers: Iterable[httpx.Response]) -> bytes:
    """Return what was refused, headers and all."""
    return b"\n".join(
        repr(answer.headers).encode() + answer.content
        for answer in answers
        if answer.status_code >= 400
    )


def every_operation(served: Served, planting: Planting) -> Iterator[httpx.Response]:
    """Send a good request to every operation that has a free field; yield what may be refused."""
    wanted = {name for name, _ in planting.wanted()}
    told = [one for one in planting.operations() if one[0] in wanted]
    count = sum(len(ALSO.get(name, ({},))) for name, _, form in told if "requestBody" in form)
    with ThreadPoolExecutor(8) as pool:
        worlds = iter([pool.submit(new_world, served) for _ in range(count)])
        spare = new_world(served)
        for name, method, form in told:
            if method == "GET":
                yield from asked_about(served, planting, name, form, spare)
                continue
            role = _role(name)
            for asked in planting.requests(name, form, lambda: next(worlds).result()):
                key = f"{planting.markers.word('key')}-{uuid4()}"
                accepted(served, role, asked, Idempotency_Key=key)
                yield send(served, role, asked)
                if asked.body is not None:
                    odd = replace(asked, body={**asked.body, key: key})
                    yield send(served, role, odd)


def asked_about(
    served: Served, planting: Planting, name: str, form: Form, world: World
) -> Iterator[httpx.Response]:
    """Ask a read about every marker; it finds nothing, or refuses it."""
    for asked in planting.requests(name, form, lambda: world):
        answer = send(served, _role(name), asked)
        assert answer.status_code < 500, (name, answer.text)
        yield answer


def _role(name: str) -> str:
    return next(role for role in _ASKING if table()[name][role] is Permit.YES)


def attach(served: Served, ticket_id: str, markers: Markers) -> None:
    """Attach two files: a short one, and one of several chunks that ends with a marker."""
    for number, size in enumerate((0, 2_500_000)):
        data = b"\x00" * size + markers.text(f"attachment.bytes.{number}").encode()
        params = {"name": markers.text(f"attachment.name.{number}"), "audience": "public"}
        kind = f"text/{markers.word(f'attachment.type.{number}')}"
        asked = Asked("POST", f"/v1/tickets/{ticket_id}/attachments", params=params, content=data)
        accepted(served, "supervisor", asked, Content_Type=kind)


def enquiry(served: Served, markers: Markers) -> None:
    """Ask without a contract, through the portal, which asserts the customer's address."""
    free = {n: markers.text(f"enquiry.{n}") for n in ("subject", "text", "name", "contact")}
    headers = {"Ledger-On-Behalf-Of": str(uuid4()), "Ledger-On-Behalf-Address": LIVE}
    asked = Asked("POST", "/v1/tickets", {**free, "channel": "portal", "language": "zh"})
    accepted(served, "service", asked, **headers)


def mistakes(served: Served, ticket_id: str, markers: Markers) -> Iterator[httpx.Response]:
    """Make requests that are refused, markers everywhere; yield all that came back."""
    said, word = markers.text("mistake"), markers.word("mistake")
    key = {"Idempotency-Key": word}
    tickets, one = "/v1/tickets", f"/v1/tickets/{ticket_id}"
    ask = served.client("supervisor").request
    yield ask("POST", tickets, json={"subject": said, said: said}, headers=key)
    yield ask("POST", tickets, json=[said], headers=key)
    yield ask("POST", tickets, content=f'{{"text": {said}'.encode(), headers=key)
    yield ask("POST", tickets, json={"contract": said, "channel": said}, headers=key)
    yield ask("POST", f"{one}/status", json={"status": said}, headers=key)
    yield ask("POST", f"{one}/messages", json={"text": said})
    yield ask("GET", f"{tickets}/{word}")
    yield ask("GET", f"/v1/contracts/{word}")
    yield ask("GET", f"/{word}")
    yield ask("GET", "/v1/queue", params={"status": word, said: said})
    yield ask("GET", "/v1/queue", params={said: said})
    yield ask("GET", "/v1/queue", params=[(said, said), (said, said)])
    yield ask("GET", one, params={"as_of": word})
    yield ask("GET", f"/tile/0/{word}")
    yield ask("GET", f"/log/{word}/checkpoint")
    yield ask("GET", "/v1/consistency", params={"from": word})
    yield ask("GET", one, headers={"Authorization": f"Bearer {word}"})
    yield ask("POST", tickets, json={"text": said}, headers={**key, "If-Match": word})


def event_log(markers: Markers) -> str:
    """Return a CSV event log whose columns that are not codes are marked."""
    rows = [("case", "step", "at", "who", "remark")]
    for number in range(3):
        who, remark = markers.text(f"import.who.{number}"), markers.text(f"import.remark.{number}")
        at = f"2026-01-0{number + 1} 10:00:00"
        rows.append(("INC1", markers.text(f"import.step.{number}"), at, who, remark))
    return "\n".join(",".join(json.dumps(cell, ensure_ascii=False) for cell in r) for r in rows)
