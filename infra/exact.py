"""The strictest reading: are these exactly the bytes that their members would be written as?

Whoever checks a ledger asks this of every envelope; followers need not, they read what was
written here. An event of an earlier type version is checked member by member, its `data` as JSON.
"""

import re
from typing import Any, Final

import orjson
from msgspec import UNSET

from domain.errors import Malformed
from domain.log import Recorded
from domain.values import Provenance, is_code
from infra.envelope import ADDRESS, MAX_INT, Envelope
from infra.forms import Form, Forms, type_members
from infra.pieces import head_of, pieces_of
from infra.provenance import shared_by

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def require_exact(parts: Envelope, read: Recorded, envelope: bytes, forms: Forms) -> None:
    """Raise Malformed unless writing what was read gives the same bytes."""
    form = forms[parts.type]
    try:
        written = _written(parts, read, form)
    except ValueError:
        raise Malformed("a hash that is not hexadecimal") from None
    if written != envelope:
        raise Malformed("not the bytes in which this ledger writes these members")


def _written(parts: Envelope, read: Recorded, form: Form) -> bytes:
    occurred_at = None if parts.occurred_at is UNSET else parts.occurred_at
    shared = shared_by(
        Provenance(
            read.actor,
            parts.recorded_at,
            parts.correlation_id,
            None,
            read.on_behalf_of,
            parts.causation_id,
            read.origin,
            occurred_at,
        )
    )
    command = {
        "id": bytes.fromhex(parts.command.id).hex(),
        "index": parts.command.index,
        "count": parts.command.count,
    }
    if parts.command.index > parts.command.count:
        raise Malformed("an index beyond the count", "command")
    contract = parts.contract
    pieces = pieces_of(
        head_of(parts.ledger.id),
        parts.id,
        read.stream,
        None if contract is None else contract.number,
        type_members(parts.type, parts.type_version),
        shared,
        command,
        _said(parts, read, form),
    )
    return pieces.join(
        parts.ledger.epoch,
        parts.position,
        parts.stream.version,
        _digest(parts.previous),
        None if contract is None else contract.count,
        None if contract is None else _digest(contract.previous),
        parts.recorded_at,
    )


def _said(parts: Envelope, read: Recorded, form: Form) -> dict[str, Any]:
    if parts.type_version == form.version:
        data, sealed = form.write(read.event)
        names = [name for name, _ in sealed]
    else:
        data = orjson.loads(bytes(parts.data))
        _require_plain(data)
        names = [name for name in parts.sealed if name != ADDRESS]
    if ADDRESS in parts.sealed:
        names.append(ADDRESS)
    members = {
        name: {
            "subject": parts.sealed[name].subject,
            "purpose": parts.sealed[name].purpose.value,
            "commitment": bytes.fromhex(parts.sealed[name].commitment).hex(),
        }
        for name in names
    }
    return {"data": data, "sealed": members}


def _digest(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)


def _require_plain(value: Any) -> None:
    """Refuse what no version of any type may have in `data`."""
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            _require_plain(one)
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) > MAX_INT):
        raise Malformed("not a whole number below 2^53", "data")
    elif isinstance(value, str) and not (is_code(value) or _TIME.fullmatch(value)):
        raise Malformed("neither a code nor a time", "data")
