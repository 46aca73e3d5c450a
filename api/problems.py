"""What a client is told when something is wrong: RFC 9457 problem documents.

One table maps the error tree to HTTP. Every `type` is `/problems/NAME`, a page that explains it.
"""

from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from api.answers import dump
from domain.errors import (
    ClockUnfit,
    Erasing,
    Forked,
    Integrity,
    InTheMaking,
    KeyMissing,
    KeyReused,
    LedgerError,
    Malformed,
    NotAllowed,
    NotFound,
    NotYetIntegrated,
    OutcomeUnknown,
    Refused,
    Removed,
    Stale,
    Unauthenticated,
    Unavailable,
    VersionMissing,
)

MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of problem: `name` ends its type URI, `retry_after` is in seconds."""

    name: str
    status: int
    title: str
    meaning: str
    retry_after: int | None = None


@dataclass
class TooLarge(Malformed):
    """A body is longer than the limit."""


@dataclass
class WrongMediaType(Malformed):
    """A body is not of the media type that the operation reads."""


@dataclass
class TooMany(LedgerError):
    """The principal asks faster than it may; `wait` is the seconds until it may again."""

    wait: int

    def __str__(self) -> str:
        return f"too many requests: the next one is accepted in {self.wait} s"


class NoSuchRoute(NotFound):
    """The path names nothing."""


class NoSuchMethod(LedgerError):
    """The path does not know the method."""


class Broken(LedgerError):
    """A fault of the ledger itself; the log says more, the client learns nothing of it."""


PROBLEMS: Final[dict[type[LedgerError], Problem]] = {
    TooLarge: Problem(
        "too-large",
        413,
        "The body is too large",
        "A JSON body or a file is longer than the limit. Send less, or a smaller file.",
    ),
    WrongMediaType: Problem(
        "wrong-media-type",
        415,
        "The body has the wrong media type",
        "Bodies are JSON: send Content-Type: application/json.",
    ),
    KeyMissing: Problem(
        "idempotency-key-missing",
        400,
        "The write has no Idempotency-Key",
        "Every write carries an Idempotency-Key header of 1 to 200 visible ASCII characters, made "
        "by the client, so that sending it again never records it twice.",
    ),
    Malformed: Problem(
        "malformed",
        422,
        "The input is not in the form that is expected",
        "The detail says where and what. /openapi.json describes every form; unknown fields are "
        "refused, texts are Unicode without U+0000.",
    ),
    Unauthenticated: Problem(
        "unauthenticated",
        401,
        "Nobody is known by this credential",
        "Send Authorization: Bearer TOKEN, with a valid OIDC token or an API key.",
    ),
    NotAllowed: Problem(
        "not-allowed",
        403,
        "This is not yours to do",
        "You are known, and your roles do not include this operation.",
    ),
    NotFound: Problem(
        "not-found",
        404,
        "Not found",
        "It does not exist, or it is not yours: the two are never told apart.",
    ),
    Removed: Problem(
        "removed",
        410,
        "It is not kept any more",
        "An export is kept for a while only, and no longer than the personal data in it. The "
        "detail says how to make it again.",
    ),
    NoSuchMethod: Problem(
        "method-not-allowed",
        405,
        "The path does not know this method",
        "/openapi.json lists the methods of every path.",
    ),
    KeyReused: Problem(
        "idempotency-key-reused",
        422,
        "The Idempotency-Key was used for something else",
        "This key has already recorded another payload. Make a new key for a new request.",
    ),
    VersionMissing: Problem(
        "version-missing",
        428,
        "The decision needs If-Match",
        'Read the resource, decide on what you saw, and send its ETag as If-Match: "VERSION".',
    ),
    Stale: Problem(
        "stale",
        412,
        "It changed since you read it",
        "`changes` says who changed what since the version in If-Match. Read again and decide.",
    ),
    Refused: Problem(
        "refused",
        409,
        "A rule refuses it",
        "`rule` names the rule; the glossary explains each.",
    ),
    TooMany: Problem(
        "too-many-requests",
        429,
        "Too many requests",
        "Wait for as many seconds as Retry-After says.",
    ),
    Integrity: Problem(
        "integrity",
        500,
        "What is stored contradicts itself",
        "The ledger found something altered and refuses to show it as if it were right. "
        "Tell the operator.",
    ),
    OutcomeUnknown: Problem(
        "outcome-unknown",
        503,
        "It is not known whether it was recorded",
        "Send the same request with the same Idempotency-Key again: it is recorded once.",
        retry_after=1,
    ),
    NotYetIntegrated: Problem(
        "not-yet-integrated",
        409,
        "No checkpoint covers it yet",
        "A checkpoint is signed about a second after an append. Ask again then.",
        retry_after=1,
    ),
    InTheMaking: Problem(
        "in-the-making",
        409,
        "The same request is being carried out",
        "It was sent before, under the same Idempotency-Key, and has no answer yet. Send it again "
        "in a while.",
        retry_after=2,
    ),
    Erasing: Problem(
        "erasing",
        503,
        "Data is being erased",
        "Keys that this would be sealed with are being destroyed; there are new ones in a moment. "
        "Nothing was recorded; trying again is safe.",
        retry_after=1,
    ),
    ClockUnfit: Problem(
        "clock-unfit",
        503,
        "A clock jumped",
        "Recording now would falsify time. Nothing was recorded.",
        retry_after=5,
    ),
    Forked: Problem(
        "forked",
        503,
        "The store lost acknowledged events",
        "Nothing is recorded until the operator has run `ledger continue`.",
        retry_after=60,
    ),
    Unavailable: Problem(
        "unavailable",
        503,
        "Not now",
        "The store cannot be reached. Nothing was recorded; trying again is safe.",
        retry_after=1,
    ),
    Broken: Problem(
        "internal",
        500,
        "A fault of the ledger",
        "It was logged. If it was a write, send it again with the same Idempotency-Key.",
    ),
}

BY_NAME: Final = {problem.name: problem for problem in PROBLEMS.values()}


def problem_of(error: LedgerError) -> Problem:
    """Return the kind of problem that an error is: the nearest class in the table."""
    for cls in type(error).__mro__:
        if cls in PROBLEMS:
            return PROBLEMS[cls]
    return PROBLEMS[Broken]


def problem_response(error: LedgerError, **more: Any) -> Response:
    """Return the problem document of an error; `more` are members of its own."""
    problem = problem_of(error)
    form: dict[str, Any] = {
        "type": f"/problems/{problem.name}",
        "title": problem.title,
        "status": problem.status,
        "detail": str(error) or problem.meaning,
    }
    if isinstance(error, Malformed) and error.where:
        form |= {"detail": error.detail, "where": error.where}
    if isinstance(error, Refused):
        form |= {"detail": error.detail, "rule": error.rule}
    if isinstance(error, Stale):
        form |= {"expected": error.expected, "actual": error.actual}
    headers = _headers(error, problem)
    content = dump(form | more)
    return Response(content, problem.status, headers=headers, media_type=MEDIA_TYPE)


def _headers(error: LedgerError, problem: Problem) -> dict[str, str]:
    if isinstance(error, Unauthenticated):
        return {"WWW-Authenticate": 'Bearer realm="ticket-ledger"'}
    if isinstance(error, TooMany):
        return {"Retry-After": str(error.wait)}
    return {"Retry-After": str(problem.retry_after)} if problem.retry_after else {}
