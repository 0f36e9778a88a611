"""The page on saving and reading a chart is true: its programs run, what it names exists. Tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chart_bars import chart, wave
from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.chart.commands import _COMMANDS
from upbit_ws_qt_widgets.chart.exporting import _LEAST_SCALE, _MOST_COPIED, _MOST_SCALE
from upbit_ws_qt_widgets.chart.sheet_export import _AT_ONCE
from upbit_ws_qt_widgets.models.chart_export import sheet_of

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/widgets/export.md").read_text(encoding="utf-8")
SOURCES = os.pathsep.join(str(ROOT / folder) for folder in (".", "widgets", "resources"))
PROGRAMS = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
# What the page leaves to its reader.
BEFORE = "from tests.chart_bars import wave\ncandles = wave(50)\n"
AFTER = [
    """
from PyQt6.QtWidgets import QTableView
assert chart.findChild(QTableView).model().rowCount() == 50
assert not chart.errorText(), chart.errorText()
""",
    """
chart.setCandles(candles)
app.processEvents()
table.chooseBar(table.model().time(3))
assert table.model().rowCount() == 50
assert not chart.errorText(), chart.errorText()
""",
]


@pytest.mark.parametrize(("program", "after"), list(zip(PROGRAMS, AFTER, strict=True)))
def test_program_runs(program: str, after: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BEFORE + program + after],
        cwd=tmp_path,
        env={
            **os.environ,
            "QT_QPA_PLATFORM": "offscreen",
            "PYTHONPATH": SOURCES,
            "PYTHONIOENCODING": "utf-8",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    if "exportImage" in program:
        names = [Path(line.removeprefix("saved ")).name for line in done.stdout.splitlines()]
        assert names == ["chart.png", "chart.csv"]
        assert 1 < (tmp_path / "chart.csv").read_bytes().count(b"\n") <= 51


def test_methods_that_are_named_exist() -> None:
    names = set(re.findall(r"`(\w+)\(", PAGE)) - {"chart_menu"}
    assert len(names) > 8
    assert [name for name in sorted(names) if not hasattr(ChartWidget, name)] == []


def test_columns_are_those_that_are_written() -> None:
    state = chart(wave(3))
    state.overlays.choose(state.overlays.checked([{"key": "ma", "settings": {"length": 5}}]))
    heads = sheet_of(state, 0, 3).heads
    table = PAGE.split("| column | what it has |")[1].split("\n\n")[0]
    named = re.findall(r"`([\w ]+)`(?=[^|]*\|)", "\n".join(
        row.split("|")[1] + "|" for row in table.splitlines() if "|" in row
    ))  # fmt: skip
    assert tuple(named[:-1]) == heads
    assert named[-1].startswith("MACD 12 26 9")


def test_limits_are_those_of_the_code() -> None:
    assert f"({_LEAST_SCALE:g} to {_MOST_SCALE:g})" in PAGE
    assert f"{_MOST_COPIED:,}" in PAGE
    assert f"more than {_AT_ONCE:,} bars" in PAGE


def test_the_page_on_the_chart_names_every_key() -> None:
    table = (ROOT / "docs/widgets/chart.md").read_text(encoding="utf-8")
    for name in ("Ctrl+S", "Ctrl+C", "Ctrl+Shift+C", "T, I", "Shift+F10", "menu key"):
        assert name in table
    assert len(_COMMANDS) == 7
