"""The page on moving about and linking is true: its programs run as printed. Tests only."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from upbit_ws_qt_widgets.chart.linking import LinkableWidget

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/widgets/linking.md").read_text(encoding="utf-8")
SOURCES = os.pathsep.join(str(ROOT / folder) for folder in (".", "widgets", "resources"))
BEFORE = """
from PyQt6.QtWidgets import QApplication

from tests.chart_bars import wave

app = QApplication([])
candles = wave(500)
candles["time"] += 1_790_000_000_000 - candles["time"][0]
"""
# What went wrong would only be shown.
AFTER = """
for _ in range(3):
    app.processEvents()
errors = [one.errorText() for one in app.allWidgets() if hasattr(one, "errorText")]
assert not any(errors), errors
"""
PROGRAMS = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
SHOWN = ["['KRW-ETH', 'KRW-ETH']", "A KRW-XRP", "120 minutes in view", "['Ctrl+Up'] []"]


@pytest.mark.parametrize(("program", "shown"), list(zip(PROGRAMS, SHOWN, strict=True)))
def test_program_does_what_the_page_says(program: str, shown: str) -> None:
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
    assert shown in done.stdout


def test_every_method_and_signal_it_names_is_there() -> None:
    names = set(re.findall(r"`(\w+)\(", PAGE)) - {"ChartLink", "add", "remove", "charts"}
    assert {name for name in names if not hasattr(LinkableWidget, name)} == set()
    assert "setVisibleRange" in names
