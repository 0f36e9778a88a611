"""Widgets that nobody can see rest, and are current within a frame of being shown. Widgets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt6 import sip
from PyQt6.QtWidgets import QTabWidget, QWidget

from tests.feed import Feed
from upbit_ws_qt import GlobalWebSocketManager
from upbit_ws_qt.events import Balance, BalanceEvent, CandleEvent, ConnectionType
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt.subscriptions import Stream
from upbit_ws_qt_widgets import BalanceMonitor, ChartWidget, OrderbookWidget
from upbit_ws_qt_widgets.live_widget import LiveWidget
from upbit_ws_qt_widgets.models.bars import Bar

MARKET = "KRW-BTC"


@pytest.fixture
def tabs(feed: Feed) -> Iterator[QTabWidget]:
    """Tabs on screen, with an empty first one in front."""
    widget = QTabWidget()
    widget.resize(900, 700)
    widget.addTab(QWidget(), "first")
    widget.show()
    yield widget
    sip.delete(widget)


def put_on_tab(tabs: QTabWidget, widget: LiveWidget) -> None:
    widget.setLanguage("en")
    tabs.setCurrentIndex(tabs.addTab(widget, "second"))


def settle(feed: Feed, manager: GlobalWebSocketManager) -> None:
    """Let all frames pass that are due."""
    pump = manager._pump
    feed.until(lambda: not pump.bridge._timer.isActive() and not pump.router.has_work())


def hide(feed: Feed, manager: GlobalWebSocketManager, tabs: QTabWidget) -> None:
    settle(feed, manager)
    tabs.setCurrentIndex(0)


def show(tabs: QTabWidget) -> None:
    tabs.setCurrentIndex(1)


def calls(widget: LiveWidget) -> int:
    """How many events the widget was called with so far."""
    proxy = widget.proxy()
    assert proxy is not None
    return sum(each.statistics().delivered for each in proxy._subscriptions)


def requests(manager: GlobalWebSocketManager) -> int:
    return manager.health_check().requests


def test_an_order_book_rests_and_is_current_when_it_is_shown(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, tabs: QTabWidget
) -> None:
    book = OrderbookWidget()
    put_on_tab(tabs, book)
    book.bind(manager)
    book.setMarket(MARKET)
    feed.until(lambda: book.orderbook() and book._memory.known.ticker and book._memory.known.trades)
    hide(feed, manager, tabs)
    before, called, asked = book.orderbook(), calls(book), requests(manager)
    router = manager._pump.router
    feed(exchange.advance(20_000))
    feed.until(lambda: router.last(Stream("orderbook", MARKET)) is not before)
    settle(feed, manager)
    assert book.orderbook() is before
    assert calls(book) == called
    show(tabs)
    feed.until(lambda: book.orderbook() is not before and not router.has_work())
    newest = {stream.type: router.last(stream) for stream in manager.wire_subscription()}
    assert book.orderbook() == newest["orderbook"]
    assert book._memory.known.ticker == newest["ticker"]
    assert book._memory.known.trades[0] == newest["trade"]
    assert requests(manager) == asked


def test_balances_are_kept_but_prices_rest(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, tabs: QTabWidget
) -> None:
    monitor = BalanceMonitor()
    put_on_tab(tabs, monitor)
    manager.set_credentials(exchange.credentials())
    monitor.bind(manager)
    feed.until(lambda: monitor.totals().assets > 0 and not monitor.totals().unpriced)
    hide(feed, manager, tabs)
    called = {code: each.statistics().delivered for code, each in monitor._tickers.items()}
    assert called
    events = manager._pump.router.events
    feed(exchange.advance(5_000))
    feed.until(lambda: manager._pump.router.events > events)
    settle(feed, manager)
    for code, each in monitor._tickers.items():
        assert each.statistics().delivered == called[code]
    assert monitor._balances is not None
    before = monitor._balances.statistics().delivered
    stamp = manager.stamp(connection_type=ConnectionType.PRIVATE)
    manager.distribute_data(
        BalanceEvent(balances=(Balance(currency="KRW", balance=7),), stamp=stamp)  # type: ignore[arg-type]
    )
    balances = monitor._balances
    feed.until(lambda: balances.statistics().delivered > before)
    show(tabs)
    feed.until(lambda: monitor.totals().cash == 7)


# -- charts ----------------------------------------------------------------------------------------


def open_chart(
    feed: Feed, manager: GlobalWebSocketManager, tabs: QTabWidget, unit: str
) -> ChartWidget:
    chart = ChartWidget()
    put_on_tab(tabs, chart)
    chart.bind(manager)
    chart.setMarket(MARKET)
    chart.setTimeframe(unit)
    feed.until(lambda: chart._feed._has_loaded)
    for subscription in chart._feed._subscriptions:
        feed(subscription)
    return chart


def pass_by(feed: Feed, exchange: SimulatedExchange, seconds: int) -> None:
    for _ in range(seconds // 20):
        feed(exchange.advance(20_000))
        feed.turns()


def bars(chart: ChartWidget) -> list[Bar]:
    held = chart._chart.bars
    return [held.bar(number) for number in range(held.first, held.end)]


def truth(feed: Feed, chart: ChartWidget, unit: str, count: int) -> list[CandleEvent]:
    """The exchange's own candles, asked for now."""
    proxy = chart.proxy()
    assert proxy is not None
    return list(feed(proxy.get_candle_snapshot(MARKET, unit, count)))


