"""Every rule by which the domain refuses is stated by a test."""

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).parent
DOMAIN = HERE.parents[1] / "domain"
PLACE = {"Refused": 0, "Kept": 1}
"""Where the rule's name stands in what is called."""


def _rules() -> set[str]:
    named = [
        node.args[PLACE[node.func.id]]
        for path in DOMAIN.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in PLACE
    ]
    return {one.value for one in named if isinstance(one, ast.Constant)}


STATED = "\n".join(path.read_text("utf-8") for path in HERE.glob("test_domain_*.py"))


def test_there_are_rules_to_state() -> None:
    assert {"explanation-required", "next-update-required", "staff-only"} <= _rules()


@pytest.mark.parametrize("rule", sorted(_rules()))
def test_a_test_shows_what_a_rule_refuses(rule: str) -> None:
    assert f'"{rule}"' in STATED
