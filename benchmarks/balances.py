"""What valuing three hundred assets sixty times a second costs, beside a bare table.

Both show the same assets at one size in one process and take turns. In every frame every asset has
another price, which is far more than a market does, and once more with ten of them; a frame is the
processor time of the GUI thread from the prices in hand to painted pixels. Frames come as far apart
as on a screen.
The bare table is a QTableView on a model of texts: floats are multiplied and formatted for price,
value, profit and return of each asset that changed, and the view is told of its cells. It has no
exact numbers, fees, totals, crossed markets, order, or division.
Run: python -m benchmarks.balances
"""

from __future__ import annotations

import json
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from decimal import Decimal

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PyQt6.QtCore import QAbstractTableModel, QEvent, QEventLoop, QModelIndex, QObject, Qt
from PyQt6.QtGui import QFont, QPaintEvent
from PyQt6.QtWidgets import QApplication, QTableView, QWidget

from upbit_ws_qt.events import Balance, TickerEvent
from upbit_ws_qt_widgets import BalanceMonitor

ASSETS = 300
ROUNDS = 9
FRAMES = 20
FRAME_S = 1 / 60
SIZE = (1100, 700)
COLUMNS = 9
NAMES = [f"COIN{number:03}" for number in range(ASSETS)]
AVERAGES = [100.0 + 7 * number for number in range(ASSETS)]
AMOUNTS = [1.25 + number / 8 for number in range(ASSETS)]

Prices = list[tuple[int, float]]


def prices(changed: int) -> Iterator[Prices]:
    """So many assets a frame, each with another price than before; the first is always in sight."""
    random_ = random.Random(changed)
    while True:
        chosen = [0, *random_.sample(range(1, ASSETS), changed - 1)]
        yield [(number, round(random_.uniform(80, 3000), 1)) for number in chosen]


class BareModel(QAbstractTableModel):
    """Texts of cells and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.texts = [
            [name, f"{amount:,.8f}", "", "", f"{average:,.0f}", "", "", "", ""]
            for name, amount, average in zip(NAMES, AMOUNTS, AVERAGES, strict=True)
        ]

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: ARG002
        return ASSETS

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: ARG002
        return COLUMNS

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.DisplayRole:
            return self.texts[index.row()][index.column()]
        return None

    def take(self, changes: Prices) -> None:
        for row, price in changes:
            value, cost = AMOUNTS[row] * price, AMOUNTS[row] * AVERAGES[row]
            self.texts[row][5:] = [
                f"{price:,.0f}",
                f"{value:,.0f}",
                f"{value - cost:+,.0f}",
                f"{(value / cost - 1) * 100:+.2f}%",
            ]
            self.dataChanged.emit(self.index(row, 5), self.index(row, COLUMNS - 1))


class BareTable(QTableView):
    """The least that shows them."""

    def __init__(self) -> None:
        super().__init__()
        self.texts = BareModel()
        self.setModel(self.texts)
        self.take: Callable[[Prices], None] = self.texts.take


class Monitor(BalanceMonitor):
    """The product with the same prices as events."""

    def __init__(self) -> None:
        super().__init__()
        self.setTheme("light")
        self.setLanguage("ko")
        self.setBalances(
            [
                Balance(
                    currency=name,
                    balance=Decimal(repr(amount)),
                    avg_buy_price=Decimal(repr(average)),
                )
                for name, amount, average in zip(NAMES, AMOUNTS, AVERAGES, strict=True)
            ]
        )

    def take(self, changes: Prices) -> None:
        for number, price in changes:
            self.applyTicker(
                TickerEvent(
                    type="ticker", code=f"KRW-{NAMES[number]}", timestamp=1, trade_price=price
                )
            )


class Paints(QObject):
    """Counts what is painted in a widget and everything inside it."""

    def __init__(self, watched: QWidget) -> None:
        super().__init__()
        self.count = 0
        for widget in (watched, *watched.findChildren(QWidget)):
            widget.installEventFilter(self)

    def eventFilter(self, a0: QObject | None, a1: QEvent | None) -> bool:  # noqa: ARG002
        self.count += isinstance(a1, QPaintEvent)
        return False


def wait_for_paint(paints: Paints, before: int) -> None:
    """Serve Qt until more than ``before`` paintings have happened, and it has nothing left."""
    while paints.count == before:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    QApplication.processEvents()


def frame_ms(show: Callable[[Prices], None], paints: Paints, source: Iterator[Prices]) -> float:
    """The median processor time of a frame, ms."""
    times: list[float] = []
    for _ in range(FRAMES):
        changes, before = next(source), paints.count
        time.sleep(FRAME_S)
        began = time.thread_time()
        show(changes)
        wait_for_paint(paints, before)
        times.append((time.thread_time() - began) * 1000)
    return statistics.median(times)


def main() -> None:
    application = QApplication([])
    font = QFont(application.font())
    font.setPixelSize(13)
    application.setFont(font)
    subjects: dict[str, tuple[BareTable | Monitor, Iterator[Prices]]] = {
        "bare QTableView, every asset": (BareTable(), prices(ASSETS)),
        "BalanceMonitor, every asset": (Monitor(), prices(ASSETS)),
        "bare QTableView, 10 assets": (BareTable(), prices(10)),
        "BalanceMonitor, 10 assets": (Monitor(), prices(10)),
    }
    watched: dict[str, Paints] = {}
    results: dict[str, list[float]] = {name: [] for name in subjects}
    for name, (widget, _) in subjects.items():
        widget.resize(*SIZE)
        widget.take([(number, 100.0) for number in range(ASSETS)])
        watched[name] = Paints(widget)
    for _ in range(ROUNDS):
        for name, (widget, source) in subjects.items():
            before = watched[name].count
            widget.show()
            wait_for_paint(watched[name], before)
            results[name].append(frame_ms(widget.take, watched[name], source))
            widget.hide()
            QApplication.processEvents()
    bare = 0.0
    told: dict[str, dict[str, float]] = {}
    print(f"{'one frame':32} {'ms':>8} {'of bare':>8} {'of 1/60 s':>10}")
    for name, times in results.items():
        median = statistics.median(times)
        bare = median if name.startswith("bare") else bare
        print(f"{name:32} {median:8.3f} {median / bare:8.2f} {median / FRAME_S / 10:9.1f}%")
        told[name] = {
            "ms": round(median, 3),
            "of_bare": round(median / bare, 3),
            "of_frame": round(median / FRAME_S / 1000, 3),
        }
    print(json.dumps({"benchmark": "balances", "frames": told}))


if __name__ == "__main__":
    main()
