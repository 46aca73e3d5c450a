"""How an event class is written: one form per class, worked out once from its annotations.

A form turns an event into `data` and its sealed fields, and back. Sealed fields are named by
dotted paths (`document.passport.number`, `contacts.0.value`) and do not stand in `data`.
"""

import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from msgspec.structs import astuple

from domain.catalogue import EVENT_TYPES, type_version
from domain.errors import Malformed
from domain.values import CODE, Purpose, Sealed
from infra.envelope import ADDRESS, MAX_INT, Code, Time, time_text

SealedFields = list[tuple[str, Sealed]]
Write = Callable[[Any, str, SealedFields], Any]
Read = Callable[[Any, str, dict[str, Sealed]], Any]
Int = typing.Annotated[int, msgspec.Meta(ge=-MAX_INT, le=MAX_INT)]


class Shape(NamedTuple):
    """How values of one type are written and read.

    `read` None: what the JSON decoder gives is the value. `json` None: a sealed field, which does
    not stand in `data`; `optional` says whether it may be absent.
    """

    write: Write
    read: Read | None
    json: Any
    optional: bool = False


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


def write_sealed(value: Any, where: str, sealed: SealedFields) -> None:
    """Put a sealed value among the event's sealed fields."""
    if type(value) is not Sealed:
        raise Malformed("not a sealed value", where)
    if type(value.subject) is not UUID or type(value.purpose) is not Purpose:
        raise Malformed("a sealed value needs its subject's id and a purpose", where)
    sealed.append((where, value))


def _write_sealed_or_none(value: Any, where: str, sealed: SealedFields) -> None:
    if value is not None:
        write_sealed(value, where, sealed)


_SHAPES: Final[dict[Any, Shape]] = {
    str: Shape(_write_code, None, Code),
    int: Shape(_write_int, None, Int),
    bool: Shape(_write_bool, None, bool),
    UUID: Shape(_write_uuid, None, UUID),
    datetime: Shape(_write_time, None, Time),
    Sealed: Shape(write_sealed, None, None),
    Sealed | None: Shape(_write_sealed_or_none, None, None, optional=True),
}


def _enum(kind: type[StrEnum]) -> Shape:
    def write(value: Any, where: str, _: SealedFields) -> Any:
        if type(value) is kind:
            return value.value
        raise Malformed(f"not one of {kind.__name__}", where)

    return Shape(write, None, kind)


def _optional(inner: Shape) -> Shape:
    write_inner, read_inner = inner.write, inner.read

    def write(value: Any, where: str, sealed: SealedFields) -> Any:
        return None if value is None else write_inner(value, where, sealed)

    json = inner.json | None
    if read_inner is None:
        return Shape(write, None, json)

    def read(value: Any, where: str, sealed: dict[str, Sealed]) -> Any:
        return None if value is None else read_inner(value, where, sealed)

    return Shape(write, read, json)


def _tuple(inner: Shape) -> Shape:
    write_inner, read_inner = inner.write, inner.read

    def write(value: Any, where: str, sealed: SealedFields) -> Any:
        if type(value) is not tuple:
            raise Malformed("not a tuple", where)
        return [write_inner(one, f"{where}.{i}", sealed) for i, one in enumerate(value)]

    json = types.GenericAlias(tuple, (inner.json, ...))
    if read_inner is None:
        return Shape(write, None, json)

    def read(value: Any, where: str, sealed: dict[str, Sealed]) -> Any:
        return tuple([read_inner(one, f"{where}.{i}", sealed) for i, one in enumerate(value)])

    return Shape(write, read, json)


@cache
def _record(cls: Any) -> Shape:
    hints = typing.get_type_hints(cls)
    shapes = {field.name: _shape(hints[field.name]) for field in fields(cls)}
    plain = [(name, shape.json) for name, shape in shapes.items() if shape.json is not None]
    struct = msgspec.defstruct(
        cls.__name__, plain, namespace={"__doc__": cls.__doc__}, forbid_unknown_fields=True
    )
    return Shape(_record_writer(cls, shapes), _record_reader(cls, shapes), struct)


