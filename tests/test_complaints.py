"""docs/widgets/complaints.md has all complaints, and what it names exists. Tests only."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/widgets/complaints.md").read_text("utf-8")
COLUMNS = 5


def rows() -> list[list[str]]:
    """The cells of the page's table, without its head."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.splitlines()
        if line.startswith("|")
    ]
    return cells[2:]


def names_in(path: Path) -> set[str]:
    """The names of the test functions of a file, which is not run."""
    tree = ast.parse(path.read_text("utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return {node.name for node in functions if node.name.startswith("test_")}


def test_there_are_forty_and_none_twice() -> None:
    assert [row[0] for row in rows()] == [f"{number}" for number in range(1, 41)]
    assert [len(row) for row in rows()] == [COLUMNS] * 40
    assert all(all(row) for row in rows())
    places = [place for row in rows() for place in row[1].split(", ")]
    assert [place for place in places if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?#\d+", place)] == []
    assert len(places) == len(set(places))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_every_test_that_is_named_exists(row: list[str]) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row[-1])
    assert named, "no test is named"
    # Nothing else in the cell, such as a name with a slip in it.
    assert re.sub(r"`tests/[\w/]+\.py::\w+`(, )?", "", row[-1]) == ""
    for path, name in named:
        assert name in names_in(ROOT / path), f"{path} has no {name}"


def test_every_complaint_that_has_a_test_of_its_own_is_on_the_page() -> None:
    path = "tests/widgets/test_chart_complaints.py"
    unnamed = [name for name in sorted(names_in(ROOT / path)) if f"{path}::{name}`" not in PAGE]
    assert unnamed == []
