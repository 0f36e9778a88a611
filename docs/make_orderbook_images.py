"""Draws the pictures of the order book for ``docs/images``, from a book that is always the same.

Run it with ``make docs``, which sees to it that no screen is needed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from msgspec import structs
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QFont, QImage, QPainter
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from upbit_ws_qt.events import (
    OrderbookEvent,
    OrderbookUnit,
    OrderEvent,
    OrderState,
    TickerEvent,
    TradeEvent,
)
from upbit_ws_qt_widgets import OrderbookWidget

FOLDER = Path(__file__).resolve().parent / "images"
MARKET, BID, TICK, PREVIOUS = "KRW-BTC", 116_539_000.0, 1000.0, 115_300_000.0
SIZE = (490, 760)
START_MS = 1_790_000_000_000


def books() -> Iterator[OrderbookEvent]:
    """A book every quarter of a second for two minutes, whose middle wanders."""
    random_ = random.Random(7)  # noqa: S311 - the same pictures every time
    sizes: dict[float, float] = {}
    steps = 0
    for number in range(480):
        steps += random_.choice((-1, 0, 0, 0, 0, 1))
        bid = BID + steps * TICK
        prices = [bid - row * TICK for row in range(-30, 30)]
        for price in prices:
            if price not in sizes or random_.random() < 0.06:
                sizes[price] = round(random_.expovariate(2) + 0.002, 8)
        units = tuple(
            OrderbookUnit(
                ask_price=bid + TICK * (row + 1),
                bid_price=bid - TICK * row,
                ask_size=sizes[bid + TICK * (row + 1)],
                bid_size=sizes[bid - TICK * row],
            )
            for row in range(30)
        )
        yield OrderbookEvent(
            type="orderbook",
            code=MARKET,
            timestamp=START_MS + number * 250,
            total_ask_size=sum(unit.ask_size for unit in units),
            total_bid_size=sum(unit.bid_size for unit in units),
            orderbook_units=units,
        )


def filled(theme: str, language: str) -> OrderbookWidget:
    """A book with all there is to see."""
    widget = OrderbookWidget()
    widget.setTheme(theme)
    widget.setLanguage(language)
    widget.setFading(False)
    widget.resize(*SIZE)
    for book in books():
        widget.setOrderbook(book)
    best = book.orderbook_units[0].bid_price
    widget.applyTicker(
        TickerEvent(
            type="ticker",
            code=MARKET,
            timestamp=START_MS,
            trade_price=best,
            prev_closing_price=PREVIOUS,
            high_price=117_120_000.0,
            low_price=114_950_000.0,
            acc_trade_volume_24h=3245.1,
            acc_trade_price_24h=3.78e11,
            highest_52_week_price=163_325_000.0,
            highest_52_week_date="2026-03-09",
            lowest_52_week_price=96_100_000.0,
            lowest_52_week_date="2026-08-05",
            acc_ask_volume=1480.2,
            acc_bid_volume=1764.9,
        )
    )
    random_ = random.Random(3)  # noqa: S311 - the same pictures every time
    for number in range(30):
        widget.applyTrade(
            TradeEvent(
                type="trade",
                code=MARKET,
                timestamp=START_MS + number,
                trade_price=best + random_.choice((0, TICK)),
                trade_volume=round(random_.expovariate(9), 4),
                ask_bid=random_.choice(("BID", "ASK")),
                sequential_id=number,
                prev_closing_price=PREVIOUS,
            )
        )
    widget.setOrders([own("a", best - 4 * TICK, "BID"), own("b", best + 6 * TICK, "ASK")])
    widget.setTrialSize(100_000_000)
    return widget


def show_levels(widget: OrderbookWidget) -> None:
    """Have rows tell what was traded at their prices, and what is ahead of the own bid."""
    book = widget.orderbook()
    if book is None:
        raise RuntimeError("the order book has to be filled first")
    widget.setChangeBase("middle")
    widget.setTradesPerLevelShown(True)
    widget.setQueueShown(True)
    best = book.orderbook_units[0].bid_price
    random_ = random.Random(5)  # noqa: S311 - the same pictures every time
    for number in range(1000, 1250):
        widget.applyTrade(
            TradeEvent(
                type="trade",
                code=MARKET,
                timestamp=book.timestamp - 30_000,
                trade_price=best + round(random_.gauss(0.5, 5)) * TICK,
                trade_volume=round(random_.expovariate(6), 4),
                ask_bid=random_.choice(("BID", "ASK")),
                sequential_id=number,
                prev_closing_price=PREVIOUS,
            )
        )
    for later_ms in (1000, 4000):
        widget.setOrderbook(structs.replace(book, timestamp=book.timestamp + later_ms))
    widget.grab()  # the cursor goes from row to row of what was drawn
    for _ in range(5):
        QTest.keyClick(widget, Qt.Key.Key_Down)


def own(uuid: str, price: float, side: str) -> OrderEvent:
    """A resting order of the account."""
    return OrderEvent(
        type="myOrder",
        code=MARKET,
        timestamp=START_MS,
        uuid=uuid,
        ask_bid=side,
        order_type="limit",
        state=OrderState.WAIT,
        price=Decimal(round(price)),
        remaining_volume=Decimal("0.25"),
    )


def side_by_side(*widgets: OrderbookWidget) -> QImage:
    """Pictures of all, from left to right."""
    gap = 12
    picture = QImage(len(widgets) * (SIZE[0] + gap) - gap, SIZE[1], QImage.Format.Format_ARGB32)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    for place, widget in enumerate(widgets):
        painter.drawPixmap(QPointF(place * (SIZE[0] + gap), 0), widget.grab())
    painter.end()
    return picture


def main() -> None:
    """Draw all pictures."""
    application = QApplication([])
    font = QFont(application.font())
    font.setPixelSize(13)
    application.setFont(font)
    FOLDER.mkdir(exist_ok=True)
    grouped, static, depth, heat = (
        filled(*look) for look in (("light", "ko"), ("dark", "en"), ("light", "en"), ("dark", "ko"))
    )
    traded = filled("light", "ko"), filled("dark", "en")
    for widget in traded:
        show_levels(widget)
    grouped.setBars("cumulative")
    grouped.setAmounts("total")
    static.setStatic(True)
    static.setGrouping(2 * TICK)
    depth.setView("depth")
    depth.show()
    QTest.mouseMove(depth, depth.rect().center() + depth.rect().center() / 3)
    heat.setView("heatmap")
    for name, widgets in (
        ("orderbook", (filled("light", "ko"), filled("dark", "en"))),
        ("orderbook-amounts", (grouped, static)),
        ("orderbook-views", (depth, heat)),
        ("orderbook-levels", traded),
    ):
        path = FOLDER / f"{name}.png"
        side_by_side(*widgets).save(str(path))
        print(path)


if __name__ == "__main__":
    main()
