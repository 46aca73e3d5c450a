"""What a request will record, made valid: the step before sealing."""

from datetime import UTC
from typing import Any

from msgspec import Struct

from domain.errors import Malformed
from domain.log import Request
from domain.stream import Stream
from domain.values import Purpose, Sealed, is_code
from infra.envelope import ADDRESS
from infra.forms import Form, Forms, SealedFields, write_sealed
from infra.keys import KeyScope


class Outline(Struct, frozen=True):
    """An event that is valid, and not sealed yet; `scopes` names each sealed field's key."""

    stream: Stream
    version: int
    contract: str | None
    form: Form
    data: dict[str, Any]
    sealed: SealedFields
    scopes: list[KeyScope]


def outlines_of(request: Request, forms: Forms) -> list[Outline]:
    """Return a request's events in order; raise Malformed for what no envelope may hold."""
    address, at = request.provenance.address, request.provenance.at
    if address is not None and address.purpose is not Purpose.ADDRESS:
        raise Malformed("a connection's address is kept for the purpose address", ADDRESS)
    if at.tzinfo is None:
        raise Malformed("a time without a time zone", "at")
    year = at.astimezone(UTC).year
    outlines = []
    for write in request.writes:
        for version, new in enumerate(write.events, write.expected + 1):
            contract, name = new.contract, type(new.event).__name__
            form = forms.get(name)
            if form is None or form.cls is not type(new.event):
                raise Malformed("no event of the catalogue", name)
            if contract is not None and not is_code(contract):
                raise Malformed("a contract's number must be a code", "contract")
            data, sealed = form.write(new.event)
            if address is not None:
                write_sealed(address, ADDRESS, sealed)
            scopes = [_scope(value, contract, year) for _, value in sealed]
            outlines.append(Outline(write.stream, version, contract, form, data, sealed, scopes))
    return outlines


def _scope(value: Sealed, contract: str | None, year: int) -> KeyScope:
    if value.purpose is Purpose.ADDRESS:
        return KeyScope(None, contract, Purpose.ADDRESS, year)
    return KeyScope(value.subject, contract, value.purpose)
