"""The page on trading marks is true: its program runs, its tables are the code's. Tests only."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/widgets/chart-trading.md").read_text(encoding="utf-8")
SOURCES = os.pathsep.join(str(ROOT / folder) for folder in (".", "widgets", "resources"))
BEFORE = "from PyQt6.QtWidgets import QApplication\n\napp = QApplication([])\n"
# The page leaves out what every program has; somebody drags the order, and the market moves.
AFTER = """
from upbit_ws_qt.events import TradeEvent
from upbit_ws_qt_widgets.models.line_hand import Moved

assert not chart.errorText(), chart.errorText()
[line] = chart._chart.marks.order_lines
chart._surface.marks.moved.emit(Moved(line.key, 52_400_000.0))
for number, price in enumerate((52_900_000.0, 53_100_000.0)):
    chart.applyTrade(
        TradeEvent(
            type="trade", code="KRW-BTC", timestamp=1_790_000_000_000 + number, trade_price=price,
            trade_volume=1.0, ask_bid="BID", sequential_id=number,
        )
    )
"""
TABLES = "".join(re.findall(r"^\| .*$\n?", PAGE, re.MULTILINE))


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BEFORE + program],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": SOURCES},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_program_is_asked_to_move_its_order_and_told_of_the_price() -> None:
    [program] = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert run(program + AFTER).splitlines() == [
        "move ['paper-1'] to 52,400,000",
        "53,000,000 was reached at 53,100,000",
    ]


def test_the_tables_name_what_there_is_and_all_of_it() -> None:
    methods = set(re.findall(r"`([a-z]\w*)\(", TABLES)) - {"price"}
    told = run(
        "from upbit_ws_qt_widgets.chart.alerting import AlertingWidget\n"
        "from upbit_ws_qt_widgets.chart.trading import TradingWidget\n"
        "both = {**vars(AlertingWidget), **vars(TradingWidget)}\n"
        "public = [name for name in both if not name.startswith('_')]\n"
        "print(*sorted(public))"
    )
    # For subclasses, or properties.
    inner = {
        *("attachSurface", "bind", "checkedSettings", "fireAlerts", "priceText"),
        *("savedSettings", "settleMarks", "showTradingOf", "stateUpdated", "tradeSeen", "unbound"),
        *("amountsHidden", "averagePriceShown", "fillsShown", "ordersDraggable", "ordersShown"),
    }
    assert methods == set(told.split()) - inner
