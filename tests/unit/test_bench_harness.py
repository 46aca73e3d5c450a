"""The bench harness counts what it says it counts."""

import json
from pathlib import Path

import pytest

from bench.harness import Bar, Result, Scale, interleave, quantile
from bench.report import BEGIN, END, write

BAR = Bar("append", "x", must=0.5, aim=1.0, what="ours | theirs".replace("|", "against"))


def test_the_line_has_the_form_that_machines_read() -> None:
    line = Result(BAR, (0.4, 0.6, 0.5123456)).line()
    assert json.loads(line) == {
        "bench": "append", "median": 0.5123, "min": 0.4, "max": 0.6, "unit": "x",
        "must": 0.5, "aim": 1.0, "ok": True,
    }  # fmt: skip


def test_a_bar_of_seconds_wants_to_stay_low() -> None:
    bar = Bar("long", "s", must=0.05, aim=0.01, what="one read", at_most=True)
    assert Result(bar, (0.04,)).ok
    assert not Result(bar, (0.06,)).ok


def test_an_invalid_run_does_not_hold_its_bar() -> None:
    result = Result(BAR, (9.0,), invalid="the reference was outside its range")
    assert not result.ok
    assert "outside" in result.line()


def test_a_smoke_run_has_no_thresholds() -> None:
    assert json.loads(Result(BAR, (0.1,)).line(smoke=True))["ok"] is True


def test_sides_take_turns_in_being_first() -> None:
    order: list[str] = []
    interleave(3, a=lambda: float(order.append("a") or 1), b=lambda: float(order.append("b") or 2))
    assert order == ["a", "b", "b", "a", "a", "b"]


def test_ratios_are_taken_round_by_round() -> None:
    values = iter([10.0, 5.0, 4.0, 20.0])
    rounds = interleave(2, ours=lambda: next(values), theirs=lambda: next(values))
    assert rounds.ratios("ours", "theirs") == (2.0, 5.0)


def test_a_quantile_is_one_of_the_values() -> None:
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([1.0], 0.99) == 1.0


def test_smoke_picks_the_small_size() -> None:
    assert (Scale().pick(100, 1), Scale(smoke=True).pick(100, 1)) == (100, 1)


def test_a_run_replaces_only_the_rows_that_it_measured(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"# head\n{BEGIN}\n\n| old | 1 |\n| append | 1 |\n\n{END}\ntail\n")
    write(page, [Result(BAR, (0.7,))])
    text = page.read_text()
    assert text.startswith("# head")
    assert text.endswith("tail\n")
    assert "| old | 1 |" in text
    assert text.count("| append |") == 1
    assert "0.7 x" in text


@pytest.mark.parametrize("median", [0.5, 0.49])
def test_a_ratio_must_reach_its_bar(median: float) -> None:
    assert BAR.holds(median) is (median >= 0.5)
