"""What the reading commands share: they ask the API, page by page, and print JSON or lines."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final
from uuid import UUID

from cyclopts import Parameter

from cli.connection import Remote
from domain.errors import Malformed, NotFound

AsJson = Annotated[bool, Parameter(name="--json", help="Print one line of JSON.")]
_PAGE: Final = 200
_FINDINGS: Final = {
    "no_staff_acted": "none of this ledger's staff acted, and no imported log says that others did",
    "no_work_recorded": "this ledger's staff acted, and recorded no work on the customer's systems",
    "imported_work_only": "none of this ledger's staff recorded work; another system's people did",
    "work_recorded": "this ledger's staff recorded work on the customer's systems",
}

Json = dict[str, Any]


def ticket_id(ledger: Remote, named: str) -> str:
    """Return the id of the ticket with this id, spoken number, or another system's reference."""
    try:
        return str(UUID(named))
    except ValueError:
        pass
    for name in ("reference", "number"):
        try:
            found = ledger.get("/v1/tickets", **{name: named}, limit=1)["items"]
        except (NotFound, Malformed):
            continue
        if found:
            return str(found[0]["id"])
    raise NotFound(f"no ticket has the id, number or reference {named}")


def all_pages(ledger: Remote, path: str, **asked: object) -> Json:
    """Return the first page with the items of all pages, `next` null."""
    page: Json = ledger.get(path, **asked, limit=_PAGE)
    items = page["items"]
    following = page
    while following["next"]:
        following = ledger.get(path, **asked, limit=_PAGE, cursor=following["next"])
        items += following["items"]
    return {**page, "items": items, "next": None}


def timeline_lines(page: Json) -> Iterator[str]:
    """Yield a timeline for people: an event a line, its texts below."""
    for entry in page["items"]:
        actor, address = entry["actor"], entry["address"] or {}
        where = address.get("address") or ("address erased" if address.get("erased") else "-")
        at = entry["occurred_at"] or entry["recorded_at"]
        yield f"{entry['position']:>9}  {at}  {entry['type']}"
        yield f"           by {actor['kind']} {actor['id']} from {where}; {entry['event_id']}"
        for name, value in entry["what"].items():
            if value not in (None, [], ""):
                yield f"           {name}: {_plain(value)}"
    yield f"as of position {page['as_of_position']}"


def queue_lines(page: Json) -> Iterator[str]:
    """Yield a queue for people: a ticket a line, in the order of work."""
    for item in page["items"]:
        doing = item["next"]
        subject = item["subject"] if isinstance(item["subject"], str) else "-"
        yield (
            f"{item['number']:<9} {item['priority']:<8} {item['status']:<23} "
            f"{doing['code']} ({doing['why']}) {doing['due'] or ''} {subject}"
        )
    yield f"{len(page['items'])} tickets as of position {page['as_of_position']}"


def history_lines(history: Json) -> Iterator[str]:
    """Yield a contract's history for people."""
    yield f"contract {history['number']} as of position {history['as_of_position']}"
    for ticket in history["tickets"]:
        reference = f" ({ticket['reference']})" if ticket["reference"] else ""
        yield (
            f"ticket   {ticket['number'] or ticket['ticket']}{reference} {ticket['status']}, "
            f"{_seen(ticket)}"
        )
    for address in history["addresses"]:
        shown = address["address"]
        yield f"address  {shown.get('address') or 'erased'}, {_seen(address)}"
    for member in history["staff"]:
        yield f"{member['kind']:<8} {member['staff']}, {_seen(member)}"
    engineers = history["engineers"]
    searched = engineers["searched"]
    yield f"work     {engineers['finding']}: {_FINDINGS[engineers['finding']]}"
    yield (
        f"         searched {searched['events']} events, positions "
        f"{searched['from_position']} to {searched['to_position']}, all of the contract's "
        f"{searched['last_count']}"
    )
    imported = engineers["imported"]
    if imported["events"]:
        yield (
            f"         imported from {', '.join(imported['sources'])}: {imported['events']} events "
            f"by {len(imported['actors'])} of its people on {len(imported['tickets'])} tickets"
        )


def _seen(thing: Mapping[str, Any]) -> str:
    seen = thing["seen"]
    return f"{seen['events']} events from {seen['first_at']} to {seen['last_at']}"


def _plain(value: Any) -> str:
    if isinstance(value, dict) and "erased" in value:
        return "(erased)" if value["erased"] else str(value["text"])
    return str(value)
