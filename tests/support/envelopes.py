"""Envelopes that come out the same every time: fixed ids, times, keys and random bytes.

`python tests/support/envelopes.py` writes the fixtures that are missing in
tests/fixtures/envelopes/; it never touches one that is there, because a fixture is what some
ledger has stored and will be read for ever.
"""

import hashlib
import itertools
import json
import sys
import types
import typing
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from domain.catalogue import BY_KIND, EVENT_TYPES, type_version
from domain.log import CommandKey, NewEvent, Request, Write
from domain.stream import Stream, StreamKind
from domain.values import (
    Actor,
    ActorKind,
    Assurance,
    Behalf,
    Origin,
    OriginKind,
    Provenance,
    Purpose,
    Role,
    Sealed,
)
from infra.codec import Codec, Draft, commitments
from infra.envelope import leaf_hash, parse
from infra.ids import derived_id
from infra.keys import Kek, Keys
from infra.keys.store import WrappedKey
from infra.sealing import Sealer

FIXTURES: Final = Path(__file__).parents[1] / "fixtures" / "envelopes"
AT: Final = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
BEFORE: Final = AT - timedelta(days=40)
KEK: Final = Kek(bytes(range(32)))
PREVIOUS: Final = bytes(range(32))
KIND_OF: Final = {cls.__name__: kind for kind, classes in BY_KIND.items() for cls in classes}


def fixed_id(*parts: str) -> UUID:
    """Return the id that belongs to these words."""
    return derived_id(AT, *parts)


LEDGER: Final = fixed_id("ledger")


class DerivedStore:
    """A key store whose keys follow from their scopes, so that nothing has to be kept."""

    def __init__(self) -> None:
        self._ids: dict[UUID, str] = {}

    def scope_of(self, key_id: UUID) -> str:
        return self._ids[key_id]

    def find(self, scopes: Collection[str]) -> Mapping[str, WrappedKey]:
        return {scope: self._key(scope) for scope in scopes}

    def insert(self, keys: Sequence[WrappedKey]) -> Mapping[str, WrappedKey]:
        return self.find([key.scope for key in keys])

    def by_ids(self, ids: Collection[UUID]) -> Mapping[UUID, WrappedKey]:
        return {one: self._key(self._ids[one]) for one in ids if one in self._ids}

    def scopes(self, prefix: str) -> Sequence[str]:
        return sorted(scope for scope in self._ids.values() if scope.startswith(prefix))

    def destroy(self, ids: Collection[UUID], at: datetime) -> None:  # noqa: ARG002 - the port
        for one in ids:
            self._ids.pop(one, None)

    def wrapping(self) -> str | None:
        return KEK.id

    def close(self) -> None:
        """Keep everything: other codecs go on with this store."""

    def _key(self, scope: str) -> WrappedKey:
        key_id = fixed_id("key", scope)
        self._ids[key_id] = scope
        return KEK.wrap(key_id, scope, hashlib.sha256(scope.encode()).digest())


@contextmanager
def fixed_codec(name: str, store: DerivedStore | None = None) -> Iterator[Codec]:
    """Return a codec that makes the same ids, keys and random bytes for the same `name`."""
    numbers, draws = itertools.count(1), itertools.count(1)

    def entropy(size: int) -> bytes:
        return hashlib.shake_256(f"{name}/{next(draws)}".encode()).digest(size)

    keys = Keys(store or DerivedStore(), KEK)
    codec = Codec(
        LEDGER,
        keys,
        sealer=Sealer(LEDGER, keys, entropy),
        make_id=lambda: fixed_id(name, str(next(numbers))),
    )
    yield codec
    keys.close()


TEXTS: Final = {
    "number": "000-013",
    "contract": "CN-1001",
    "came_from": "CN-1002",
    "to": "CN-1003",
    "language": "pt-BR",
    "languages": "en",
    "reference": "INC0000045",
    "template": "greeting",
    "tag": "mail",
    "detected_type": "image.png",
    "digest": hashlib.sha256(b"secret").hexdigest(),
    "lost_hash": hashlib.sha256(b"lost").hexdigest(),
    "survived_hash": hashlib.sha256(b"survived").hexdigest(),
}