def _record_writer(cls: Any, shapes: Mapping[str, Shape]) -> Write:
    steps = [(name, shape.write, shape.json is not None) for name, shape in shapes.items()]
    values_of = _tuple_of(attrgetter, list(shapes))

    def write(value: Any, where: str, sealed: SealedFields) -> Any:
        if type(value) is not cls:
            raise Malformed(f"not a {cls.__name__}", where)
        prefix = where and f"{where}."
        data = {}
        for (name, write_field, stands), one in zip(steps, values_of(value), strict=True):
            written = write_field(one, prefix + name, sealed)
            if stands:
                data[name] = written
        return data

    return write


def _record_reader(cls: Any, shapes: Mapping[str, Shape]) -> Read:
    plain = [name for name, shape in shapes.items() if shape.json is not None]
    nested = [
        (index, name, inner) for index, name in enumerate(plain) if (inner := shapes[name].read)
    ]
    hidden = [name for name, shape in shapes.items() if shape.json is None]
    required = {name for name in hidden if not shapes[name].optional}
    order = plain + hidden
    arrange = _tuple_of(itemgetter, [order.index(name) for name in shapes])

    def read(value: Any, where: str, sealed: dict[str, Sealed]) -> Any:
        prefix = where and f"{where}."
        values = list(astuple(value))
        for index, name, read_field in nested:
            values[index] = read_field(values[index], prefix + name, sealed)
        for name in hidden:
            one = sealed.pop(prefix + name, None)
            if one is None and name in required:
                raise Malformed("this sealed field is missing", f"sealed.{prefix}{name}")
            values.append(one)
        return cls(*arrange(values))

    return read


def _tuple_of(getter: Any, keys: list[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Return the getter of several items, also of one or none as a tuple."""
    if len(keys) > 1:
        return typing.cast("Callable[[Any], tuple[Any, ...]]", getter(*keys))
    return lambda value: tuple(getter(key)(value) for key in keys)


def _shape(hint: Any) -> Shape:
    if hint in _SHAPES:
        return _SHAPES[hint]
    match typing.get_origin(hint), typing.get_args(hint):
        case (types.UnionType | typing.Union, (inner, types.NoneType)):
            return _optional(_shape(inner))
        case (builtin, (inner, end)) if builtin is tuple and end is Ellipsis:
            if (shape := _shape(inner)).json is not None:
                return _tuple(shape)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _enum(hint)
    if is_dataclass(hint):
        return _record(typing.cast("type", hint))
    raise TypeError(f"{hint}: an event cannot have a field of this type")


def type_members(name: str, version: int) -> bytes:
    """Return the members type and type_version, with a comma before each."""
    return b',"type":"%b","type_version":%d' % (name.encode(), version)


class Form:
    """One event class: how it is written to and read from `data` and `sealed`.

    `head` is the bytes of the members type and type_version, `json` the type of `data`.
    """

    def __init__(self, cls: Any) -> None:
        if ADDRESS in {field.name for field in fields(cls)}:
            raise TypeError(f"{cls.__name__}: the name {ADDRESS} belongs to the connection")
        shape = _record(cls)
        self.cls: Any = cls
        self.name: str = cls.__name__
        self.version = type_version(cls)
        self.head = type_members(self.name, self.version)
        self._write = shape.write
        self._read: Any = shape.read
        self.json: Any = shape.json
        self._decode = msgspec.json.Decoder(shape.json).decode

    def write(self, event: object) -> tuple[dict[str, Any], SealedFields]:
        """Return `data` and the sealed fields, in the class's order; raise Malformed."""
        sealed: SealedFields = []
        return self._write(event, "", sealed), sealed

    def read(self, data: bytes | msgspec.Raw, sealed: dict[str, Sealed]) -> object:
        """Return the event and take its fields out of `sealed`.

        Raises msgspec.ValidationError, Malformed.
        """
        return self._read(self._decode(data), "", sealed)

    def again(self, data: bytes | msgspec.Raw) -> bytes:
        """Return `data` as its members are written; raises msgspec.ValidationError."""
        return msgspec.json.encode(self._decode(data))

    def convert(self, data: Any, sealed: dict[str, Sealed]) -> object:
        """Do the same with `data` that was already parsed (and upcast)."""
        return self._read(msgspec.convert(data, self.json), "", sealed)


Forms = Mapping[str, Form]


def forms_of(classes: Iterable[type]) -> Forms:
    """Return the forms by stored type name; raises TypeError for a class that has none."""
    return {form.name: form for form in map(Form, classes)}


FORMS: Final = forms_of(EVENT_TYPES.values())
"""The forms of every event type of this ledger."""
