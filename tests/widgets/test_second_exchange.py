"""The widgets on an exchange of another kind of protocol, over a real socket. Qt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PyQt6 import sip

from tests.delta_exchange import DeltaExchange
from tests.feed import Feed
from upbit_ws_qt import GlobalWebSocketManager
from upbit_ws_qt_widgets import ChartWidget, OrderbookWidget

MARKET = "USDT-BTC"
NOON_MS = 1_790_164_800_000


@pytest.fixture
def delta(feed: Feed) -> Iterator[DeltaExchange]:
    exchange = DeltaExchange()
    feed(exchange.start())
    yield exchange
    feed(exchange.stop())


@pytest.fixture
def there(feed: Feed, delta: DeltaExchange) -> Iterator[GlobalWebSocketManager]:
    manager = GlobalWebSocketManager(delta.settings())
    yield manager
    feed(manager.stop())
    manager.deleteLater()


def test_a_chart_draws_its_candles(
    feed: Feed, delta: DeltaExchange, there: GlobalWebSocketManager
) -> None:
    """From now on: what was before is history, and history comes over REST."""
    errors: list[str] = []
    chart = ChartWidget()
    chart.errorOccurred.connect(errors.append)
    chart.bind(there)
    chart.setMarket(MARKET)
    chart.setTimeframe("1m")
    chart.show()
    feed.until(lambda: "btcusdt@kline_1m" in delta.carried)
    for minute, price in enumerate((100.0, 103.0)):
        feed(delta.trade("BTCUSDT", price, NOON_MS + minute * 60_000))
    state: Any = chart._chart
    feed.until(lambda: len(state.bars) == 2)
    bars = [state.bars.bar(number) for number in range(state.bars.first, state.bars.end)]
    assert [bar[0] for bar in bars] == [NOON_MS, NOON_MS + 60_000]
    assert bars[1][1:5] == pytest.approx((103.0, 103.0, 103.0, 103.0))
    assert set(errors) == {"of Binance only streams are served, no calls over REST"}
    sip.delete(chart)


def test_a_book_shows_its_rows(
    feed: Feed, delta: DeltaExchange, there: GlobalWebSocketManager
) -> None:
    book = OrderbookWidget()
    book.bind(there)
    book.setMarket(MARKET)
    book.show()
    feed.until(lambda: "btcusdt@depth20@100ms" in delta.carried)
    feed(delta.trade("BTCUSDT", 100.0, NOON_MS))
    feed.until(book.orderbook)
    shown = book.orderbook()
    assert shown is not None
    assert [unit.bid_price for unit in shown.orderbook_units][:3] == [99.0, 98.0, 97.0]
    assert len(shown.orderbook_units) == 20
    sip.delete(book)
