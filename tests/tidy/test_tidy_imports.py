"""The import contracts hold, and each of them sees a planted violation."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from support.source_tree import ROOT, SOURCE, text

PLANTED = [
    ("Imports point one way", "domain/errors.py", "import infra.ids"),
    ("Imports point one way", "infra/ids.py", "import projections"),
    ("Imports point one way", "projections/__init__.py", "import api"),
    ("Imports point one way", "api/__init__.py", "import consumers"),
    ("Imports point one way", "consumers/__init__.py", "import cli"),
    ("The domain uses the standard library alone", "domain/values.py", "import orjson"),
    ("One module knows eventsourcing", "projections/__init__.py", "import eventsourcing.domain"),
    ("One module knows eventsourcing", "infra/ids.py", "import eventsourcing"),
    ("Neither the domain, the API nor the command line knows psycopg", "api/__init__.py",
     "import psycopg"),
    ("Neither the domain, the API nor the command line knows psycopg", "cli/__init__.py",
     "from psycopg_pool import ConnectionPool"),
    ("Only infra knows cryptography", "cli/__init__.py", "import cryptography"),
    ("One module knows kafka", "projections/__init__.py", "import kafka.errors"),
    ("One module knows kafka", "infra/kafka/probe.py", "import kafka"),
    ("Only the API knows its web framework", "cli/__init__.py", "import fastapi"),
    ("Only the API knows its web framework", "infra/ids.py", "from starlette import status"),
]  # fmt: skip


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of the packages in `root`."""
    program = "import sys; from importlinter.cli import lint_imports_command as c; sys.exit(c())"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache", "--no-logo"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in SOURCE:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("contract", "name", "line"), PLANTED)
def test_a_planted_import_breaks_its_contract(
    copy: Path, contract: str, name: str, line: str
) -> None:
    with (copy / name).open("a") as file:
        file.write(f"\n{line}\n")
    done = lint(copy)
    assert done.returncode == 1
    assert f"{contract} BROKEN" in done.stdout


def test_every_contract_has_a_planted_violation() -> None:
    contracts = tomllib.loads(text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    assert {c["name"] for c in contracts} == {contract for contract, _, _ in PLANTED}
