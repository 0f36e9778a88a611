"""Order books, tickers and trades for tests, and how to look at the widget. Tests only."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from PyQt6.QtCore import QEvent, QObject, QPoint
from PyQt6.QtGui import QColor, QImage, QPaintEvent, QRegion
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from upbit_ws_qt.events import (
    OrderbookEvent,
    OrderbookUnit,
    OrderEvent,
    OrderState,
    TickerEvent,
    TradeEvent,
)
from upbit_ws_qt_widgets.models.ladder_state import Ladder
from upbit_ws_qt_widgets.orderbook import OrderbookWidget

BEST_BID = 116_539_000.0
BEST_ASK = 116_540_000.0
PREVIOUS = 115_300_000.0
TICK = 1000.0


def book(
    code: str = "KRW-BTC",
    depth: int = 30,
    bid: float = BEST_BID,
    size: float = 1.0,
    **fields: Any,
) -> OrderbookEvent:
    units = tuple(
        OrderbookUnit(
            ask_price=bid + TICK * (1 + row),
            bid_price=bid - TICK * row,
            ask_size=size,
            bid_size=size,
        )
        for row in range(depth)
    )
    values = {
        "type": "orderbook",
        "code": code,
        "timestamp": 1_790_000_000_000,
        "total_ask_size": size * depth,
        "total_bid_size": 2 * size * depth,
        "orderbook_units": units,
        **fields,
    }
    return OrderbookEvent(**values)


def resized(event: OrderbookEvent, row: int, **sizes: float) -> OrderbookEvent:
    units = list(event.orderbook_units)
    units[row] = msgspec.structs.replace(units[row], **sizes)
    return msgspec.structs.replace(event, orderbook_units=tuple(units))


def ticker(code: str = "KRW-BTC", price: float = BEST_ASK, ms: int = 10) -> TickerEvent:
    return TickerEvent(
        type="ticker",
        code=code,
        timestamp=ms,
        trade_timestamp=ms,
        trade_price=price,
        prev_closing_price=PREVIOUS,
        high_price=117_000_000.0,
        acc_bid_volume=207.0,
        acc_ask_volume=200.0,
    )


def trade(
    number: int, price: float = BEST_ASK, code: str = "KRW-BTC", side: str = "BID"
) -> TradeEvent:
    return TradeEvent(
        type="trade",
        code=code,
        timestamp=number,
        trade_timestamp=number,
        trade_price=price,
        trade_volume=0.125,
        ask_bid=side,
        sequential_id=number,
        prev_closing_price=PREVIOUS,
    )


def order(uuid: str, price: float, rest: str, side: str = "BID", **fields: Any) -> OrderEvent:
    values = {
        "type": "myOrder",
        "code": "KRW-BTC",
        "timestamp": 1,
        "uuid": uuid,
        "ask_bid": side,
        "order_type": "limit",
        "state": OrderState.WAIT,
        "price": Decimal(str(price)),
        "remaining_volume": Decimal(rest),
        **fields,
    }
    return OrderEvent(**values)


def settle(widget: OrderbookWidget, qtbot: QtBot) -> None:
    """Wait until what is painted is what is known."""
    qtbot.waitUntil(lambda: not widget._behind)
    QApplication.processEvents()


def on_screen(widget: OrderbookWidget, qtbot: QtBot) -> OrderbookWidget:
    """Show a widget with a book of thirty rows a side, light and in English."""
    qtbot.addWidget(widget)
    widget.setTheme("light")
    widget.setLanguage("en")
    widget.resize(490, 760)
    widget.setOrderbook(book())
    widget.applyTicker(ticker())
    with qtbot.waitExposed(widget):
        widget.show()
    settle(widget, qtbot)
    return widget


def painted(widget: OrderbookWidget) -> Ladder:
    assert widget._ladder is not None
    return widget._ladder


def strip(widget: OrderbookWidget, line: int) -> str:
    return " ".join(f"{piece.label} {piece.value}".strip() for piece in painted(widget).strip[line])


def place_of(widget: OrderbookWidget, price: float) -> int:
    return [row.price for row in painted(widget).rows].index(price)


def cell(widget: OrderbookWidget, price: float, part: str = "price") -> QPoint:
    """A point inside the price or the size of a row, clear of text and lines."""
    layout = painted(widget).layout
    place = place_of(widget, price)
    ask = painted(widget).rows[place].ask
    columns = layout.columns
    span = columns.price if part == "price" else columns.ask_size if ask else columns.bid_size
    y = (layout.edges[place] + layout.edges[place + 1]) // 2
    return QPoint((span[0] + span[1]) // 2, y)


def image(widget: OrderbookWidget) -> QImage:
    return widget.grab().toImage()


def same(colour: QColor, other: QColor) -> bool:
    return colour.rgb() == other.rgb()


class Paints(QObject):
    """Remembers what a widget was asked to paint."""

    def __init__(self, watched: QWidget) -> None:
        super().__init__()
        self.region = QRegion()
        self.count = 0
        watched.installEventFilter(self)

    def eventFilter(self, a0: QObject | None, a1: QEvent | None) -> bool:  # noqa: ARG002
        if isinstance(a1, QPaintEvent):
            self.region = self.region.united(a1.region())
            self.count += 1
        return False
