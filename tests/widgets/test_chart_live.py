"""ChartWidget on live data of a simulated exchange, over a real socket. Qt."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest

from tests.chart_bars import candle, trade
from tests.feed import Feed
from upbit_ws_qt import GlobalWebSocketManager
from upbit_ws_qt.events import CandleEvent
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.models.bars import Bar

MARKET = "KRW-BTC"


@pytest.fixture
def chart(feed: Feed) -> Iterator[ChartWidget]:
    widget = ChartWidget()
    widget.setTheme("light")
    widget.setLanguage("ko")
    widget.resize(800, 500)
    widget.show()
    yield widget
    sip.delete(widget)


def state(chart: ChartWidget) -> Any:
    return chart._chart


def has_loaded(chart: ChartWidget) -> bool:
    return chart._feed._has_loaded


def open_chart(
    chart: ChartWidget,
    feed: Feed,
    manager: GlobalWebSocketManager,
    *,
    market: str = MARKET,
    unit: str = "1m",
) -> None:
    """Bind, choose and wait until the newest candles are there and streams run."""
    chart.bind(manager)
    chart.setMarket(market)
    chart.setTimeframe(unit)
    feed.until(lambda: has_loaded(chart))
    for subscription in chart._feed._subscriptions:
        feed(subscription)


def shown(chart: ChartWidget) -> list[Bar]:
    bars = state(chart).bars
    return [bars.bar(number) for number in range(bars.first, bars.end)]


def truth(feed: Feed, chart: ChartWidget, unit: str, count: int) -> list[CandleEvent]:
    """The exchange's own candles, asked for now."""
    proxy = chart.proxy()
    assert proxy is not None
    return list(feed(proxy.get_candle_snapshot(chart.market(), unit, count)))


def agrees(bar: Bar, event: CandleEvent) -> bool:
    return bar == pytest.approx(
        (
            event.start_ms,
            event.open_price,
            event.high_price,
            event.low_price,
            event.close_price,
            event.volume,
            event.value,
        )
    )


@pytest.mark.parametrize("order", ["bind first", "market first"])
def test_binding_and_choosing_may_come_in_any_order(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    chart: ChartWidget,
    order: str,
) -> None:
    if order == "bind first":
        chart.bind(manager)
        chart.setMarket(MARKET)
    else:
        chart.setMarket(MARKET)
        chart.bind(manager)
    assert state(chart).is_waiting
    assert state(chart).message == "봉을 불러오는 중…"
    feed.until(lambda: has_loaded(chart))
    assert len(state(chart).bars) >= 400
    assert not state(chart).is_waiting
    feed.until(lambda: state(chart).title == "비트코인")
    assert state(chart).subtitle == "KRW-BTC · 1분"
    feed.until(
        lambda: {s.type for s in manager.wire_subscription()} == {"candle.1m", "ticker", "trade"}
    )
    feed.until(lambda: chart.stateText() == "")
    chart.setLanguage("en")
    assert state(chart).title == "Bitcoin"


