"""A good request for every operation, with a marker in every field that is free or personal.

What is free is read from /openapi.json: each text that is no vocabulary, id or moment. A route is
covered as soon as `support.requests_of` has a good request for it; NOT_FREE says what needs no
marker, and ALSO what else to send where one request cannot have every field at once.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from support.plaintext import Markers
from support.requests_of import PASSPORT, REQUESTS, Asked, World

Form = Mapping[str, Any]
Field = tuple[str, str]
"""The operation's name, and the way to the field: names with dots between them."""

LIVE: Final = "2001:db8:77:1::c0de"
"""The address that is sent where only an address fits."""
BYTES: Final = "(bytes)"
"""The way to a body that is not JSON."""

_DATES: Final = {
    "birth_date": "1931-07-19",
    "issued_on": "2011-03-29",
    "expires_on": "2041-11-17",
}
_CODED: Final = {"uuid", "date-time", "binary"}
_CODES: Final = {
    "^[A-Z]{2}$": "a country",
    "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$": "a language",
    "^(recorded|occurred)$": "a basis",
}
_NUMBER: Final = "the contract's number: a reference, in the clear by design"
_WORD: Final = "a word of the vocabulary"
ANY: Final = "*"
"""Stands for every operation."""
NOT_FREE: Final[dict[Field, str]] = {
    (ANY, "contract"): _NUMBER,
    ("register_contract", "number"): _NUMBER,
    (ANY, "template"): _WORD,
    (ANY, "zone"): "a time zone's name",
    ("change_tags", "add"): _WORD,
    ("change_tags", "remove"): _WORD,
}
"""Fields that are sent without a marker, and why."""


def _holder(category: str, document: Any) -> dict[str, Any]:
    return {"category": category, "document": document}


_HOUSE: Final = {
    "name": "Example Ltd",
    "country": "PT",
    "registration_number": "509 999 990",
    "representative": {"name": "Ada Example", "passport": PASSPORT, "authority": "Extract 7"},
}
_HOLDERS: Final = (
    _holder("individual", {"passport": PASSPORT}),
    _holder(
        "individual_entrepreneur",
        {"entrepreneur": {"passport": PASSPORT, "registration_number": "509 999 990"}},
    ),
    _holder("legal_entity", {"organisation": _HOUSE}),
)
_CONTACT: Final = {"kind": "mail", "value": "ada@example.net"}
_LOGIN: Final = {"login": {"issuer": "urn:x", "subject": "x"}}

ALSO: Final[Mapping[str, tuple[Mapping[str, Any], ...]]] = {
    "register_contract": tuple({**one, "joint": [one], "together": "any"} for one in _HOLDERS),
    "receive_claim": tuple({"document": one["document"], "contact": _CONTACT} for one in _HOLDERS),
    "request_identity_change": tuple(
        {"kind": "transfer", "holders": [one], "contacts": [_CONTACT]} for one in _HOLDERS
    ),
    "name_person": (_LOGIN,),
    "restore_access": (_LOGIN,),
}
"""Parts that one request cannot have together: each is put into a good request of its own."""


