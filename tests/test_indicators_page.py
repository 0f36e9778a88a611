"""The page on indicators is true: its programs run, its table is the code's. Tests only."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from upbit_ws_qt_widgets.models.indicators import IndicatorSpec
from upbit_ws_qt_widgets.models.indicators.registry import BUILT_IN

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/widgets/indicators.md").read_text(encoding="utf-8")
SOURCES = os.pathsep.join(str(ROOT / folder) for folder in (".", "widgets", "resources"))
BEFORE = "from PyQt6.QtWidgets import QApplication\n\napp = QApplication([])\n"
# The page leaves out what every program has, and what went wrong would only be shown.
AFTER = "\nassert not chart.errorText(), chart.errorText()\nprint(chart.indicators())\n"
PROGRAMS = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
SHOWN = ["'bollinger'", "{'key': 'keltner', 'settings': {'length': 10, 'width': 1.5}}"]


@pytest.mark.parametrize(("program", "shown"), list(zip(PROGRAMS, SHOWN, strict=True)))
def test_program_shows_its_indicators(program: str, shown: str) -> None:
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


@pytest.mark.parametrize("spec", BUILT_IN, ids=lambda spec: spec.key)
def test_table_says_what_is_built_in(spec: IndicatorSpec) -> None:
    settings = ", ".join(f"`{one.name}` {one.default}" for one in spec.parameters)
    place = "on the price" if spec.on_price else "pane"
    if spec.limits is not None:
        place += f", {spec.limits[0]:g} to {spec.limits[1]:g}"
    if spec.levels:
        levels = " and ".join(f"{level:g}" for level in spec.levels)
        place += f", level{'s' if len(spec.levels) > 1 else ''} {levels}"
    row = f"| `{spec.key}` | {spec.title.en} | {settings} | {place} |".replace("|  |", "| |")
    assert row in PAGE


def test_table_has_nothing_else() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert rows == [spec.key for spec in BUILT_IN]
