"""What a chart missed while the connection was away, when asking for it fails at first. Qt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PyQt6 import sip

from tests.exchange_truth import ExchangeTruth
from tests.feed import Feed
from tests.screen_numbers import ShownChart
from upbit_ws_qt import FeedSettings, GlobalWebSocketManager
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt_widgets import ChartWidget


@pytest.fixture
def upbit_settings(upbit_exchange: SimulatedExchange) -> FeedSettings:
    """An answer that does not come is given up soon."""
    return replace(upbit_exchange.settings(), request_timeout_s=0.5)


@pytest.fixture
def chart(feed: Feed, manager: GlobalWebSocketManager) -> Iterator[ChartWidget]:
    """A chart of days, which no stream carries, on screen."""
    widget = ChartWidget()
    widget.setLanguage("en")
    widget.resize(900, 420)
    widget.setTimeframe("1d")
    widget.setMarket("KRW-BTC")
    widget.bind(manager)
    widget.show()
    feed.until(lambda: widget.barCount() and not widget.isLoading())
    feed.until(lambda: widget.stateText() == "")
    yield widget
    sip.delete(widget)


def agrees(chart: ChartWidget, truth: ExchangeTruth) -> bool:
    shows = ShownChart(chart)
    return shows.shown() == shows.expected(truth)


@pytest.mark.allow_logs("a connection is lost, and calls are refused")
def test_what_was_missed_is_asked_for_until_it_is_there(
    feed: Feed, exchange: SimulatedExchange, chart: ChartWidget
) -> None:
    truth = ExchangeTruth(exchange)
    errors: list[str] = []
    chart.errorOccurred.connect(errors.append)
    feed.until(lambda: agrees(chart, truth))
    exchange.faults.refuse(429, "rest")
    exchange.faults.drop()
    feed.until(lambda: chart.stateText() != "")
    feed(exchange.advance(60_000))
    feed.until(lambda: errors)
    assert not agrees(chart, truth)
    exchange.faults.clear()
    feed.until(lambda: agrees(chart, truth))


def test_what_was_missed_waits_for_older_candles_that_are_on_their_way(
    feed: Feed, exchange: SimulatedExchange, chart: ChartWidget
) -> None:
    truth = ExchangeTruth(exchange)
    feed.until(lambda: agrees(chart, truth))
    bars = chart._chart.bars
    exchange.faults.lose_streams()
    feed(exchange.advance(60_000))
    exchange.faults.refuse("timeout", "rest", times=1)
    chart._feed.older_than(int(bars.times[0]))
    chart._feed.since(int(bars.times[-1]))
    assert chart._feed.is_paging
    assert not agrees(chart, truth)
    feed.until(lambda: agrees(chart, truth))
