"""Instances of any event class, every field filled, personal ones by a function of the field."""

import types
import typing
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from domain.values import Purpose, Sealed
from infra.ids import new_id

Say = Callable[[str], str]


def filled(cls: type, say: Say, purpose: Purpose = Purpose.CORRESPONDENCE) -> Any:
    """Return a `cls` whose sealed fields hold `say("Class.field.path")` and nothing is None."""
    return _dataclass(cls, cls.__name__, say, purpose)


def _dataclass(cls: type, path: str, say: Say, purpose: Purpose) -> Any:
    hints = typing.get_type_hints(cls)
    return cls(
        **{f.name: _value(hints[f.name], f"{path}.{f.name}", say, purpose) for f in fields(cls)}
    )


def _value(hint: Any, path: str, say: Say, purpose: Purpose) -> Any:
    if isinstance(hint, types.UnionType):
        return _value(typing.get_args(hint)[0], path, say, purpose)
    if typing.get_origin(hint) is tuple:
        return (_value(typing.get_args(hint)[0], path, say, purpose),)
    if hint is Sealed:
        return Sealed(say(path), new_id(), purpose)
    if is_dataclass(hint):
        return _dataclass(hint, path, say, purpose)
    if issubclass(hint, Enum):
        return next(iter(hint))
    plain = {UUID: new_id(), datetime: datetime.now(UTC), int: 1, str: "C-1001", bool: True}
    return plain[hint]
