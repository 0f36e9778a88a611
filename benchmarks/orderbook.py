"""What one frame of the order book costs beside a bare painted ladder and the textbook's table.

All show the same thirty rows a side at one size in one process and take turns; a frame is the
processor time of the GUI thread from the event in hand to painted pixels. Frames come as far apart
as on a screen, because a processor that has rested does the same work more slowly.
The bare ladder formats and draws every row's tint, bar, price, change and size, and nothing else:
no corners, totals, marks, hover, or knowledge of what changed. Run: python -m benchmarks.orderbook
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import msgspec
from PyQt6.QtCore import QEvent, QEventLoop, QObject, QRect, Qt
from PyQt6.QtGui import QFont, QPainter, QPaintEvent
from PyQt6.QtWidgets import QApplication, QProgressBar, QTableWidget, QTableWidgetItem, QWidget

from upbit_ws_qt.events import OrderbookEvent, OrderbookUnit, TickerEvent, TradeEvent
from upbit_ws_qt_widgets import OrderbookWidget
from upbit_ws_qt_widgets.theme import Theme, number_font

ROUNDS = 15
FRAMES = 20
FRAME_S = 0.02
DEPTH = 30
SIZE = (490, 1300)
BEST_BID, TICK, PREVIOUS_CLOSE = 116_539_000.0, 1000.0, 115_300_000.0


def random_size(random_: random.Random) -> float:
    return round(random_.expovariate(2), 8)


def first_book() -> OrderbookEvent:
    random_ = random.Random(1)
    units = tuple(
        OrderbookUnit(
            ask_price=BEST_BID + TICK * (row + 1),
            bid_price=BEST_BID - TICK * row,
            ask_size=random_size(random_),
            bid_size=random_size(random_),
        )
        for row in range(DEPTH)
    )
    return OrderbookEvent(
        type="orderbook",
        code="KRW-BTC",
        timestamp=0,
        total_ask_size=30.0,
        total_bid_size=30.0,
        orderbook_units=units,
    )


def books(changed_rows: int) -> Iterator[OrderbookEvent]:
    """Books in each of which so many rows have another size than before."""
    random_ = random.Random(2)
    book = first_book()
    while True:
        units = list(book.orderbook_units)
        for row in random_.sample(range(2 * DEPTH), changed_rows):
            side = "ask_size" if row < DEPTH else "bid_size"
            place = row % DEPTH
            units[place] = msgspec.structs.replace(units[place], **{side: random_size(random_)})
        book = msgspec.structs.replace(book, orderbook_units=tuple(units))
        yield book


class BareLadder(QWidget):
    """The least that shows a book: one loop that formats and draws every row."""

    def __init__(self) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.units: tuple[OrderbookUnit, ...] = ()
        self.bold = number_font(self.font())
        self.bold.setBold(True)
        self.plain = number_font(self.font())

    def setOrderbook(self, event: OrderbookEvent) -> None:
        self.units = event.orderbook_units
        self.update()

    def paintEvent(self, a0: QPaintEvent | None) -> None:  # noqa: ARG002
        painter, theme = QPainter(self), Theme.named("light")
        painter.fillRect(self.rect(), theme.background)
        rows = [(True, unit.ask_price, unit.ask_size) for unit in reversed(self.units)]
        rows += [(False, unit.bid_price, unit.bid_size) for unit in self.units]
        largest = max(size for _, _, size in rows)
        height = self.height() / len(rows)
        for place, (ask, price, size) in enumerate(rows):
            top, bottom = round(place * height), round((place + 1) * height)
            bar = round(120 * size / largest)
            left = 0 if ask else 162
            tint, fill = (theme.ask_row, theme.ask_bar) if ask else (theme.bid_row, theme.bid_bar)
            painter.fillRect(left, top, 328, bottom - top - 1, tint)
            painter.fillRect(162 - bar if ask else 328, top, bar, bottom - top - 1, fill)
            painter.setPen(theme.direction(price - PREVIOUS_CLOSE))
            painter.setFont(self.bold)
            painter.drawText(QRect(162, top, 100, bottom - top), 0x82, f"{price:,.0f}")
            painter.setFont(self.plain)
            change = f"{(price / PREVIOUS_CLOSE - 1) * 100:+.2f}%"
            painter.drawText(QRect(262, top, 62, bottom - top), 0x82, change)
            painter.setPen(theme.text)
            where = QRect(0 if ask else 334, top, 156, bottom - top)
            painter.drawText(where, 0x82 if ask else 0x81, f"{size:,.3f}")
        painter.end()


class TextbookTable(QTableWidget):
    """A QTableWidget with a QProgressBar in every row, as the textbooks have it."""

    def __init__(self) -> None:
        super().__init__(2 * DEPTH, 3)
        for row in range(2 * DEPTH):
            for column in range(2):
                self.setItem(row, column, QTableWidgetItem())
            bar = QProgressBar()
            bar.setRange(0, 10_000)
            self.setCellWidget(row, 2, bar)
            self.setRowHeight(row, SIZE[1] // (2 * DEPTH) - 1)

    def setOrderbook(self, event: OrderbookEvent) -> None:
        units = event.orderbook_units
        rows = [(unit.ask_price, unit.ask_size) for unit in reversed(units)]
        rows += [(unit.bid_price, unit.bid_size) for unit in units]
        largest = max(size for _, size in rows)
        for row, (price, size) in enumerate(rows):
            self.item(row, 0).setText(f"{price:,.0f}")
            self.item(row, 1).setText(f"{size:,.3f}")
            self.cellWidget(row, 2).setValue(round(10_000 * size / largest))


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


def product() -> OrderbookWidget:
    widget = OrderbookWidget()
    widget.setTheme("light")
    widget.setLanguage("ko")
    widget.setOrderbook(first_book())
    widget.applyTicker(
        TickerEvent(
            type="ticker",
            code="KRW-BTC",
            timestamp=1,
            trade_price=BEST_BID,
            prev_closing_price=PREVIOUS_CLOSE,
            high_price=117e6,
            low_price=114e6,
            acc_trade_volume_24h=3245.1,
            acc_trade_price_24h=4e11,
            acc_ask_volume=1.0,
            acc_bid_volume=1.0,
        )
    )
    for number in range(30):
        widget.applyTrade(
            TradeEvent(
                type="trade",
                code="KRW-BTC",
                timestamp=number,
                trade_price=BEST_BID,
                trade_volume=0.1,
                ask_bid="BID",
                sequential_id=number,
            )
        )
    return widget


def wait_for_paint(paints: Paints, before: int) -> None:
    """Serve Qt until more than ``before`` paintings have happened, and it has nothing left."""
    while paints.count == before:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    QApplication.processEvents()


def frame_ms(
    show: Callable[[OrderbookEvent], None], paints: Paints, source: Iterator[OrderbookEvent]
) -> float:
    """The median processor time of a frame, ms."""
    times: list[float] = []
    for _ in range(FRAMES):
        event, before = next(source), paints.count
        time.sleep(FRAME_S)
        began = time.thread_time()
        show(event)
        wait_for_paint(paints, before)
        times.append((time.thread_time() - began) * 1000)
    return statistics.median(times)


def main() -> None:
    application = QApplication([])
    font = QFont(application.font())
    font.setPixelSize(13)
    application.setFont(font)
    subjects: dict[str, tuple[QWidget, Iterator[OrderbookEvent]]] = {
        "bare painted ladder, every row": (BareLadder(), books(60)),
        "OrderbookWidget, every row changed": (product(), books(60)),
        "OrderbookWidget, 10 rows changed": (product(), books(10)),
        "OrderbookWidget, 4 rows changed": (product(), books(4)),
        "QTableWidget with QProgressBar cells": (TextbookTable(), books(60)),
    }
    results: dict[str, list[float]] = {name: [] for name in subjects}
    watched: dict[str, Paints] = {}
    for name, (widget, source) in subjects.items():
        widget.setObjectName(name)
        widget.resize(*SIZE)
        widget.setOrderbook(next(source))  # type: ignore[attr-defined]
        watched[name] = Paints(widget)
    for _ in range(ROUNDS):
        for name, (widget, source) in subjects.items():
            before = watched[name].count
            widget.show()
            wait_for_paint(watched[name], before)
            results[name].append(
                frame_ms(widget.setOrderbook, watched[name], source)  # type: ignore[attr-defined]
            )
            widget.hide()
            QApplication.processEvents()
    bare = statistics.median(results["bare painted ladder, every row"])
    print(f"{'one frame':40} {'ms':>8} {'of bare':>8}")
    for name, times in results.items():
        median = statistics.median(times)
        print(f"{name:40} {median:8.3f} {median / bare:8.2f}")


if __name__ == "__main__":
    main()
