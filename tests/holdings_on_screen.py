"""Balances, their prices, and how to read what a widget shows of them. Tests only."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from upbit_ws_qt.events import Balance, TickerEvent
from upbit_ws_qt_widgets.balances import BalanceMonitor
from upbit_ws_qt_widgets.models.holding_rows import Column

D = Decimal
BALANCES = [
    Balance(currency="KRW", balance=D("1000000.5"), locked=D(500000)),
    Balance(currency="BTC", balance=D("0.5"), locked=D("0.1"), avg_buy_price=D(90_000_000)),
    Balance(currency="ETH", balance=D("3.5"), avg_buy_price=D(4_650_000)),
    Balance(currency="XRP", balance=D(10), avg_buy_price=D(800)),
    Balance(currency="OLD", balance=D(1000), avg_buy_price=D(12)),
    Balance(currency="GIFT", balance=D(77)),
]
PRICES = {"KRW-BTC": 100_000_000.0, "KRW-ETH": 4_000_000.0, "KRW-XRP": 900.0, "KRW-GIFT": 2.0}


def ticker(market: str, price: float, **fields: Any) -> TickerEvent:
    return TickerEvent(type="ticker", code=market, timestamp=1, trade_price=price, **fields)


def settle(widget: BalanceMonitor, qtbot: QtBot) -> None:
    """Wait until what is shown is what is known."""
    qtbot.waitUntil(lambda: not (widget._frame.isActive() or widget._unseen.isActive()))
    QApplication.processEvents()


def order(widget: BalanceMonitor) -> list[str]:
    return [row.holding.currency for row in widget._model.rows()]


def text(widget: BalanceMonitor, currency: str, column: Column) -> str:
    place = order(widget).index(currency)
    return str(widget._model.index(place, column).data())


def notice(widget: BalanceMonitor) -> str:
    """What stands where the table would; empty while the table is shown."""
    page = widget._pages.currentWidget()
    return "" if page is widget._table else widget._notice.text()


def totals(widget: BalanceMonitor) -> dict[str, str]:
    return {cell.label: cell.text for cell in widget._bar._cells}
