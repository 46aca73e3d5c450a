"""Operations: what a route is called, reads, answers and needs; documentation is made from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from api.schemas.common import Answer, Body, Written
from domain.contract.events import Right

BYTES: Final = "application/octet-stream"
"""The media type that every body of bytes may have: many clients send no other."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One route.

    `decided`: If-Match is mandatory. `right` is what a customer needs under the contract.
    `covered`: 409 until a checkpoint covers it. `tail`: the last part of the path may have slashes.
    `kept`: 410 when what it tells of is not kept any more.
    `media` is the answer's media type; `raw`: the body is bytes of `raw_media`, not JSON.
    """

    name: str
    method: str
    path: str
    tag: str
    body: type[Body] | None = None
    query: type[Body] | None = None
    answer: type[Answer] | None = Written
    status: int = 200
    decided: bool = False
    public: bool = False
    right: Right = Right.READ
    media: str = "application/json"
    raw: bool = False
    raw_media: str = BYTES
    raw_example: str = "a file"
    positioned: bool = False
    covered: bool = False
    tail: bool = False
    kept: bool = False
    example: Mapping[str, Any] = field(default_factory=dict)
    answer_example: Mapping[str, Any] | str | None = None

    @property
    def writes(self) -> bool:
        """Say whether it records something, so that it needs an Idempotency-Key."""
        return self.method == "POST"
