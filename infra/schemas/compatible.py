"""Whether those who know the published schemas can read what is recorded from now on.

What a shipped form accepted stays accepted, and what is recorded later is of the shipped form,
but for two things that a reader has to bear: a vocabulary has one more word, and a sealed field
that may be absent was added. All else is a new version of the type.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from infra.forms import FORMS, Forms
from infra.upcast import STEPS, Steps

Schemas = Mapping[str, Mapping[str, Any]]

_SAID: Final = frozenset({"title", "description"})
_FIELDS: Final = frozenset({"properties", "patternProperties"})


def broken(
    shipped: Schemas, now: Schemas, forms: Forms = FORMS, steps: Steps = STEPS
) -> Iterator[str]:
    """Yield each promise of the shipped schemas that today's break, in words."""
    for name, schema in shipped.items():
        if name in now:
            yield from _differences(schema, now[name], name)
        else:
            yield f"{name}: it is gone; what was recorded is read for ever"
    for form in forms.values():
        for version in range(1, form.version):
            if f"{form.name}.{version}" not in shipped:
                yield f"{form.name}.{version}: version {form.version} came without it"
            if (form.name, version) not in steps:
                yield f"{form.name}.{version}: no step in infra/upcast.py to the next version"


def earlier(shipped: Schemas, forms: Forms = FORMS) -> dict[str, Mapping[str, Any]]:
    """Return the shipped schemas of versions before the present one: they never change again."""
    found = {}
    for name, schema in shipped.items():
        kind, _, version = name.rpartition(".")
        if kind in forms and int(version) < forms[kind].version:
            found[name] = schema
    return found


def _differences(shipped: Any, now: Any, where: str) -> Iterator[str]:
    if isinstance(shipped, Mapping) and isinstance(now, Mapping):
        for keyword in sorted((shipped.keys() | now.keys()) - _SAID):
            before, after = shipped.get(keyword), now.get(keyword)
            if keyword in _FIELDS:
                yield from _fields(before or {}, after or {}, where)
            elif keyword == "required":
                yield from _required(before or [], after or [], where)
            elif keyword == "enum" and before and after:
                for word in sorted(set(before) - set(after)):
                    yield f"{where}: the word {word} is gone"
            else:
                yield from _differences(before, after, f"{where} {keyword}")
    elif isinstance(shipped, list) and isinstance(now, list) and len(shipped) == len(now):
        for before, after in zip(shipped, now, strict=True):
            yield from _differences(before, after, where)
    elif shipped != now:
        yield f"{where}: was {shipped}, is {now}"


def _fields(shipped: Mapping[str, Any], now: Mapping[str, Any], where: str) -> Iterator[str]:
    for name, before in shipped.items():
        if name in now:
            yield from _differences(before, now[name], f"{where}.{name}")
        else:
            yield f"{where}.{name}: the field is gone"


def _required(shipped: list[str], now: list[str], where: str) -> Iterator[str]:
    for name in sorted(set(shipped) - set(now)):
        yield f"{where}.{name}: may be absent now"
    for name in sorted(set(now) - set(shipped)):
        yield f"{where}.{name}: is needed now, and was never recorded"
