"""Problem documents: every error has one, with a stable type and nothing that leaks."""

from collections.abc import Iterator

import orjson
import pytest

from api import problems
from api.pages import problem_html
from api.problems import BY_NAME, PROBLEMS, TooMany, problem_of, problem_response
from domain import errors
from domain.errors import LedgerError, Malformed, Refused, Stale


def _tree(root: type[LedgerError] = LedgerError) -> Iterator[type[LedgerError]]:
    for cls in root.__subclasses__():
        yield cls
        yield from _tree(cls)


def test_every_error_of_the_tree_has_a_problem_of_its_own() -> None:
    shipped = {cls for cls in _tree() if cls.__module__ in {errors.__name__, problems.__name__}}
    assert shipped - set(PROBLEMS) == {problems.NoSuchRoute}
    assert problem_of(problems.NoSuchRoute()).name == "not-found"


def test_types_are_unique_and_stable() -> None:
    assert sorted(BY_NAME) == [
        "clock-unfit",
        "erasing",
        "forked",
        "idempotency-key-missing",
        "idempotency-key-reused",
        "in-the-making",
        "integrity",
        "internal",
        "malformed",
        "method-not-allowed",
        "not-allowed",
        "not-found",
        "not-yet-integrated",
        "outcome-unknown",
        "refused",
        "removed",
        "stale",
        "too-large",
        "too-many-requests",
        "unauthenticated",
        "unavailable",
        "version-missing",
        "wrong-media-type",
    ]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.Malformed("x"), 422),
        (errors.KeyMissing("x"), 400),
        (errors.Unauthenticated(), 401),
        (errors.NotAllowed(), 403),
        (errors.NotFound(), 404),
        (errors.Removed("x"), 410),
        (errors.InTheMaking("x"), 409),
        (errors.KeyReused(), 422),
        (errors.VersionMissing(), 428),
        (errors.Stale(1, 2), 412),
        (errors.Refused("some-rule", "x"), 409),
        (errors.Integrity(), 500),
        (errors.Unavailable(), 503),
        (errors.OutcomeUnknown(), 503),
        (errors.Erasing(), 503),
        (errors.ClockUnfit(), 503),
        (errors.Forked(), 503),
    ],
)
def test_each_error_is_answered_with_its_status(error: LedgerError, status: int) -> None:
    response = problem_response(error)
    form = orjson.loads(response.body)
    assert (response.status_code, form["status"]) == (status, status)
    assert response.media_type == "application/problem+json"
    assert form.keys() >= {"type", "title", "status", "detail"}
    assert form["type"].removeprefix("/problems/") in BY_NAME


def test_unavailable_says_when_to_try_again() -> None:
    for cls in (errors.Unavailable, errors.OutcomeUnknown, errors.ClockUnfit, errors.Forked):
        assert int(problem_response(cls()).headers["retry-after"]) >= 1
    assert problem_response(TooMany(7)).headers["retry-after"] == "7"


def test_a_refusal_names_its_rule_and_a_malformed_field_its_place() -> None:
    refused = orjson.loads(problem_response(Refused("next-update-required", "say when")).body)
    assert (refused["rule"], refused["detail"]) == ("next-update-required", "say when")
    malformed = orjson.loads(problem_response(Malformed("too long", "text")).body)
    assert (malformed["where"], malformed["detail"]) == ("text", "too long")


def test_a_stale_version_names_both_versions() -> None:
    form = orjson.loads(problem_response(Stale(3, 5), changes=[]).body)
    assert (form["expected"], form["actual"], form["changes"]) == (3, 5, [])


def test_an_error_outside_the_table_is_a_fault_that_says_nothing() -> None:
    class Unforeseen(LedgerError):
        pass

    assert problem_of(Unforeseen("secret")).status == 500


def test_every_problem_has_a_page() -> None:
    for name, problem in BY_NAME.items():
        page = problem_html(problem)
        assert name in page
        assert problem.title in page
