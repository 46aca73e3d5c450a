"""How an event class is written: one form per class, worked out once from its annotations.

A form turns an event into the JSON of `data` plus its sealed fields, and back. Sealed fields are
named by dotted paths (`document.passport.number`, `contacts.0.value`) and do not stand in `data`.
"""

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
import orjson

from domain.errors import Malformed
from domain.values import CODE, Sealed
from infra.envelope import ADDRESS, MAX_INT, Code, Time, time_text

SealedFields = list[tuple[str, Sealed]]
Write = Callable[[Any, str, SealedFields], Any]
Read = Callable[[Any, str, Mapping[str, Sealed]], Any]
Int = typing.Annotated[int, msgspec.Meta(ge=-MAX_INT, le=MAX_INT)]


class Shape(NamedTuple):
    """A type's writer, its reader (None: what msgspec decodes is the value), its JSON type."""

    write: Write
    read: Read | None
    json: Any


def _write_code(value: Any, where: str, _: SealedFields) -> str:
    if type(value) is str and CODE.fullmatch(value):
        return value
    raise Malformed("not a code: 1-64 of A-Z a-z 0-9 . _ -", where)


def _write_int(value: Any, where: str, _: SealedFields) -> int:
    if type(value) is int and -MAX_INT <= value <= MAX_INT:
        return value
    raise Malformed("not a whole number below 2^53", where)


def _write_bool(value: Any, where: str, _: SealedFields) -> bool:
    if type(value) is bool:
        return value
    raise Malformed("not true or false", where)


def _write_uuid(value: Any, where: str, _: SealedFields) -> UUID:
    if type(value) is UUID:
        return value
    raise Malformed("not an id", where)


def _write_time(value: Any, where: str, _: SealedFields) -> str:
    if isinstance(value, datetime):
        return time_text(value, where)
    raise Malformed("not a time", where)


_PLAIN: Final[dict[Any, Shape]] = {
    str: Shape(_write_code, None, Code),
    int: Shape(_write_int, None, Int),
    bool: Shape(_write_bool, None, bool),
    UUID: Shape(_write_uuid, None, UUID),
    datetime: Shape(_write_time, None, Time),
}


def _enum(kind: type[StrEnum]) -> Shape:
    def write(value: Any, where: str, _: SealedFields) -> Any:
        if type(value) is kind:
            return value
        raise Malformed(f"not one of {kind.__name__}", where)

    return Shape(write, None, kind)


def _optional(inner: Shape) -> Shape:
    write_inner, read_inner = inner.write, inner.read

    def write(value: Any, where: str, sealed: SealedFields) -> Any:
        return None if value is None else write_inner(value, where, sealed)

    def read(value: Any, where: str, sealed: Mapping[str, Sealed]) -> Any:
        return None if value is None else read_inner(value, where, sealed)  # type: ignore[misc]

    return Shape(write, read if read_inner else None, inner.json | None)


def _tuple(inner: Shape) -> Shape:
    write_inner, read_inner = inner.write, inner.read

    def write(value: Any, where: str, sealed: SealedFields) -> Any:
        if type(value) is not tuple:
            raise Malformed("not a tuple", where)
        return [write_inner(one, f"{where}.{i}", sealed) for i, one in enumerate(value)]

    def read(value: Any, where: str, sealed: Mapping[str, Sealed]) -> Any:
        return tuple(
            read_inner(one, f"{where}.{i}", sealed)  # type: ignore[misc]
            for i, one in enumerate(value)
        )

    return Shape(write, read if read_inner else None, tuple[inner.json, ...])


def _seal(value: Any, where: str, sealed: SealedFields) -> None:
    if type(value) is not Sealed:
        raise Malformed("not a sealed value", where)
    sealed.append((where, value))


def _seal_optional(value: Any, where: str, sealed: SealedFields) -> None:
    if value is not None:
        _seal(value, where, sealed)


