"""How long the chart takes to load, tick and pan, from a thousand bars to a million.

A whole ChartWidget of 1280 × 720 with 300 bars in view (volume, three averages, crosshair, axes,
legend) is measured beside a bare pyqtgraph plot with one picture of all candles, which is how
pyqtgraph's own example draws them (no volume, averages or crosshair). Every figure ends with
painted pixels that differ from those before. Sizes take turns, so that a noisy machine slows down
all of them. Run: python -m benchmarks.chart
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyqtgraph
from PyQt6.QtCore import QPoint, QPointF, QRectF
from PyQt6.QtGui import QImage, QPainter, QPicture
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QWidget

from upbit_ws_qt.events import TradeEvent
from upbit_ws_qt_widgets import ChartWidget

SIZES = (1_000, 10_000, 100_000, 1_000_000)
PICTURE_SIZES = (1_000, 10_000, 100_000)
ROUNDS = 25
PICTURE_ROUNDS = 3
IN_VIEW = 300
START = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp()) * 1000
FIELDS = ("time", "open", "high", "low", "close", "volume", "value")


def candles(count: int) -> Any:
    """A seeded random walk of so many minutes around 100,000,000."""
    random = np.random.default_rng(7)
    made = np.zeros(count, [(name, "<i8" if name == "time" else "<f8") for name in FIELDS])
    made["time"] = START + np.arange(count, dtype=np.int64) * 60_000
    steps = random.normal(0, 40, count)
    close = np.rint(100_000 + 8_000 * np.sin(np.cumsum(steps) / 20_000)) * 1000
    made["close"], made["open"] = close, np.concatenate((close[:1], close[:-1]))
    made["high"] = np.maximum(made["open"], close) + random.integers(0, 60, count) * 1000
    made["low"] = np.minimum(made["open"], close) - random.integers(0, 60, count) * 1000
    made["volume"] = random.exponential(2.0, count)
    made["value"] = made["volume"] * close
    return made


def trade(number: int, time_ms: int, price: float) -> TradeEvent:
    return TradeEvent(
        type="trade",
        code="KRW-BTC",
        timestamp=time_ms,
        trade_timestamp=time_ms,
        trade_price=price,
        trade_volume=0.01,
        ask_bid="BID",
        sequential_id=number,
    )


class Ours:
    """The whole chart widget."""

    def __init__(self, data: Any) -> None:
        self.widget = ChartWidget()
        self.widget.resize(1280, 720)
        self.surface: QWidget = self.widget._surface
        self.data = data
        self.number = 0

    def load(self) -> None:
        self.widget.setMarket("KRW-BTC")
        self.widget.setCandles(self.data)
        self.widget._chart.set_spacing(1200 / IN_VIEW)
        self.widget.show()
        self.surface.repaint()

    def point(self) -> None:
        QTest.mouseMove(self.surface, QPoint(600, 300))

    def tick(self) -> None:
        self.number += 1
        price = float(self.data["close"][-1]) + 1000.0 * (self.number % 7 - 3)
        at = int(self.data["time"][-1]) + self.number
        self.widget.applyTrade(trade(self.number, at, price))
        self.surface.repaint()

    def pan(self) -> None:
        self.number += 1
        self.widget._chart.pan(23.0 if self.number % 2 else 17.0)
        self.surface.repaint()

    def pan_all(self) -> None:
        # With all bars in view there is room for a small move, and then back.
        self.number += 1
        self.widget._chart.pan(23.0 if self.number % 2 else -23.0)
        self.surface.repaint()

    def show_all(self) -> None:
        self.widget._chart.set_spacing(1150 / len(self.data))
        self.surface.repaint()


class OnePicture(pyqtgraph.GraphicsObject):
    """All candles in one QPicture, drawn bar by bar."""

    def __init__(self, data: Any) -> None:
        super().__init__()
        self.data = data
        self.picture = QPicture()
        self.draw()

    def draw(self) -> None:
        self.picture = QPicture()
        painter = QPainter(self.picture)
        pens = pyqtgraph.mkPen("w"), pyqtgraph.mkBrush("r"), pyqtgraph.mkBrush("b")
        painter.setPen(pens[0])
        columns = (self.data[name].tolist() for name in ("open", "high", "low", "close"))
        for at, (open_, high, low, close) in enumerate(zip(*columns, strict=True)):
            if high > low:
                painter.drawLine(QPointF(at, low), QPointF(at, high))
            painter.setBrush(pens[1] if close >= open_ else pens[2])
            painter.drawRect(QRectF(at - 0.3, open_, 0.6, close - open_))
        painter.end()

    def paint(self, painter: QPainter | None, *_: Any) -> None:
        if painter is not None:
            painter.drawPicture(0, 0, self.picture)

    def boundingRect(self) -> QRectF:
        low, high = float(self.data["low"].min()), float(self.data["high"].max())
        return QRectF(-1, low, len(self.data) + 1, high - low)


class Bare:
    """A bare pyqtgraph plot with one picture of all candles."""

    def __init__(self, data: Any) -> None:
        self.widget = pyqtgraph.PlotWidget()
        self.widget.resize(1280, 720)
        self.data = data.copy()
        self.number = 0
        self.right = float(len(data))

    def load(self) -> None:
        self.item = OnePicture(self.data)
        self.widget.addItem(self.item, ignoreBounds=True)
        self.widget.show()
        self._look()

    def point(self) -> None:
        """It has no crosshair."""

    def tick(self) -> None:
        self.number += 1
        self.data["close"][-1] = self.data["low"][-1] + 1000.0 * (self.number % 7)
        self.item.draw()
        self.item.update()
        self.widget.viewport().repaint()

    def pan(self) -> None:
        self.number += 1
        self.right -= 6 if self.number % 2 else 4
        self._look()

    def _look(self) -> None:
        stop = int(self.right)
        part = self.data[max(0, stop - IN_VIEW) : stop]
        low, high = float(part["low"].min()), float(part["high"].max())
        # Not a bar at the very edge, where a tick would change no pixel.
        self.widget.setXRange(stop - IN_VIEW, stop + 10, padding=0)
        self.widget.setYRange(low, high, padding=0.05)
        self.widget.viewport().repaint()


def screen(widget: QWidget) -> QImage:
    found = widget.screen()
    assert found is not None
    return found.grabWindow(widget.winId()).toImage()


def timed(widget: QWidget, action: Callable[[], None]) -> float:
    """Milliseconds until ``action`` returns; what it painted must differ from what was there."""
    QApplication.processEvents()
    before = screen(widget)
    start = time.perf_counter()
    action()
    elapsed = (time.perf_counter() - start) * 1000
    if screen(widget) == before:
        raise SystemExit(f"{action.__qualname__} painted the very same pixels")
    return elapsed


def measure(kind: type[Ours] | type[Bare], sizes: tuple[int, ...], rounds: int) -> dict[str, Any]:
    """Medians by size and action, in ms."""
    times: dict[str, dict[str, list[float]]] = {f"{size}": {} for size in sizes}
    subjects: dict[str, Ours | Bare] = {}
    for size in sizes:
        data = candles(size)
        subject = subjects[f"{size}"] = kind(data)
        subject.widget.show()
        QApplication.processEvents()
        times[f"{size}"]["load"] = [timed(subject.widget, subject.load)]
        subject.point()
    for _ in range(rounds):
        for size, subject in subjects.items():
            times[size].setdefault("tick", []).append(timed(subject.widget, subject.tick))
    for _ in range(rounds):
        for size, subject in subjects.items():
            times[size].setdefault("pan", []).append(timed(subject.widget, subject.pan))
    for size, subject in subjects.items():
        if isinstance(subject, Ours):
            subject.show_all()
            subject.number = 0
            times[size]["pan_all"] = [timed(subject.widget, subject.pan_all) for _ in range(rounds)]
    for subject in subjects.values():
        subject.widget.close()
        subject.widget.deleteLater()
    return {
        size: {name: round(statistics.median(found), 2) for name, found in actions.items()}
        for size, actions in times.items()
    }


def main() -> None:
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    ours = measure(Ours, SIZES, ROUNDS)
    bare = measure(Bare, PICTURE_SIZES, PICTURE_ROUNDS)
    print(f"{IN_VIEW} bars in view of 1280 × 720, medians in ms to painted pixels")
    print(f"{'bars':>10}{'load':>10}{'tick':>8}{'pan':>8}{'pan, all in view':>18}", end="")
    print(f"{'one picture: load':>20}{'tick':>10}{'pan':>10}")
    for size, row in ours.items():
        print(f"{int(size):>10,}{row['load']:>10.1f}{row['tick']:>8.2f}{row['pan']:>8.2f}", end="")
        print(f"{row['pan_all']:>18.2f}", end="")
        other = bare.get(size)
        if other is None:
            print(f"{'-':>20}{'-':>10}{'-':>10}")
        else:
            print(f"{other['load']:>20.1f}{other['tick']:>10.2f}{other['pan']:>10.2f}")
    first, last = f"{SIZES[0]}", f"{SIZES[-1]}"
    ratios = {
        "tick_million_by_thousand": round(ours[last]["tick"] / ours[first]["tick"], 2),
        "pan_million_by_thousand": round(ours[last]["pan"] / ours[first]["pan"], 2),
        "picture_by_ours_tick_100k": round(bare["100000"]["tick"] / ours["100000"]["tick"], 1),
        "picture_by_ours_pan_100k": round(bare["100000"]["pan"] / ours["100000"]["pan"], 1),
    }
    for name, ratio in ratios.items():
        print(f"{name:32}{ratio:>8}")
    print(json.dumps({"benchmark": "chart", "ours": ours, "one_picture": bare, "ratios": ratios}))


if __name__ == "__main__":
    main()
