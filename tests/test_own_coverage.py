"""Each pure module is proven by its own test file, and by no other. Tests only."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.own_coverage import pure_modules

ROOT = Path(__file__).resolve().parents[1]

PROVE = """
import sys
from pathlib import Path
from tests.own_coverage import Module, prove

here = Path.cwd()
sys.path.insert(0, str(here))
tests = here / "tests/unit"
modules = [Module(name, here / f"{name}.py", tests / f"test_{name}.py") for name in sys.argv[1:]]
sys.exit(prove(modules, here))
"""

ABSOLUTE = """
def absolute(number):
    if number < 0:
        return -number
    return number
"""

NEAREST = """
from absolute import absolute


def nearest(numbers, wanted):
    best = numbers[0]
    for number in numbers:
        if absolute(number - wanted) < absolute(best - wanted):
            best = number
    return best
"""

BY_BOTH_BRANCHES = """
from absolute import absolute


def test_absolute():
    assert [absolute(-2), absolute(2)] == [2, 2]
"""

BY_ONE_BRANCH = """
from absolute import absolute


def test_absolute():
    assert absolute(2) == 2
"""

THE_OTHER_WHILE_IMPORTED = """
import pytest
from absolute import absolute
from nearest import nearest


@pytest.mark.parametrize("numbers", [[absolute(-1), 5, 7]])
def test_nearest(numbers):
    assert nearest(numbers, 6) == 5
"""


def _prove(folder: Path, *names: str, **tests: str) -> tuple[int, str]:
    """Prove the modules of a small project with these test files; the exit code and the output."""
    (folder / "tests/unit").mkdir(parents=True)
    (folder / "pyproject.toml").write_text("[tool.coverage.run]\nbranch = true\n", "utf-8")
    for name, text in {"absolute": ABSOLUTE, "nearest": NEAREST}.items():
        (folder / f"{name}.py").write_text(text, "utf-8")
    for name, text in tests.items():
        (folder / f"tests/unit/test_{name}.py").write_text(text, "utf-8")
    environment = {name: text for name, text in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-c", PROVE, *names],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_whole_modules_pass(tmp_path: Path) -> None:
    """Every branch by its own file: exit code 0 and one line."""
    code, said = _prove(
        tmp_path,
        "absolute",
        "nearest",
        absolute=BY_BOTH_BRANCHES,
        nearest=THE_OTHER_WHILE_IMPORTED,
    )
    assert code == 0, said
    assert said.endswith("2 of 2 pure modules are whole by their own test file\n")


@pytest.mark.parametrize("others_first", [False, True])
def test_what_only_other_tests_run_does_not_count(tmp_path: Path, *, others_first: bool) -> None:
    """The negative branch is run by the tests of ``nearest`` alone, while collected and later."""
    names = ["nearest", "absolute"] if others_first else ["absolute", "nearest"]
    code, said = _prove(tmp_path, *names, absolute=BY_ONE_BRANCH, nearest=THE_OTHER_WHILE_IMPORTED)
    assert code == 1
    [row] = [line for line in said.splitlines() if " %  absolute" in line]
    assert row.split()[2:] == ["absolute", "4,", "3->4"]
    assert "1 of 2 pure modules" in said


def test_module_without_its_own_file_fails(tmp_path: Path) -> None:
    """Even if everything of it is run by others."""
    code, said = _prove(tmp_path, "absolute", "nearest", absolute=BY_BOTH_BRANCHES)
    assert code == 1
    assert "there is no tests/unit/test_nearest.py" in said
    assert "1 of 2 pure modules" in said


def test_failing_test_fails(tmp_path: Path) -> None:
    """What is run by a test that fails is not proven."""
    wrong = BY_BOTH_BRANCHES.replace("[2, 2]", "[2, 3]")
    code, said = _prove(tmp_path, "absolute", absolute=wrong)
    assert code == 1
    assert "1 failed" in said


def test_every_pure_module_is_asked_for() -> None:
    """Those that the fence of the pure core lists, and the models of the widgets."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    [fence] = [c for c in contracts if c["name"].startswith("the pure core")]
    names = [module.name for module in pure_modules(ROOT)]
    models = [name for name in names if name.startswith("upbit_ws_qt_widgets.models.")]
    assert names == fence["source_modules"] + models
    assert "upbit_ws_qt_widgets.models.bars" in models
