"""The pages on order book and balances are true: programs run, names are all there. Tests only."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QApplication, QWidget

from upbit_ws_qt_widgets import BalanceMonitor, OrderbookWidget

ROOT = Path(__file__).resolve().parents[1]
SOURCES = os.pathsep.join(str(ROOT / folder) for folder in (".", "widgets", "resources"))
PAGES = {
    kind: (ROOT / f"docs/widgets/{name}.md").read_text(encoding="utf-8")
    for kind, name in ((OrderbookWidget, "orderbook"), (BalanceMonitor, "balances"))
}
PROGRAMS = [
    program
    for page in PAGES.values()
    for program in re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
]

# Runs before a program, which then runs as it is printed: a manager made without settings goes to a
# simulated exchange, the key is one of that exchange, and `app.exec()` ends with exit code 0 once
# every widget has what it was given or bound to, or after 30 seconds with exit code 3.
PRELUDE = """
import asyncio, functools, os, sys, threading, time

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication

from upbit_ws_qt import GlobalWebSocketManager
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt_widgets import BalanceMonitor, OrderbookWidget


async def serve():
    async with SimulatedExchange(seed=1) as exchange:
        found.append(exchange)
        ready.set()
        await asyncio.Event().wait()


found, ready = [], threading.Event()
threading.Thread(target=asyncio.run, args=[serve()], daemon=True).start()
ready.wait(30)
GlobalWebSocketManager.__init__ = functools.partialmethod(
    GlobalWebSocketManager.__init__, settings=found[0].settings()
)
key = found[0].credentials()
os.environ |= {"UPBIT_ACCESS_KEY": key.access_key, "UPBIT_SECRET_KEY": key.secret_key}


def is_full(widget):
    assert not widget.errorText(), widget.errorText()
    if isinstance(widget, OrderbookWidget):
        return widget.orderbook() is not None
    return bool(widget.totals().assets) or widget.fees().krw != type(widget.fees())().krw


def check():
    kinds = OrderbookWidget, BalanceMonitor
    widgets = [one for one in QApplication.allWidgets() if isinstance(one, kinds)]
    if widgets and all(map(is_full, widgets)):
        QApplication.quit()
    elif time.monotonic() > deadline:
        QApplication.exit(3)


def exec_until_full(*_):
    timer = QTimer()
    timer.timeout.connect(check)
    timer.start(50)
    code = original_exec()
    if code:
        sys.exit(code)


deadline = time.monotonic() + 30
original_exec = QApplication.exec
QApplication.exec = exec_until_full
"""


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_a_program_of_the_pages_shows_what_it_says(number: int) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"{PRELUDE}\nexec(sys.argv[1])", PROGRAMS[number]],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": SOURCES, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_there_are_programs_for_each_way_in() -> None:
    assert [sum("bind(" in program for program in PROGRAMS), len(PROGRAMS)] == [2, 4]


@pytest.mark.parametrize("kind", PAGES)
def test_every_property_for_designer_and_every_setter_is_named(
    kind: type[QWidget], qapp: QApplication
) -> None:
    of_every_widget = QWidget.staticMetaObject
    about = kind.staticMetaObject
    names = {
        str(about.property(number).name())
        for number in range(of_every_widget.propertyCount(), about.propertyCount())
    }
    assert len(names) > 5
    setters = {name for name in dir(kind) if name.startswith("set") and name not in dir(QWidget)}
    missing = {name for name in names | setters if not re.search(rf"`{name}[`(]", PAGES[kind])}
    assert missing == set()
