"""A market that is halted, delisted or listed again while widgets show it: each says so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PyQt6.QtGui import QImage
from pytestqt.qtbot import QtBot

from tests.feed import Feed
from upbit_ws_qt import (
    ConnectionType,
    FeedSettings,
    GlobalWebSocketManager,
    Source,
    TickerEvent,
)
from upbit_ws_qt.events import stamped
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt_widgets import ChartWidget, OrderbookWidget

BTC, XRP = "KRW-BTC", "KRW-XRP"
HALTED = {"en": "Trading halted", "ko": "거래 중지"}
GONE = {"en": "Delisted", "ko": "거래지원 종료"}


@pytest.fixture
def upbit_settings(upbit_exchange: SimulatedExchange) -> FeedSettings:
    """The list of markets is read often."""
    return replace(upbit_exchange.settings(), grace_period_s=0.05, market_interval_s=0.2)


Shown = ChartWidget | OrderbookWidget


@pytest.fixture(params=[ChartWidget, OrderbookWidget], ids=["chart", "orderbook"])
def widget(
    request: pytest.FixtureRequest, feed: Feed, manager: GlobalWebSocketManager, qtbot: QtBot
) -> Shown:
    """A widget on screen that shows a live market."""
    shown: Shown = request.param()
    qtbot.addWidget(shown)
    shown.setLanguage("en")
    shown.resize(700, 500)
    shown.bind(manager)
    shown.setMarket(XRP)
    shown.show()
    feed.until(lambda: _has_data(shown) and shown.stateText() == "")
    return shown


def _has_data(shown: Shown) -> bool:
    if isinstance(shown, ChartWidget):
        return shown.barCount() > 0 and not shown.isLoading()
    return shown.orderbook() is not None


def says(feed: Feed, widget: Shown, words: dict[str, str]) -> None:
    """It says so in both languages, and on screen."""
    feed.until(lambda: widget.stateText() == words["en"])
    before = _picture(widget)
    widget.setLanguage("ko")
    assert widget.stateText() == words["ko"]
    assert words["ko"] in _badge(widget)
    widget.setLanguage("en")
    assert words["en"] in _badge(widget)
    assert _picture(widget) == before


def _badge(widget: Shown) -> str:
    if isinstance(widget, ChartWidget):
        return widget._chart.badge
    return widget._badge()


def _picture(widget: Shown) -> QImage:
    return widget.grab().toImage()


def test_a_halt_is_said_and_its_end_too(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, widget: Shown
) -> None:
    live = _picture(widget)
    exchange.faults.halt_market(XRP)
    feed(exchange.advance(1_000))
    says(feed, widget, HALTED)
    assert _has_data(widget), "what was known stays on screen"
    assert _picture(widget) != live
    exchange.faults.clear()
    feed(exchange.advance(60_000))
    feed.until(lambda: widget.stateText() == "")


def test_a_market_that_was_halted_before_it_was_shown_is_said_to_be(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, widget: Shown
) -> None:
    exchange.faults.halt_market(BTC)
    widget.setMarket(BTC)
    feed.until(lambda: widget.stateText() == HALTED["en"])
    widget.setMarket(XRP)
    assert widget.stateText() == "", "that was of another market"


@pytest.mark.allow_logs("what was missed of a market that is gone cannot be asked for")
def test_a_market_that_is_delisted_is_said_to_be_gone_until_it_is_listed_again(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, widget: Shown
) -> None:
    exchange.faults.delist_market(XRP)
    feed(exchange.advance(1_000))
    says(feed, widget, GONE)
    feed.until(lambda: manager.markets.is_gone(XRP))
    assert _has_data(widget)
    assert manager.health_check().active_subscriptions, "it may come back"

    # A connection made meanwhile asks for what the exchange passes over.
    exchange.faults.drop()
    feed.until(lambda: manager.health_check().epochs[ConnectionType.PUBLIC] == 2)
    feed.until(lambda: XRP in {stream.code for stream in manager.wire_subscription()})
    feed.until(lambda: widget.stateText() == GONE["en"])

    exchange.faults.list_market(XRP)
    while XRP not in exchange.floor.listings:
        feed(exchange.advance(1_000))
    feed.until(lambda: not manager.markets.is_gone(XRP))
    feed.until(lambda: widget.stateText() == "")


def test_the_list_alone_tells_of_the_end_where_no_ticker_did(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, widget: Shown
) -> None:
    exchange.faults.silence()
    exchange.faults.delist_market(XRP)
    feed(exchange.advance(1))
    feed.until(lambda: widget.stateText() == GONE["en"])


def test_unbound_it_knows_of_no_market(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, widget: Shown
) -> None:
    exchange.faults.halt_market(XRP)
    feed(exchange.advance(1_000))
    feed.until(lambda: widget.marketNotice() == HALTED["en"])
    widget.unbind()
    assert widget.marketNotice() == ""
    widget.bind(manager)
    feed.until(lambda: widget.stateText() == HALTED["en"])


def test_a_polled_ticker_does_not_tell_and_changes_nothing(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, widget: Shown
) -> None:
    """Over REST the exchange does not say whether a market is halted."""
    exchange.faults.halt_market(XRP)
    feed(exchange.advance(1_000))
    feed.until(lambda: widget.stateText() == HALTED["en"])
    proxy = widget.proxy()
    assert proxy is not None
    seen: list[TickerEvent] = []
    proxy.subscribe_ticker([XRP], seen.append)
    [polled] = feed(proxy.get_ticker_snapshot([XRP]))
    manager.distribute_data(stamped(polled, manager.stamp(Source.POLLED)))
    feed.until(lambda: seen and seen[-1].source is Source.POLLED)
    assert widget.stateText() == HALTED["en"]