def agree(shown: list[Bar], expected: list[CandleEvent]) -> bool:
    rows = [
        (
            event.start_ms,
            event.open_price,
            event.high_price,
            event.low_price,
            event.close_price,
            event.volume,
            event.value,
        )
        for event in expected
    ]
    return [tuple(bar) for bar in shown] == [pytest.approx(row) for row in rows]


def count_candle_calls(manager: GlobalWebSocketManager, chart: ChartWidget) -> list[str]:
    """What the chart asks for over REST from now on."""
    asked: list[str] = []
    chart._feed.changed.connect(lambda: asked.append(chart._feed._on_way))
    return asked


@pytest.mark.parametrize(("unit", "seconds"), [("1s", 60), ("1m", 300)])
def test_a_chart_hidden_for_a_while_needs_no_request(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    tabs: QTabWidget,
    unit: str,
    seconds: int,
) -> None:
    """The ends of the candles have waited, and so has the newest."""
    chart = open_chart(feed, manager, tabs, unit)
    hide(feed, manager, tabs)
    before, called = bars(chart), calls(chart)
    asked = count_candle_calls(manager, chart)
    pass_by(feed, exchange, seconds)
    settle(feed, manager)
    assert bars(chart) == before
    assert calls(chart) == called
    show(tabs)
    router = manager._pump.router
    feed.until(lambda: bars(chart) != before and not router.has_work())
    assert asked == []
    expected = truth(feed, chart, unit, 30)
    assert agree(bars(chart)[-30:], expected)


@pytest.mark.parametrize(("unit", "seconds"), [("1s", 400), ("1d", 600)])
def test_a_chart_hidden_for_long_asks_for_what_could_not_wait(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    tabs: QTabWidget,
    unit: str,
    seconds: int,
) -> None:
    """It knows by the count of what was dropped; of days it has nothing but the trades."""
    chart = open_chart(feed, manager, tabs, unit)
    hide(feed, manager, tabs)
    pass_by(feed, exchange, seconds)
    source = chart._feed._subscriptions[-1]
    assert source.statistics().dropped > 0
    asked = count_candle_calls(manager, chart)
    show(tabs)
    feed.until(lambda: asked == ["missed", ""])
    count = seconds - 20 if unit == "1s" else 5
    expected = truth(feed, chart, unit, count)
    feed.until(lambda: agree(bars(chart)[-count:], expected))
    hide(feed, manager, tabs)
    show(tabs)
    settle(feed, manager)
    assert asked == ["missed", ""], "once"


def test_a_hidden_chart_asks_for_what_a_lost_connection_cost_when_it_is_shown(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, tabs: QTabWidget
) -> None:
    chart = open_chart(feed, manager, tabs, "1m")
    hide(feed, manager, tabs)
    asked = count_candle_calls(manager, chart)
    for epoch in (2, 3):
        exchange.faults.drop()
        feed.until(lambda: manager.health_check().epochs["public"] == epoch)  # noqa: B023
        feed.until(lambda: chart._epoch == epoch)  # noqa: B023
    assert asked == []
    show(tabs)
    feed.until(lambda: asked == ["missed", ""])