@dataclass
class Planting:
    """Plants markers into requests; `sent` are the fields that have carried one."""

    document: Mapping[str, Any]
    markers: Markers
    sent: set[Field] = field(default_factory=set)

    def operations(self) -> Iterator[tuple[str, str, Form]]:
        """Yield name, method and description of every operation."""
        for path in self.document["paths"].values():
            for method, form in path.items():
                yield form["operationId"], method.upper(), form

    def wanted(self) -> set[Field]:
        """Return every field that must carry a marker."""
        return {
            (name, way)
            for name, _, form in self.operations()
            for part, begun in self._parts(form)
            for way in self._ways(part, begun)
            if not {(name, way), (ANY, way)} & NOT_FREE.keys()
        }

    def requests(self, name: str, form: Form, world: Callable[[], World]) -> Iterator[Asked]:
        """Yield requests with markers; in all of them together, every field has one.

        Writes are good. A read is asked about one thing at a time: one mistake would hide the next.
        """
        if "requestBody" not in form:
            yield from self._questions(name, form, world)
            return
        for also in ALSO.get(name, ({},)):
            asked = REQUESTS[name](world())
            if asked.body is not None or also:
                asked = replace(asked, body={**(asked.body or {}), **also})
            yield self._planted(name, form, asked)

    def _planted(self, name: str, form: Form, asked: Asked) -> Asked:
        content = form.get("requestBody", {}).get("content", {})
        body, raw = asked.body, asked.content
        if "application/json" in content:
            body = self._filled(name, content["application/json"]["schema"], body or {}, "")
        elif content:
            marker = self._marker(name, BYTES, {}).encode()
            raw = (asked.content or b"") + marker if "message/rfc822" in content else marker
        params = dict(asked.params)
        for one in _queries(form):
            if self._free(name, one["name"], one["schema"]):
                params[one["name"]] = self._marker(name, one["name"], one["schema"])
        return replace(asked, body=body, content=raw, params=params)

    def _questions(self, name: str, form: Form, world: Callable[[], World]) -> Iterator[Asked]:
        for one in _queries(form):
            if self._free(name, one["name"], one["schema"]):
                marker = self._marker(name, one["name"], one["schema"])
                yield replace(REQUESTS[name](world()), params={one["name"]: marker})

    def _parts(self, form: Form) -> Iterator[tuple[Form, str]]:
        content = form.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            yield content["application/json"]["schema"], ""
        elif content:
            yield {"type": "string"}, BYTES
        for one in _queries(form):
            yield one["schema"], one["name"]

    def _real(self, form: Form) -> Form:
        """Return the form behind a reference, or the one that is not null."""
        while "$ref" in form or "anyOf" in form:
            if "$ref" in form:
                form = self.document["components"]["schemas"][form["$ref"].rsplit("/", 1)[1]]
            else:
                (form,) = (one for one in form["anyOf"] if one.get("type") != "null")
        return form

    def _ways(self, form: Form, way: str) -> Iterator[str]:
        """Yield the way to every free field of a form."""
        form = self._real(form)
        for name, part in form.get("properties", {}).items():
            yield from self._ways(part, f"{way}.{name}".lstrip("."))
        if form.get("additionalProperties"):
            yield f"{way}.*"
        if form.get("type") == "array":
            yield from self._ways(form["items"], way)
        if _is_free(form):
            yield way

    def _free(self, name: str, way: str, form: Form) -> bool:
        return not {(name, way), (ANY, way)} & NOT_FREE.keys() and _is_free(self._real(form))

    def _filled(self, name: str, form: Form, value: Any, way: str) -> Any:
        """Return the value with markers; what is left out and free, or a list of that, is added."""
        form = self._real(form)
        if self._free(name, way, form):
            return self._marker(name, way, form)
        if form.get("type") == "array":
            if value is None and self._free(name, way, form["items"]):
                value = [None]
            return value and [self._filled(name, form["items"], one, way) for one in value]
        if value is None or "properties" not in form:
            return value
        filled = dict(value)
        for key, part in form["properties"].items():
            found = self._filled(name, part, value.get(key), f"{way}.{key}".lstrip("."))
            if found is not None:
                filled[key] = found
        return filled

    def _marker(self, name: str, way: str, form: Form) -> str:
        """Return what is looked for afterwards, as the form wants it."""
        self.sent.add((name, way))
        form, marked = self._real(form), f"{name}.{way}"
        if form.get("format") == "date":
            return self.markers.exact(_DATES.get(way.rsplit(".", 1)[-1], "1971-09-23"))
        word = self.markers.word(marked)
        for text in (self.markers.text(marked), word, f"{word}@example.net"):
            if _fits(form, text):
                return text
        assert _fits(form, LIVE), f"no marker fits {marked}: {form}"
        return self.markers.exact(LIVE)


def _queries(form: Form) -> Iterator[Form]:
    yield from (one for one in form.get("parameters", ()) if one["in"] == "query")


def _fits(form: Form, text: str) -> bool:
    longest = form.get("maxLength", len(text))
    return bool(re.search(form.get("pattern", ""), text)) and len(text) <= longest


def _is_free(form: Form) -> bool:
    """Say whether a text of this form can say anything."""
    fixed = form.keys() & {"enum", "const"} or form.get("format") in _CODED
    return form.get("type") == "string" and not fixed and form.get("pattern") not in _CODES
