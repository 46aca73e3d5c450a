"""OpenAPI links: what a write makes is what the next request speaks of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.operations import Operation

_MADE: Final = "$response.body#/id"


@dataclass(frozen=True, slots=True)
class Link:
    """From one operation to those under a path; parameters and body of the next request."""

    source: str
    target: str
    parameters: Mapping[str, str]
    body: Mapping[str, str] | None = None


_OF_PERSON: Final = {
    "path.number": "$request.path.number",
    "path.person": "$response.body#/person",
}
_OF_HOLD: Final = {
    "path.number": "$request.path.number",
    "path.hold": "$response.body#/hold",
}
_MESSAGE: Final = {"message": "$response.body#/message", "reason": "Misspelt."}

LINKS: Final = (
    Link("open_ticket", "/v1/tickets/{id}", {"path.id": _MADE}),
    Link("open_ticket", "/v1/events/{id}", {"path.id": "$response.body#/event_ids/0"}),
    Link(
        "add_attachment",
        "/v1/tickets/{id}/attachments/{attachment}",
        {"path.id": _MADE, "path.attachment": "$response.body#/attachment"},
    ),
    Link(
        "post_message",
        "/v1/tickets/{id}/corrections",
        {"path.id": _MADE},
        {**_MESSAGE, "text": "It is mail.example.net."},
    ),
    Link("post_message", "/v1/tickets/{id}/retractions", {"path.id": _MADE}, _MESSAGE),
    Link("register_contract", "/v1/contracts/{number}", {"path.number": "$request.body#/number"}),
    Link("name_person", "/v1/contracts/{number}/persons/{person}", _OF_PERSON),
    Link("place_legal_hold", "/v1/contracts/{number}/legal-holds/{hold}", _OF_HOLD),
    Link("join_staff", "/v1/staff/{id}", {"path.id": _MADE}),
    Link(
        "issue_api_key",
        "/v1/staff/{id}/api-keys/{key}",
        {"path.id": _MADE, "path.key": "$response.body#/key"},
    ),
)


def links_of(source: Operation, operations: Iterable[Operation]) -> dict[str, Any]:
    """Return the links of an operation's good answer, by name."""
    return {
        f"{target.name}_{number}": _link(link, target)
        for number, link in enumerate(LINKS)
        if link.source == source.name
        for target in operations
        if _leads_to(link, target)
    }


def _leads_to(link: Link, target: Operation) -> bool:
    """Say whether the link gives every parameter of a path that begins like its own."""
    named = {name.removeprefix("path.") for name in link.parameters}
    needed = {part[1:-1] for part in target.path.split("/") if part.startswith("{")}
    return target.path.startswith(link.target) and needed == named


def _link(link: Link, target: Operation) -> dict[str, Any]:
    parameters = dict(link.parameters)
    if target.decided:
        parameters["header.If-Match"] = "$response.header.ETag"
    made: dict[str, Any] = {"operationId": target.name, "parameters": parameters}
    if link.body is not None:
        made["requestBody"] = dict(link.body)
    return made