def sample(hint: Any, name: str, *, full: bool) -> Any:
    """Return an example of a field's type; `full` gives optional ones a value, else None."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return sample(arguments[0], name, full=full) if full else None
    if origin is tuple:
        return (sample(arguments[0], name, full=full),) if full else ()
    if hint is Sealed:
        return Sealed(f"{name}: ünïcode «{name}» 𝄞", fixed_id("subject"), Purpose.CORRESPONDENCE)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return list(hint)[-1 if full else 0]
    if is_dataclass(hint):
        return example(hint, full=full)
    plain = {
        str: TEXTS.get(name, name),
        int: 2**53 - 1 if full else 1,
        UUID: fixed_id("field", name),
        datetime: BEFORE,
    }
    return plain[hint]


def example(cls: Any, *, full: bool = True) -> Any:
    """Return an example of an event (or a part of one)."""
    hints = typing.get_type_hints(cls)
    return cls(**{f.name: sample(hints[f.name], f.name, full=full) for f in fields(cls)})


FULL: Final = Provenance(
    actor=Actor(
        ActorKind.STAFF,
        fixed_id("agent"),
        Role.AGENT,
        fixed_id("credential"),
        "corporate",
        Assurance.INTERACTIVE,
    ),
    at=AT,
    correlation=fixed_id("correlation"),
    address=Sealed('{"address":"192.0.2.7"}', fixed_id("agent"), Purpose.ADDRESS),
    on_behalf_of=Behalf(fixed_id("person"), ("person", "address")),
    causation=fixed_id("causation"),
    origin=Origin(OriginKind.IMPORTED, "servicenow", 17),
    occurred_at=BEFORE,
)
BARE: Final = Provenance(
    Actor(ActorKind.SYSTEM, fixed_id("system"), None), AT, fixed_id("correlation")
)


def request(event: object, said: Provenance, contract: str | None, expected: int = 6) -> Request:
    """Return the request that records one event at version `expected` + 1."""
    stream = Stream(KIND_OF.get(type(event).__name__, StreamKind.TICKET), fixed_id("stream"))
    write = Write(stream, expected, (NewEvent(event, contract),))
    return Request((write,), (), CommandKey(hashlib.sha256(b"command").digest(), ()), said)


def finish(codec: Codec, draft: Draft, *, first: bool = False) -> bytes:
    """Return the envelope at position 42, or as the first event of everything."""
    counted = draft.contract is not None
    if first:
        return codec.finish(draft, 1, 1, 1, None, 1 if counted else None, None, AT)
    count, previous = (3, PREVIOUS) if counted else (None, None)
    return codec.finish(draft, 2, 42, draft.version, PREVIOUS, count, previous, AT)


def written(cls: type, *, full: bool, store: DerivedStore | None = None) -> tuple[Draft, bytes]:
    """Return an example event's draft and envelope, the same every time."""
    name = f"{cls.__name__}/{'full' if full else 'bare'}"
    said, contract = (FULL, "CN-1001") if full else (BARE, None)
    with fixed_codec(name, store) as codec:
        (draft,) = codec.prepare(request(example(cls, full=full), said, contract)).drafts
        return draft, finish(codec, draft, first=not full)


def fixture(cls: type) -> dict[str, Any]:
    """Return what is kept of an event type in its present version."""
    return {
        "type": cls.__name__,
        "type_version": type_version(cls),
        "cases": [_case(cls, full=full) for full in (True, False)],
    }


def _case(cls: type, *, full: bool) -> dict[str, Any]:
    store = DerivedStore()
    with fixed_codec("reader", store) as codec:
        draft, envelope = written(cls, full=full, store=store)
        rows = [
            {
                "field": row.field,
                "key_id": str(row.key_id),
                "key_scope": store.scope_of(row.key_id),
                "nonce": row.nonce.hex(),
                "ciphertext": row.ciphertext.hex(),
                "text": codec.sealer.open(row, said),
            }
            for row, said in zip(draft.sealed, commitments(parse(envelope)), strict=True)
        ]
    return {
        "envelope": envelope.decode(),
        "leaf_hash": leaf_hash(envelope).hex(),
        "sealed_fields": rows,
    }


def path_of(cls: type) -> Path:
    """Return where the fixture of an event type's present version lies."""
    return FIXTURES / f"{cls.__name__}.{type_version(cls)}.json"


def _write_missing() -> None:
    for cls in EVENT_TYPES.values():
        if not path_of(cls).exists():
            text = json.dumps(fixture(cls), indent=1, ensure_ascii=False)
            path_of(cls).write_text(text + "\n", "utf-8")
            sys.stdout.write(f"{path_of(cls).name}\n")


if __name__ == "__main__":
    _write_missing()