@pytest.mark.parametrize(("unit", "seconds"), [("1m", 200), ("1s", 40), ("1d", 300)])
def test_live_bars_are_the_exchanges_own(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    chart: ChartWidget,
    unit: str,
    seconds: int,
) -> None:
    """Frames and trades of minutes, folded together, are what the exchange says of them."""
    open_chart(chart, feed, manager, unit=unit)
    for _ in range(seconds // 20):
        feed(exchange.advance(20_000))
        feed.turns()
    expected = truth(feed, chart, unit, 30)
    feed.until(lambda: agrees(shown(chart)[-1], expected[-1]))
    pairs = list(zip(shown(chart)[-30:], expected, strict=True))
    assert all(agrees(bar, event) for bar, event in pairs)


def test_a_late_answer_of_the_former_market_is_ignored(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    chart: ChartWidget,
) -> None:
    chart.bind(manager)
    for market in (MARKET, "KRW-ETH", MARKET, "KRW-XRP"):
        chart.setMarket(market)
        feed.turns(1)
    feed.until(lambda: has_loaded(chart))
    feed.turns(20)
    expected = truth(feed, chart, "1m", 1)[-1]
    assert agrees(shown(chart)[-1], expected)
    assert len(shown(chart)) >= 400
    feed.until(lambda: {s.code for s in manager.wire_subscription()} == {"KRW-XRP"})


def test_another_unit_streams_what_the_exchange_streams(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    chart: ChartWidget,
) -> None:
    open_chart(chart, feed, manager)
    chart.setTimeframe(Timeframe.WEEK)
    feed.until(lambda: has_loaded(chart))
    feed.until(lambda: {s.type for s in manager.wire_subscription()} == {"ticker", "trade"})
    assert all(bar.time == Timeframe.WEEK.start_of(bar.time) for bar in shown(chart))


def test_scrolling_into_the_past_loads_pages_and_the_view_holds_still(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    chart: ChartWidget,
) -> None:
    open_chart(chart, feed, manager)
    chart.grab()
    before = len(shown(chart))
    QTest.keyClick(chart._surface, Qt.Key.Key_Home)
    view = state(chart).view
    assert chart._feed.is_paging
    assert state(chart).notice == "이전 봉을 불러오는 중…"
    feed.until(lambda: len(shown(chart)) >= before + 200)
    assert state(chart).view == view
    times = [bar.time for bar in shown(chart)]
    assert times == sorted(set(times))
    first = truth(feed, chart, "1m", len(times))[0]
    assert first.start_ms == times[0]


def test_however_often_the_user_scrolls_one_page_is_on_its_way(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    chart: ChartWidget,
) -> None:
    open_chart(chart, feed, manager)
    chart.grab()
    before = len(shown(chart))
    proxy = chart.proxy()
    assert proxy is not None
    QTest.keyClick(chart._surface, Qt.Key.Key_Home)
    for _ in range(5):
        QTest.keyClick(chart._surface, Qt.Key.Key_Left)
    assert len(proxy._tasks._tasks) == 1
    feed.until(lambda: not chart._feed.is_paging)
    assert len(shown(chart)) == before + 200


def test_what_streamed_before_the_candles_came_is_kept(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    chart: ChartWidget,
) -> None:
    open_chart(chart, feed, manager)
    candles = tuple(truth(feed, chart, "1m", 3))
    newest = candles[-1]
    chart.applyTrade(trade(newest.timestamp + 1, newest.close_price, 7.0, number=2**60))
    chart._feed.loaded.emit(candles)
    assert shown(chart)[-1].volume == pytest.approx(newest.volume + 7.0)


def test_the_end_of_history_is_said_and_nothing_is_asked_for_again(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    chart: ChartWidget,
) -> None:
    open_chart(chart, feed, manager, unit="1y")
    chart.grab()
    assert chart._feed.is_exhausted
    QTest.keyClick(chart._surface, Qt.Key.Key_Home)
    assert not chart._feed.is_paging
    assert state(chart).notice == "더 이전 봉이 없습니다"


def test_a_failed_load_is_shown_and_tried_again_when_the_user_moves(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    chart: ChartWidget,
) -> None:
    errors: list[str] = []
    chart.errorOccurred.connect(errors.append)
    feed(exchange.stop())
    chart.bind(manager)
    chart.setMarket(MARKET)
    feed.until(lambda: errors)
    assert state(chart).message.startswith("봉을 불러오지 못했습니다: ")
    assert not state(chart).is_waiting
    exchange.faults.refuse(503)  # else the connection's return would try again as well
    feed(exchange.start())
    feed.turns(20)
    assert not has_loaded(chart)
    QTest.mouseClick(chart._surface, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    feed.until(lambda: has_loaded(chart))
    assert state(chart).message == ""
    assert len(shown(chart)) >= 400


def test_a_failed_page_is_said_and_tried_again_when_the_user_moves(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    chart: ChartWidget,
) -> None:
    open_chart(chart, feed, manager)
    chart.grab()
    feed(exchange.stop())
    QTest.keyClick(chart._surface, Qt.Key.Key_Home)
    feed.until(lambda: chart._feed.failure is not None)
    assert state(chart).notice.startswith("이전 봉을 불러오지 못했습니다")
    count = len(shown(chart))
    assert count >= 400, "what was there stays"
    feed(exchange.start())

    def moved() -> bool:
        QTest.keyClick(chart._surface, Qt.Key.Key_Left)
        return len(shown(chart)) > count

    feed.until(moved)


@pytest.mark.allow_logs("of a long absence not all trades are read, which is logged")
@pytest.mark.parametrize("minutes", [5, 450])
def test_what_was_traded_while_the_connection_was_gone_is_filled_in(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    chart: ChartWidget,
    minutes: int,
) -> None:
    """After a short absence the hole is filled; after a long one the chart starts afresh."""
    open_chart(chart, feed, manager)
    feed(exchange.advance(30_000))
    exchange.faults.refuse(503)
    exchange.faults.drop()
    feed.until(lambda: chart.stateText() != "")
    assert state(chart).badge != ""
    feed(exchange.advance(minutes * 60_000))
    exchange.faults.clear("refuse")
    feed.until(lambda: chart.stateText() == "")
    expected = truth(feed, chart, "1m", 10)
    feed.until(lambda: agrees(shown(chart)[-1], expected[-1]))
    feed.until(lambda: all(map(agrees, shown(chart)[-10:], expected)))

    def steps() -> set[int]:
        return {b.time - a.time for a, b in itertools.pairwise(shown(chart))}

    # What the streams make good comes in its own order: older candles may come after the newest.
    feed.until(lambda: steps() == {60_000})


def test_unbinding_keeps_the_picture_and_ends_the_streams(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    chart: ChartWidget,
) -> None:
    open_chart(chart, feed, manager)
    count = len(shown(chart))
    chart.unbind()
    assert len(shown(chart)) == count
    feed.until(lambda: not manager.wire_subscription())
    chart.bind(manager)
    feed.until(lambda: has_loaded(chart))
    assert len(shown(chart)) >= 400


def test_charts_that_are_closed_take_their_streams_with_them(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    """Some die while their candles are still on the way."""
    for round_ in range(12):
        chart = ChartWidget()
        chart.bind(manager)
        chart.setMarket(MARKET)
        if round_ % 4 == 0:
            feed.until(lambda chart=chart: has_loaded(chart))
        sip.delete(chart)
    feed.until(lambda: not manager.wire_subscription())
    assert manager.get_subscription_summary() is not None


def test_an_unlisted_market_is_refused_and_the_former_one_goes_on(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    chart: ChartWidget,
) -> None:
    open_chart(chart, feed, manager)
    feed.until(lambda: len(manager.markets) > 0)
    errors: list[str] = []
    chart.errorOccurred.connect(errors.append)
    chart.setMarket("KRW-BTX")
    assert "'KRW-BTX'" in errors[0]
    assert chart.market() == MARKET
    assert len(shown(chart)) >= 400
    assert chart._feed.is_open


def test_a_market_that_came_with_candles_goes_live_when_it_is_chosen(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    chart: ChartWidget,
) -> None:
    markets: list[str] = []
    chart.marketChanged.connect(markets.append)
    chart.setCandles([candle(0), candle(1)])
    chart.bind(manager)
    assert chart.isLoading()
    feed.until(lambda: has_loaded(chart))
    chart.unbind()
    chart.setMarket("KRW-ETH")
    chart.bind(manager)
    feed.until(lambda: has_loaded(chart))
    assert not chart.isLoading()
    assert chart.barCount() >= 400
    assert markets == [MARKET, "KRW-ETH"]


def test_a_bound_chart_without_a_market_takes_that_of_its_first_candles(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    chart: ChartWidget,
) -> None:
    chart.bind(manager)
    chart.setCandles([candle(0), candle(1)])
    assert (chart.market(), chart.barCount()) == (MARKET, 2)
    assert not chart._feed.is_open
    chart.setMarket(MARKET)
    feed.until(lambda: has_loaded(chart))
    assert chart.barCount() >= 400
