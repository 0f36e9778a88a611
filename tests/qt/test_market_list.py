"""The list of markets: read again and again, and what comes and goes is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.feed import Feed
from upbit_ws_qt import (
    ConnectionType,
    FeedSettings,
    GlobalWebSocketManager,
    InvalidMarket,
    Market,
    TickerEvent,
    WebSocketClientProxy,
)
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt.subscriptions import Stream

BTC, ETH, XRP = "KRW-BTC", "KRW-ETH", "KRW-XRP"


@pytest.fixture
def upbit_settings(upbit_exchange: SimulatedExchange) -> FeedSettings:
    """Ten minutes are a fifth of a second here."""
    return replace(upbit_exchange.settings(), grace_period_s=0.05, market_interval_s=0.2)


@pytest.fixture
def proxy(manager: GlobalWebSocketManager) -> WebSocketClientProxy:
    return WebSocketClientProxy("list_one", manager, manager)


# State: what the manager has told.
class Told:
    """What is told of markets, with what was known at that moment."""

    def __init__(self, manager: GlobalWebSocketManager) -> None:
        self.listed: list[str] = []
        self.gone: list[str] = []
        self.reads = 0
        self._markets = manager.markets
        manager.market_listed.connect(self._on_listed)
        manager.market_gone.connect(self._on_gone)
        manager.markets.changed.connect(self._on_changed)

    def _on_changed(self) -> None:
        self.reads += 1

    def _on_listed(self, market: Market) -> None:
        assert market.code in self._markets
        assert not self._markets.is_gone(market.code)
        self.listed.append(market.code)

    def _on_gone(self, market: Market) -> None:
        assert market.code not in self._markets
        assert self._markets.is_gone(market.code)
        assert self._markets.find(market.code) == market
        self.gone.append(market.code)


def requests(exchange: SimulatedExchange) -> list[set[str]]:
    """The markets of each request so far."""
    return [
        {code for part in received.request for code in part.get("codes", ())}
        for received in exchange.requests
        if not any("method" in part for part in received.request)
    ]


async def list_again(exchange: SimulatedExchange, code: str) -> None:
    """A market is listed with its first trade."""
    exchange.faults.list_market(code)
    while code not in exchange.floor.listings:
        await exchange.advance(1_000)


def test_warnings_are_read_again_while_something_is_subscribed(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
) -> None:
    told = Told(manager)
    feed(proxy.subscribe_ticker([BTC]))
    feed.until(lambda: BTC in manager.markets)
    market = manager.markets.find(BTC)
    assert market is not None
    assert not market.warning
    exchange.floor.board.warn(BTC, on=True)
    feed.until(lambda: (found := manager.markets.find(BTC)) is not None and found.warning)
    assert (told.listed, told.gone) == ([], []), "the first list is no news"


def test_while_nothing_is_subscribed_nothing_is_read_until_something_is(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    subscription = proxy.subscribe_ticker([BTC])
    feed.until(lambda: len(manager.markets.levels(BTC)) > 1)
    subscription.unsubscribe()
    markets = manager.markets
    feed.until(lambda: not markets._timer.isActive() and markets._reading is None)
    calls = manager.statistics().rest.calls
    feed.turns()
    assert manager.statistics().rest.calls == calls
    told = Told(manager)
    proxy.subscribe_ticker([BTC])
    feed.until(lambda: told.reads)
    feed.until(lambda: markets._timer.isActive())


def test_it_goes_on_after_an_answer_that_was_none(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
) -> None:
    told = Told(manager)
    feed(proxy.subscribe_ticker([BTC]))
    feed.until(lambda: XRP in manager.markets)
    exchange.faults.refuse(503, of="rest", times=1)
    exchange.faults.delist_market(XRP)
    feed.until(lambda: told.gone)
    assert told.gone == [XRP]


def test_a_stopped_manager_reads_no_list_and_reads_one_after_the_next_start(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
) -> None:
    feed(proxy.subscribe_ticker([BTC]))
    feed.until(lambda: BTC in manager.markets)
    feed(manager.stop())
    assert not manager.markets._timer.isActive()
    told = Told(manager)
    exchange.faults.delist_market(XRP)
    feed(manager.start())
    feed.until(lambda: told.gone)


def test_a_market_that_goes_is_told_and_its_subscriptions_stay(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
) -> None:
    told = Told(manager)
    errors: list[Exception] = []
    tickers: list[TickerEvent] = []
    both = proxy.subscribe_ticker([BTC, XRP], tickers.append, error_handler=errors.append)
    feed.until(lambda: {event.code for event in tickers} == {BTC, XRP})
    feed.until(lambda: XRP in manager.markets)

    exchange.faults.delist_market(XRP)
    feed(exchange.advance(1_000))
    feed.until(lambda: told.gone)

    assert (told.listed, told.gone) == ([], [XRP])
    feed.until(lambda: tickers[-1].is_delisted or any(one.is_delisted for one in tickers))
    assert both.is_active
    assert both.spec is not None
    assert both.spec.symbols == (BTC, XRP)
    assert errors == []
    assert Stream("ticker", XRP) in manager.wire_subscription()
    with pytest.raises(InvalidMarket, match="lists no market 'KRW-XRP'"):
        feed(proxy.subscribe_ticker([XRP]))


def test_a_market_that_is_listed_while_a_subscription_waits_gets_its_data(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
) -> None:
    """The exchange passes over what it does not list, so it has to be asked once more."""
    told = Told(manager)
    tickers: list[TickerEvent] = []
    feed(proxy.subscribe_ticker([BTC, XRP], tickers.append))
    feed.until(lambda: XRP in manager.markets)
    exchange.faults.delist_market(XRP)
    feed.until(lambda: told.gone)
    exchange.faults.drop()
    feed.until(lambda: manager.health_check().epochs[ConnectionType.PUBLIC] == 2)
    feed.until(lambda: manager.wire_subscription())
    feed(proxy.subscribe_trade([BTC]))
    tickers.clear()
    asked = len(requests(exchange))

    feed(list_again(exchange, XRP))
    feed.until(lambda: told.listed)
    feed.until(lambda: XRP in {event.code for event in tickers})

    assert told.listed == [XRP]
    assert requests(exchange)[asked:] == [{BTC, XRP}]
    feed.until(lambda: len(manager.markets.levels(XRP)) > 1)


@pytest.mark.allow_logs("a list that cannot be read while subscriptions are made")
def test_one_that_was_subscribed_to_while_no_list_could_be_read_gets_its_data_too(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
) -> None:
    told = Told(manager)
    tickers: list[TickerEvent] = []
    exchange.faults.delist_market(XRP)
    exchange.faults.refuse(503, of="rest")
    feed(proxy.subscribe_ticker([BTC, XRP], tickers.append))
    feed.until(lambda: manager.markets._failures)
    feed(list_again(exchange, XRP))
    assert XRP not in {event.code for event in tickers}
    exchange.faults.clear()
    feed.until(lambda: XRP in {event.code for event in tickers})
    assert set(told.listed) == {BTC, XRP}
