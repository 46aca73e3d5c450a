"""The mutant runner believes only a test that failed by itself."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

RUNNER = Path(__file__).parents[1] / "mutants" / "run.py"


@pytest.fixture(scope="module")
def runner() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mutant_runner", RUNNER)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["mutant_runner"] = module
    spec.loader.exec_module(module)
    return module


def judged(runner: ModuleType, root: Path, source: str, timeout: int = 60) -> str:
    (root / "domain").mkdir()
    (root / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    (root / "test_x.py").write_text(source)
    mutant = runner.Mutant("m", "a.py", "x", "y", ("test_x.py",), timeout)
    code, _ = runner.run_tests(mutant, root)
    return str(runner.trouble(code, root / "verdict.xml"))


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        ("def test_a():\n    assert 1 == 2", ""),
        ("def test_a():\n    raise KeyError('k')", ""),
        ("def test_a():\n    assert 1 == 1", "survived"),
        ("import nowhere\ndef test_a():\n    assert 1 == 2", "did not run"),
        ("def test_a():\n    import nowhere", "by an assertion"),
        ("def test_a():\n    nowhere", "by an assertion"),
        ("def test_b(missing):\n    assert 1 == 2", "broke before"),
        ("", "did not run"),
    ],
)
def test_only_a_failing_test_kills(
    runner: ModuleType, tmp_path: Path, source: str, verdict: str
) -> None:
    found = judged(runner, tmp_path, source)
    assert (verdict in found) if verdict else found == ""


def test_a_run_without_end_does_not_kill(runner: ModuleType, tmp_path: Path) -> None:
    source = "import time\ndef test_a():\n    time.sleep(300)"
    assert "too long" in judged(runner, tmp_path, source, timeout=2)


def test_a_copy_imports_its_own_packages(runner: ModuleType, tmp_path: Path) -> None:
    runner.copy_checkout(tmp_path)
    assert runner.own_packages(tmp_path.resolve())


def test_text_that_stands_twice_is_not_planted(runner: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\nx = 2\n")
    mutant = runner.Mutant("m", "a.py", "x = ", "y = ", (), 1)
    with pytest.raises(SystemExit, match="exactly once"), runner.planted(mutant, tmp_path):
        pass


def test_a_bug_is_taken_out_again(runner: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    with runner.planted(runner.Mutant("m", "a.py", "1", "2", (), 1), tmp_path):
        assert (tmp_path / "a.py").read_text() == "x = 2\n"
    assert (tmp_path / "a.py").read_text() == "x = 1\n"