def _take(_: Any, where: str, sealed: Mapping[str, Sealed]) -> Sealed:
    value = sealed.get(where)
    if value is None:
        raise Malformed("this sealed field is missing", f"sealed.{where}")
    return value


def _take_optional(_: Any, where: str, sealed: Mapping[str, Sealed]) -> Sealed | None:
    return sealed.get(where)


_SEALED: Final = Shape(_seal, _take, None)
_SEALED_OPTIONAL: Final = Shape(_seal_optional, _take_optional, None)


def _record(cls: Any) -> Shape:
    hints = typing.get_type_hints(cls)
    shapes = [(field.name, _shape(hints[field.name])) for field in fields(cls)]
    plain = [(name, shape) for name, shape in shapes if shape.json is not None]
    struct = msgspec.defstruct(
        cls.__name__, [(name, shape.json) for name, shape in plain], forbid_unknown_fields=True
    )
    writers = [(name, shape.write, shape.json is not None) for name, shape in shapes]
    readers = [(name, shape.read, shape.json is not None) for name, shape in shapes]

    def write(value: Any, where: str, sealed: SealedFields) -> Any:
        if type(value) is not cls:
            raise Malformed(f"not a {cls.__name__}", where)
        prefix = f"{where}." if where else ""
        data = {}
        for name, write_field, is_plain in writers:
            written = write_field(getattr(value, name), prefix + name, sealed)
            if is_plain:
                data[name] = written
        return data

    def read(value: Any, where: str, sealed: Mapping[str, Sealed]) -> Any:
        prefix = f"{where}." if where else ""
        return cls(
            *[
                (getattr(value, name) if is_plain else None)
                if read_field is None
                else read_field(getattr(value, name) if is_plain else None, prefix + name, sealed)
                for name, read_field, is_plain in readers
            ]
        )

    return Shape(write, read, struct)


def _shape(hint: Any) -> Shape:
    if hint is Sealed:
        return _SEALED
    if hint in _PLAIN:
        return _PLAIN[hint]
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        inner = [one for one in arguments if one is not type(None)]
        if len(inner) == 1 and len(arguments) == 2:
            return _SEALED_OPTIONAL if inner[0] is Sealed else _optional(_shape(inner[0]))
    elif typing.get_origin(hint) is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis and arguments[0] is not Sealed:
            return _tuple(_shape(arguments[0]))
    elif isinstance(hint, type) and issubclass(hint, StrEnum):
        return _enum(hint)
    elif is_dataclass(hint):
        return _record(hint)
    raise TypeError(f"{hint}: an event cannot have a field of this type")


class Form:
    """One event class: how it is written to and read from `data` and `sealed`."""

    def __init__(self, cls: type) -> None:
        shape = _record(cls)
        if "address" in {f.name for f in fields(cls)}:  # type: ignore[arg-type]
            raise TypeError(f"{cls.__name__}: the field name {ADDRESS} is the connection's")
        self.cls = cls
        self._write = shape.write
        self._read: Any = shape.read
        self._json = shape.json
        self._decode = msgspec.json.Decoder(shape.json).decode

    def write(self, event: object) -> tuple[bytes, SealedFields]:
        """Return the JSON of `data` and the sealed fields in the class's order."""
        sealed: SealedFields = []
        return orjson.dumps(self._write(event, "", sealed)), sealed

    def read(self, data: bytes | msgspec.Raw, sealed: Mapping[str, Sealed]) -> object:
        """Return the event; raises msgspec.ValidationError, Malformed."""
        return self._read(self._decode(data), "", sealed)

    def convert(self, data: Any, sealed: Mapping[str, Sealed]) -> object:
        """Return the event whose `data` was already parsed (and upcast)."""
        return self._read(msgspec.convert(data, self._json), "", sealed)


@cache
def form_of(cls: type) -> Form:
    """Return the form of an event class; raises TypeError for one that cannot be written."""
    return Form(cls)
