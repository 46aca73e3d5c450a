"""The strictest reading, quickly: most envelopes differ from ones already read in values alone.

What `infra.exact` passed once leaves a pattern for all events of its shape (type, version, names of
its sealed fields) and the bytes that say who acted. A pattern passes less than `infra.exact` does,
never more; whatever no pattern matches is read by it.
"""

import re
import typing
from collections.abc import Callable
from dataclasses import is_dataclass
from datetime import datetime
from enum import StrEnum
from types import EllipsisType, NoneType
from typing import Any, Final, NamedTuple
from uuid import UUID

from domain.values import Purpose, Sealed
from infra.envelope import Envelope
from infra.exact import require_exact
from infra.forms import FORMS
from infra.reading import recorded_of

COMMAND: Final = b',"command":{"id":"'
_LIVE: Final = b'{"kind":"live"},"actor":'
_REMEMBERED: Final = 100_000

_HASH: Final = "[0-9a-f]{64}"
_CODE: Final = '"[A-Za-z0-9._-]{1,64}"'
_ID: Final = '"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"'
# a 29th of February is left to the strict reading
_DAY: Final = (
    "(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|"
    "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_TIME: Final = (
    f'"(?!0000)[0-9]{{4}}-{_DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9][.][0-9]{{6}}Z"'
)
_PLAIN: Final[dict[Any, str]] = {
    str: _CODE,
    int: "(?:0|-?[1-9][0-9]{0,14})",
    bool: "(?:true|false)",
    UUID: _ID,
    datetime: _TIME,
}
_MORE: Final = "[1-9][0-9]{1,14}"
_PLACES: Final = "|".join(f'{index},"count":(?:[{index}-9]|{_MORE})' for index in range(1, 10))
_ORIGIN: Final = re.compile(
    rb'\{"kind":(?:"live"|"imported","source":%b,"row":(?:null|[1-9][0-9]{0,14}))\},"actor":'
    % _CODE.encode()
)


class Shape(NamedTuple):
    """How an envelope goes on after `COMMAND`, and the names of the sealed fields it has.

    The match's groups are their commitments, in hex.
    """

    match: Callable[[bytes, int], re.Match[bytes] | None]
    names: tuple[bytes, ...]


class Shapes:
    """Remembers what was read strictly; one for each thread."""

    def __init__(self) -> None:
        self.known: dict[bytes, tuple[Shape, ...]] = {}
        """Shapes by type and type version, a space between them."""
        self.who: dict[bytes, bytes] = {}
        """By an actor's id: origin, actor and on_behalf_of as they were last, up to `COMMAND`."""
        self._flat = {name for name, form in FORMS.items() if is_flat(form.cls)}
        self._actors: dict[bytes, bytes] = {}

    def after_who(self, envelope: bytes, text: bytes, actor: bytes) -> int:
        """Return where an envelope goes on after `COMMAND`, if it begins with a text and `actor`.

        The text ends where the value of `origin` begins. Else, and for somebody whose like was
        never read strictly, return where it ends.
        """
        origin = _ORIGIN.match(envelope, len(text)) if envelope.startswith(text) else None
        if origin is not None:
            end = envelope.find(COMMAND, origin.end())
            if self._actors.get(envelope[origin.end() : end]) == actor:
                return end + len(COMMAND)
        return len(envelope)

    def learn(self, parts: Envelope, envelope: bytes) -> UUID:
        """Return who acted; raise Malformed unless these are exactly the bytes written for them."""
        read = recorded_of(parts, envelope)
        require_exact(parts, read, envelope, FORMS)
        if len(self._actors) >= _REMEMBERED:
            self._actors.clear()
            self.who.clear()
        who = b'%b,"on_behalf_of":%b' % (bytes(parts.actor), bytes(parts.on_behalf_of))
        actor = str(read.actor.id).encode()
        self._actors[who] = actor
        self.who[actor] = _LIVE + who + COMMAND
        if parts.type in self._flat and parts.type_version == FORMS[parts.type].version:
            self._add(parts.type, parts.type_version, tuple(parts.sealed))
        return read.actor.id

    def _add(self, name: str, version: int, sealed: tuple[str, ...]) -> None:
        place = f"{name} {version}".encode()
        known = self.known.get(place, ())
        names = tuple(one.encode() for one in sealed)
        if not any(shape.names == names for shape in known):
            pattern = re.compile(_pattern(FORMS[name].cls, sealed).encode())
            self.known[place] = (*known, Shape(pattern.fullmatch, names))


def is_flat(cls: Any) -> bool:
    """Say whether a type's sealed fields stand in itself alone, so that their names say it all."""
    return all(map(_plain, typing.get_type_hints(cls).values()))


def _plain(hint: Any) -> bool:
    if hint in {NoneType, EllipsisType, Ellipsis, Sealed}:
        return True
    return not is_dataclass(hint) and all(map(_plain, typing.get_args(hint)))


def _pattern(cls: Any, sealed: tuple[str, ...]) -> str:
    hints = typing.get_type_hints(cls)
    data = [
        f'"{name}":{value}' for name, hint in hints.items() if (value := _value(hint)) is not None
    ]
    purposes = "|".join(Purpose)
    promises = [
        rf'"{re.escape(name)}":\{{"subject":{_ID},"purpose":"(?:{purposes})",'
        rf'"commitment":"({_HASH})"\}}'
        for name in sealed
    ]
    return (
        rf'{_HASH}","index":(?:{_PLACES})\}},"correlation_id":{_ID},"causation_id":(?:null|{_ID}),'
        rf'"data":\{{{",".join(data)}\}},"sealed":\{{{",".join(promises)}\}}\}}'
    )


def _value(hint: Any) -> str | None:
    """Return the pattern of a field's value in `data`, None for a sealed one."""
    inner = [one for one in typing.get_args(hint) if one not in {NoneType, Ellipsis}]
    if Sealed in {hint, *inner}:
        return None
    if hint in _PLAIN:
        return _PLAIN[hint]
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return f'"(?:{"|".join(map(re.escape, hint))})"'
    (one,) = map(_value, inner)
    if typing.get_origin(hint) is tuple:
        return rf"\[(?:{one}(?:,{one})*)?\]"
    return f"(?:null|{one})"
