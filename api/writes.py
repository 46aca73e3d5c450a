"""Writing: body, Idempotency-Key and If-Match, in the order of checks; the one form of answers."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar, cast

import orjson
from pydantic import ValidationError
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from api.answers import dump
from api.calls import Call
from api.problems import TooLarge, WrongMediaType
from api.schemas.common import Body
from domain.errors import KeyMissing, LedgerError, Malformed, VersionMissing
from domain.handling import Plan, Reading, Step
from domain.log import Accepted, CommandKey
from domain.stream import Stream
from domain.ticket.commands import TicketCommand
from domain.ticket.plans import ask

B = TypeVar("B", bound=Body)

KEY: Final = "Idempotency-Key"
IF_MATCH: Final = "If-Match"
MAX_KEY: Final = 200
_KEY: Final = re.compile(f"[!-~]{{1,{MAX_KEY}}}")
_FIELD: Final = re.compile(r"[a-z_]{1,40}")

# What an answer says besides its common members: the number or id that the write made.
MADE: Final = (
    *("number", "message", "attachment", "work", "person", "key"),
    *("hold", "erasure", "purposes", "kept"),
    *("order", "doubt", "code", "contest", "approver"),
    *("claim", "claimant", "freeze", "suspension", "determination", "departure"),
)


class Replayed(Exception):
    """The key is known: its first answer is the answer."""

    def __init__(self, accepted: Accepted) -> None:
        super().__init__()
        self.accepted = accepted


@dataclass(frozen=True, slots=True)
class Write(Generic[B]):
    """An accepted form: what is asked, under which key, decided on which version."""

    call: Call
    body: B
    key: CommandKey
    expected: int | None

    async def handle(self, plan: Plan, decided: Stream | None = None) -> Accepted:
        """Decide and record; `decided` is the stream that If-Match speaks of."""
        expected = {decided: self.expected} if decided and self.expected is not None else None
        call = self.call
        call.decided = decided
        return await call.services.handler.handle(plan, self.key, call.provenance(), expected)

    async def ticket(self, ticket: Stream, command: TicketCommand) -> Response:
        """Record one command to a ticket and answer."""
        plan = self.call.guarded(ticket, ask(ticket.id, command))
        return await answer(self.call, await self.handle(plan, ticket), command)

    async def step(self, step: Step) -> Response:
        """Record one command and answer."""

        async def plan(_reading: Reading) -> tuple[Step, ...]:
            return (step,)

        accepted = await self.handle(plan, step.stream)
        return await answer(self.call, accepted, step.command)


async def asked(
    call: Call, form: type[B], access: Callable[[B], Awaitable[object]] | None = None
) -> Write[B]:
    """Read what is asked; `access` checks what the body names (404 comes before 400).

    Raises Replayed, and in this order NotFound, KeyMissing, VersionMissing, Malformed.
    """
    raw = await read_body(call, call.services.settings.body_bytes)
    body, wrong = _parse(call, form, raw)
    if body is not None and access is not None:
        await access(body)
    key = command_key(call, canonical(raw))
    expected: int | None = None
    try:
        if call.operation.decided:
            expected = _if_match(call)
        if wrong is not None:
            raise wrong
    except LedgerError:
        await recall(call, key)
        raise
    return Write(call, cast("B", body), key, expected)


async def recall(call: Call, key: CommandKey) -> None:
    """Raise Replayed when the key is known: that comes before any refusal."""
    accepted = await call.services.log.recall(key)
    if accepted is not None:
        raise Replayed(accepted)


def command_key(call: Call, payload: bytes) -> CommandKey:
    """Return the command's key; raise KeyMissing without a usable header."""
    given = call.header(KEY)
    if given is None or not _KEY.fullmatch(given):
        raise KeyMissing(f"send 1 to {MAX_KEY} visible ASCII characters", KEY)
    principal = str(call.principal.id)
    if call.behalf is not None:
        principal = f"{principal}/{call.behalf.id}"
    path = call.request.scope["path"].encode()
    return call.services.secrets.command_key(principal, given, path + b"\x00" + payload)


def canonical(raw: bytes) -> bytes:
    """Return the same bytes for the same JSON, however it was spaced and ordered."""
    if not raw:
        return b"{}"
    try:
        return orjson.dumps(orjson.loads(raw), option=orjson.OPT_SORT_KEYS)
    except ValueError:
        return raw


async def read_body(call: Call, limit: int) -> bytes:
    """Return the body; raise TooLarge beyond `limit` bytes, without reading on."""
    declared = call.header("Content-Length") or ""
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge(f"the body has {declared} bytes, {limit} are allowed")
    chunks, size, more = [], 0, True
    while more:
        message = await call.request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            raise TooLarge(f"the body has more than the {limit} bytes that are allowed")
        more = message.get("more_body", False)
    return b"".join(chunks)


def _parse(call: Call, form: type[B], raw: bytes) -> tuple[B | None, Malformed | None]:
    media = (call.header("Content-Type") or "").partition(";")[0].strip().lower()
    if raw and media != "application/json":
        return None, WrongMediaType("send Content-Type: application/json", "Content-Type")
    try:
        return form.model_validate_json(raw or b"{}"), None
    except ValidationError as error:
        return None, malformed(error)


def malformed(error: ValidationError) -> Malformed:
    """Return the first thing that is wrong, without repeating what was sent."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    unknown = first["type"] == "extra_forbidden"
    # A mistyped field is named; any other name is whatever was sent.
    named = not unknown or _FIELD.fullmatch(str(first["loc"][-1]))
    where = ".".join(str(part) for part in (first["loc"] if named else first["loc"][:-1]))
    said = "a field that the form does not have" if unknown else first["msg"]
    return Malformed(said[:500], where[:200])


def _if_match(call: Call) -> int:
    given = call.header(IF_MATCH)
    if given is None:
        raise VersionMissing('read it, and send its ETag as If-Match: "VERSION"')
    digits = given.strip().removeprefix('"').removesuffix('"')
    if f'"{digits}"' != given.strip() or not digits.isascii() or not digits.isdigit():
        raise Malformed('send the ETag as it was given: "VERSION"', IF_MATCH)
    if len(digits) > 15:  # noqa: PLR2004 - no stream is that long
        raise Malformed("no stream has this version", IF_MATCH)
    return int(digits)


async def answer(call: Call, accepted: Accepted, command: object = None) -> Response:
    """Return the answer of a write; a replayed one says what the first one said."""
    made: object = command
    if (accepted.replayed or command is None) and accepted.event_ids:
        made = await _first_event(call, accepted)
    more = {name: getattr(made, name) for name in MADE if hasattr(made, name)}
    return written(call, accepted, more)


async def _first_event(call: Call, accepted: Accepted) -> object:
    log = call.services.log
    envelope = await log.reader.by_event(accepted.event_ids[0])
    return log.codec.decode(envelope).event if envelope is not None else None


def written(call: Call, accepted: Accepted, more: Mapping[str, Any]) -> Response:
    """Return the one form in which a write is answered."""
    leaf = accepted.leaf_hash
    content = {
        "id": accepted.id,
        "version": accepted.version,
        "position": accepted.position,
        "event_ids": accepted.event_ids,
        "leaf_hash": leaf.hex() if leaf else None,
        **more,
    }
    headers = {"ETag": f'"{accepted.version}"', "Ledger-Position": str(accepted.position)}
    return Response(dump(content), call.operation.status, headers, media_type="application/json")
