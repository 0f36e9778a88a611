"""The pages that are made from the code say what the code does."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_table_of_states_is_the_one_the_code_runs_by() -> None:
    """Else run: python docs/make_state_diagram.py"""
    made = runpy.run_path(str(DOCS / "make_state_diagram.py"))
    page = (DOCS / "protocol.md").read_text(encoding="utf-8")
    assert made["updated"](page) == page
    assert "idle --> connecting: something is wanted" in page
