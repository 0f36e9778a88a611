"""What one frame of the order book costs beside a bare painted ladder and the textbook's table.

All show the same thirty rows a side at one size in one process and take turns; a frame is the
processor time of the GUI thread from the event in hand to painted pixels. Frames come as far apart
as on a screen, because a processor that has rested does the same work more slowly.
The bare ladder formats and draws the tint, bar, price, change and size of every row that fits:
no corners, totals, marks, hover, or knowledge of what changed. The product draws all marks it has
as it is made: own orders, a cursor, a row that is pointed at, lit changes, and the strip of figures
with a trial size; and once more with what can be chosen besides: what was traded at each price, and
what is ahead of own orders.
Ten books share a window as large as a screen of 1920 x 1080; each has another book in every frame,
and what all ten take is told as a share of a frame, of which there are sixty a second.
Run: python -m benchmarks.orderbook
"""

from __future__ import annotations

import json
import os
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from decimal import Decimal

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import msgspec
from PyQt6.QtCore import QEvent, QEventLoop, QObject, QPoint, QRect, Qt
from PyQt6.QtGui import QFont, QPainter, QPaintEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import (
    QApplication,
    QGridLayout,
    QProgressBar,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from upbit_ws_qt.events import (
    OrderbookEvent,
    OrderbookUnit,
    OrderEvent,
    OrderState,
    TickerEvent,
    TradeEvent,
)
from upbit_ws_qt_widgets import OrderbookWidget
from upbit_ws_qt_widgets.theme import Theme, number_font

ROUNDS = 15
FRAMES = 20
FRAME_S = 0.02
DEPTH = 30
SIZE = (490, 1300)
SCREEN, ACROSS, BOOKS_OPEN = (1920, 1080), 5, 10
SCREEN_FRAME_MS = 1000 / 60
ROW_PX = 21
AN_HOUR_MS = 3_600_000
BARE = "bare painted ladder"
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
    """Books in each of which so many rows, the best among them, have another size than before."""
    random_ = random.Random(2)
    book = first_book()
    while True:
        units = list(book.orderbook_units)
        others = [row for row in range(2 * DEPTH) if row % DEPTH]
        for row in (0, DEPTH, *random_.sample(others, changed_rows - 2)):
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
        hidden = max(DEPTH - self.height() // ROW_PX // 2, 0)
        rows = rows[hidden : len(rows) - hidden]
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


def product(*, with_choices: bool = False) -> OrderbookWidget:
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
    for number in range(2 * DEPTH):
        widget.applyTrade(
            TradeEvent(
                type="trade",
                code="KRW-BTC",
                timestamp=number,
                trade_timestamp=AN_HOUR_MS,  # it counts for as long as this runs
                trade_price=BEST_BID + (number - DEPTH) * TICK,
                trade_volume=0.1 + number / 100,
                ask_bid="BID",
                sequential_id=number,
            )
        )
    widget.setTradesPerLevelShown(with_choices)
    widget.setQueueShown(with_choices)
    widget.setTrialSize(100_000_000)
    widget.setOrders([own_order(number) for number in range(6)])
    QTest.keyClick(widget, Qt.Key.Key_Down)
    QTest.mouseMove(widget, QPoint(SIZE[0] // 2, SIZE[1] // 3))
    return widget


def own_order(number: int) -> OrderEvent:
    side, away = ("ASK", number + 1) if number % 2 else ("BID", -number)
    return OrderEvent(
        type="myOrder",
        code="KRW-BTC",
        timestamp=number,
        uuid=f"{number}",
        ask_bid=side,
        order_type="limit",
        state=OrderState.WAIT,
        price=Decimal(round(BEST_BID + away * TICK)),
        remaining_volume=Decimal("0.25"),
    )


# State: its widgets with their books and what was counted in them, and its times.
class Subject:
    """One or more widgets that are shown together, each with its own books."""

    def __init__(self, widgets: Sequence[QWidget], changed_rows: int) -> None:
        self.widgets = widgets
        self.books = [books(changed_rows) for _ in widgets]
        self.window = widgets[0] if len(widgets) == 1 else screen_of(widgets)
        self.window.resize(*(SIZE if len(widgets) == 1 else SCREEN))
        self.give_books(self.next_books())
        self.paints = [Paints(widget) for widget in widgets]
        self.times: list[float] = []

    def next_books(self) -> list[OrderbookEvent]:
        return [next(source) for source in self.books]

    def give_books(self, events: Sequence[OrderbookEvent]) -> None:
        for widget, event in zip(self.widgets, events, strict=True):
            widget.setOrderbook(event)  # type: ignore[attr-defined]

    def wait_for_paint(self, before: Sequence[int]) -> None:
        """Serve Qt until each has been painted, and it has nothing left."""
        while any(paints.count == count for paints, count in zip(self.paints, before, strict=True)):
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        QApplication.processEvents()

    def measure(self) -> None:
        """Show it, keep the median processor time of a frame in ms, hide it."""
        shown = [paints.count for paints in self.paints]
        self.window.show()
        self.wait_for_paint(shown)
        times: list[float] = []
        for _ in range(FRAMES):
            before, events = [paints.count for paints in self.paints], self.next_books()
            time.sleep(FRAME_S)
            began = time.thread_time()
            self.give_books(events)
            self.wait_for_paint(before)
            times.append((time.thread_time() - began) * 1000)
        self.times.append(statistics.median(times))
        self.window.hide()
        QApplication.processEvents()

    def ms(self) -> float:
        return statistics.median(self.times)


def screen_of(widgets: Sequence[QWidget]) -> QWidget:
    window = QWidget()
    grid = QGridLayout(window)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setSpacing(1)
    grid.setSizeConstraint(QGridLayout.SizeConstraint.SetNoConstraint)
    for place, widget in enumerate(widgets):
        grid.addWidget(widget, place // ACROSS, place % ACROSS)
    return window


def main() -> None:
    application = QApplication([])
    font = QFont(application.font())
    font.setPixelSize(13)
    application.setFont(font)
    one = {
        BARE: Subject([BareLadder()], 60),
        "OrderbookWidget, every row changed": Subject([product()], 60),
        "... with traded and ahead as well": Subject([product(with_choices=True)], 60),
        "OrderbookWidget, 10 rows changed": Subject([product()], 10),
        "OrderbookWidget, 4 rows changed": Subject([product()], 4),
        "QTableWidget with QProgressBar cells": Subject([TextbookTable()], 60),
    }
    ten = {
        f"ten of them: {BARE}": Subject([BareLadder() for _ in range(BOOKS_OPEN)], 60),
        "ten of them: OrderbookWidget, every row": Subject(
            [product() for _ in range(BOOKS_OPEN)], 60
        ),
        "ten of them: OrderbookWidget, 4 rows": Subject([product() for _ in range(BOOKS_OPEN)], 4),
    }
    for _ in range(ROUNDS):
        for subject in (one | ten).values():
            subject.measure()
    print(f"{'one frame':42}{'ms':>8}{'of bare':>9}{'of 1/60 s':>11}")
    told: dict[str, dict[str, float]] = {}
    for group in (one, ten):
        bare = next(iter(group.values())).ms()
        for name, subject in group.items():
            ms = subject.ms()
            print(f"{name:42}{ms:8.3f}{ms / bare:9.2f}{ms / SCREEN_FRAME_MS:11.1%}")
            told[name] = {
                "ms": round(ms, 3),
                "of_bare": round(ms / bare, 3),
                "of_frame": round(ms / SCREEN_FRAME_MS, 3),
            }
    print(json.dumps({"benchmark": "orderbook", "frames": told}))


if __name__ == "__main__":
    main()
