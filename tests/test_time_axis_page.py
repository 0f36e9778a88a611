"""The page on the time axis is true: its program runs, what it names exists. Tests only."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from upbit_ws_qt_resources import translations
from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.models.chart_time import TimeZone
from upbit_ws_qt_widgets.models.interval_bars import MOST_FLAT, MOST_IN_A_ROW

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/widgets/time-axis.md").read_text(encoding="utf-8")
SOURCES = os.pathsep.join(str(ROOT / folder) for folder in (".", "widgets", "resources"))
BEFORE = """
from PyQt6.QtWidgets import QApplication
from tests.chart_bars import rows

app = QApplication([])
candles = rows(range(0, 300, 3))
"""
# The page leaves out what every program has, and what went wrong would only be shown.
AFTER = """
chart.grab()
assert not chart.errorText(), chart.errorText()
print(chart.timeZone(), chart.barCount(), chart.isVolumeProfileShown())
"""


def test_program_chooses_what_the_page_says() -> None:
    (program,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
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
    assert done.stdout.strip() == "UTC 298 True"


def test_methods_signals_and_properties_exist() -> None:
    named = re.findall(r"`(\w+)\(", PAGE)
    assert len(set(named)) == 9
    assert [name for name in named if not hasattr(ChartWidget, name)] == []
    meta = ChartWidget.staticMetaObject
    for name in ("timeZoneName", "emptyBarsShown", "volumeProfileShown"):
        assert f"`{name}`" in PAGE
        found = meta.property(meta.indexOfProperty(name))
        assert found.isWritable()
        assert found.hasNotifySignal()


def test_zones_limits_and_words_are_those_of_the_code() -> None:
    assert all(f"`{zone}`" in PAGE for zone in TimeZone)
    assert f"at most {MOST_IN_A_ROW:,} follow" in PAGE
    assert MOST_FLAT == 1_000_000
    words = translations("en")
    span = words["chart.span"].format(since="09:31:02", until="09:31:14")
    lost = words["chart.hole.lost"].format(span=span, length="12s")
    assert f"*{lost} · {words['chart.hole.again']}*" in PAGE
    assert f"*{words['chart.hole.asked'].format(span=span)}*" in PAGE
    aged = words["chart.aged"].format(state=words["state.reconnecting"], age="12s")
    assert f"*{aged}*" in PAGE
    assert f"*{words['chart.untraded']}*" in PAGE
    assert f"*{words['chart.menu.time']}*" in PAGE
