"""SQL stands in .sql files, where it can be read, formatted and explained as SQL."""

import ast
import re
from collections.abc import Iterator

import pytest
from support.source_tree import SOURCE, docstrings, python_files, tree

STATEMENT = re.compile(
    r"""^\s*(
        select\s.+\sfrom\s | select\s+[\w.]+\( | with\s+(recursive\s+)?\w+\s+as\s*\(
      | insert\s+into\s | update\s+[\w."]+\s+set\s | delete\s+from\s | truncate\s+\w
      | merge\s+into\s
      | (create|alter|drop)\s+(or\s+replace\s+)?(unlogged\s+|temp(orary)?\s+|unique\s+)?
        (table|index|view|function|trigger|role|schema|database|sequence|type|extension|user)\b
      | (grant|revoke)\s.+\s(on|to|from)\s | copy\s.+\s(from|to)\s | lock\s+table\s
      | (listen|notify|unlisten)\s+["a-z] | set\s+(local\s+|session\s+)?[a-z_.]+\s*(=|\sto\s)
      | (?-i:BEGIN|COMMIT|ROLLBACK|CHECKPOINT)\s*;?\s*$ | vacuum\b | analyze\s
    )""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def strings(module: ast.Module) -> Iterator[tuple[ast.expr, str]]:
    """Yield every string with its node, an f-string as one, `x` for what it fills in."""
    parts: set[ast.expr] = set()
    for node in ast.walk(module):  # parents come before their children
        if isinstance(node, ast.JoinedStr):
            parts.update(node.values)
            yield (
                node,
                "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "x"
                    for part in node.values
                ),
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in parts:
            yield node, node.value


def statements(module: ast.Module, skip: set[ast.expr]) -> list[tuple[int, str]]:
    """Return (line, text) of the strings that are SQL statements."""
    return [
        (node.lineno, text)
        for node, text in strings(module)
        if node not in skip and STATEMENT.match(text)
    ]


@pytest.mark.parametrize("name", python_files(*SOURCE, "bench"))
def test_python_holds_no_sql(name: str) -> None:
    assert statements(tree(name), docstrings(name)) == []


@pytest.mark.parametrize(
    "planted",
    [
        "cursor.execute('SELECT 1 FROM ledger.events')",
        "cursor.execute(f'select max(position) from {table}')",
        "cursor.execute('insert into views.queue values (%s)')",
        "q = '''\n  update views.queue set position = 1'''",
        "x.execute('LISTEN ledger_events')",
        "x.execute('select ledger.append(%s)')",
        "x.execute('SET statement_timeout = 5000')",
    ],
)
def test_planted_sql_is_found(planted: str) -> None:
    assert statements(ast.parse(planted), set())


@pytest.mark.parametrize(
    "innocent", ["'update the message'", "'select a ticket'", "'Set the status'", "'begin now'"]
)
def test_words_are_not_taken_for_sql(innocent: str) -> None:
    assert statements(ast.parse(innocent), set()) == []
