"""The page on the price axis is true: its programs run, what it names exists. Tests only."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PyQt6.QtCore import QMetaType

from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.models.chart_scale import ScaleKind

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/widgets/price-axis.md").read_text(encoding="utf-8")
SOURCES = os.pathsep.join(str(ROOT / folder) for folder in (".", "widgets", "resources"))
BEFORE = """
from PyQt6.QtWidgets import QApplication
from tests.chart_bars import wave
from upbit_ws_qt_widgets import ChartWidget

app = QApplication([])
candles, other_candles = wave(300), wave(300, price=68000.0)
"""
# The page leaves out what every program has, and what went wrong would only be shown.
AFTER = """
chart.grab()
assert not chart.errorText(), chart.errorText()
print(chart.priceScale(), chart.comparison(), chart.isFitIndicators())
"""
PROGRAMS = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
SHOWN = ["log  True", "percent USDT-BTC False"]


@pytest.mark.parametrize(("program", "shown"), list(zip(PROGRAMS, SHOWN, strict=True)))
def test_program_chooses_what_the_page_says(program: str, shown: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BEFORE + program + AFTER],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": SOURCES},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == shown


def test_scales_are_those_that_there_are() -> None:
    table = PAGE.partition("| `setPriceScale` |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(ScaleKind)


def test_methods_and_signals_exist() -> None:
    named = re.findall(r"`(\w+)\(", PAGE)
    assert len(set(named)) > 12
    assert [name for name in named if not hasattr(ChartWidget, name)] == []


def test_properties_exist_and_can_be_set() -> None:
    meta = ChartWidget.staticMetaObject
    sentence = re.search(r"((?:`\w+`,? ?(?:and )?)+)are\s+properties", PAGE)
    assert sentence is not None
    names = re.findall(r"`(\w+)`", sentence[1])
    assert len(names) == 4
    for name in names:
        found = meta.property(meta.indexOfProperty(name))
        assert found.isWritable()
        assert found.hasNotifySignal()
        assert found.metaType().id() in (QMetaType.Type.QString.value, QMetaType.Type.Bool.value)
