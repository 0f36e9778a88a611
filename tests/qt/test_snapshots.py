"""What is asked for once, over REST: in order, over pages, within the proxy's life. Tests only."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import Any

import pytest
from PyQt6.QtCore import QObject

from tests.feed import Feed
from upbit_ws_qt import (
    DataType,
    GlobalWebSocketManager,
    InvalidMarket,
    InvalidRequest,
    ProxyClosed,
    Source,
    WebSocketClientProxy,
    WebSocketEvent,
)
from upbit_ws_qt.events import MarketEvent
from upbit_ws_qt.simulator import SimulatedExchange

MARKET, OTHER = "KRW-BTC", "KRW-ETH"


@pytest.fixture
def component() -> QObject:
    return QObject()


@pytest.fixture
def proxy(manager: GlobalWebSocketManager, component: QObject) -> WebSocketClientProxy:
    return WebSocketClientProxy("asking_one", manager, component)


def traded(exchange: SimulatedExchange, code: str, count: int) -> list[int]:
    """The numbers of the exchange's last trades, oldest first, from its own books."""
    backwards = exchange.floor.market(code).trades_backwards(exchange.now_ms)
    return [trade.sequential_id for trade in islice(filter(None, backwards), count)][::-1]


def test_candles_come_oldest_first_over_pages(feed: Feed, proxy: WebSocketClientProxy) -> None:
    candles = feed(proxy.get_candle_snapshot(MARKET, "1m", 450))
    starts = [candle.start_ms for candle in candles]
    assert len(starts) == 450
    assert starts == sorted(set(starts))
    assert candles[0].source is Source.REST
    before = feed(proxy.get_candle_snapshot([MARKET], "1m", 3, to=candles[0].time))
    assert [candle.start_ms for candle in before][-1] < starts[0]
    again = feed(proxy.get_candle_snapshot(MARKET, "1m", 3, to=starts[0]))
    assert [candle.start_ms for candle in again] == [candle.start_ms for candle in before]
    with pytest.raises(InvalidRequest, match="aware"):
        feed(proxy.get_candle_snapshot(MARKET, "1m", 3, to=candles[0].time.replace(tzinfo=None)))
    with pytest.raises(InvalidRequest, match="at least one candle"):
        feed(proxy.get_candle_snapshot(MARKET, "1m", 0))


def test_trades_are_the_exchanges_own_over_pages(
    feed: Feed, exchange: SimulatedExchange, proxy: WebSocketClientProxy
) -> None:
    trades = feed(proxy.get_trade_snapshot(MARKET, count=1200))
    assert [trade.sequential_id for trade in trades] == traded(exchange, MARKET, 1200)
    assert trades[0].source is Source.REST
    assert proxy.health_check().status == "healthy"


def test_a_cursor_goes_on_before_a_former_answer(
    feed: Feed, exchange: SimulatedExchange, proxy: WebSocketClientProxy
) -> None:
    newest = feed(proxy.get_trade_snapshot(MARKET, count=40))
    before = feed(proxy.get_trade_snapshot(MARKET, count=60, cursor=newest[0].sequential_id))
    joined = [trade.sequential_id for trade in (*before, *newest)]
    assert joined == traded(exchange, MARKET, 100)
    with pytest.raises(InvalidRequest, match="at least one trade"):
        feed(proxy.get_trade_snapshot(MARKET, count=0))


def test_several_markets_have_their_count_each(
    feed: Feed, exchange: SimulatedExchange, proxy: WebSocketClientProxy
) -> None:
    """One after the other, in the order they were named."""
    trades = feed(proxy.get_trade_snapshot([OTHER, MARKET], count=30))
    assert [trade.symbol for trade in trades] == [OTHER] * 30 + [MARKET] * 30
    numbers = [trade.sequential_id for trade in trades]
    assert numbers == traded(exchange, OTHER, 30) + traded(exchange, MARKET, 30)
    candles = feed(proxy.get_candle_snapshot([MARKET, OTHER], "1m", 2))
    assert [candle.symbol for candle in candles] == [MARKET, MARKET, OTHER, OTHER]


def test_the_general_form_is_each_of_the_others(feed: Feed, proxy: WebSocketClientProxy) -> None:
    def alike(general: tuple[WebSocketEvent, ...], own: tuple[MarketEvent, ...]) -> bool:
        said = [event for event in general if isinstance(event, MarketEvent)]
        pairs = zip(said, own, strict=True)
        return bool(said) and all(type(a) is type(b) and a.repeats(b) for a, b in pairs)

    tickers = feed(proxy.get_snapshot("ticker", MARKET))
    assert alike(tickers, feed(proxy.get_ticker_snapshot(MARKET)))
    books = feed(proxy.get_snapshot(DataType.ORDERBOOK, [MARKET, OTHER], depth=5))
    assert alike(books, feed(proxy.get_orderbook_snapshot([MARKET, OTHER], depth=5)))
    trades = feed(proxy.get_snapshot(DataType.TRADE, MARKET, count=7))
    assert alike(trades, feed(proxy.get_trade_snapshot(MARKET, 7)))
    candles = feed(proxy.get_snapshot("candle", MARKET, timeframe="3m", count=4))
    assert alike(candles, feed(proxy.get_candle_snapshot(MARKET, "3m", 4)))


@pytest.mark.parametrize("data_type", [DataType.ORDER, "balance", "announcement"])
def test_what_belongs_to_no_market_has_no_snapshot(
    feed: Feed, proxy: WebSocketClientProxy, data_type: str
) -> None:
    with pytest.raises(InvalidRequest, match=rf"ticker, .* got '{data_type}'.*get_open_orders"):
        feed(proxy.get_snapshot(data_type, MARKET))


def test_what_cannot_be_asked_for_is_refused_before_any_call(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    wrong: list[tuple[type[Exception], Any]] = [
        (InvalidMarket, proxy.get_trade_snapshot("btc")),
        # All of them: one wrong code must not be found out after a hundred pages.
        (InvalidMarket, proxy.get_trade_snapshot([MARKET, "eth"], count=100)),
        (InvalidRequest, proxy.get_orderbook_snapshot(MARKET, depth=7)),
        (TypeError, proxy.get_snapshot("ticker", MARKET, timeframe="1m")),
    ]
    for kind, asked in wrong:
        with pytest.raises(kind):
            feed(asked)
    assert manager.statistics().rest.calls == 0


@pytest.mark.parametrize("count", [5000, 1], ids=["many pages", "one page"])
def test_a_proxy_that_is_released_asks_for_no_further_page(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy, count: int
) -> None:
    """And what comes after all is not handed over."""

    async def begun() -> asyncio.Future[Any]:
        return asyncio.ensure_future(proxy.get_trade_snapshot(MARKET, count))

    asking = feed(begun())
    feed.until(lambda: manager.statistics().rest.calls)
    proxy.cleanup()
    with pytest.raises(ProxyClosed, match="asking_one"):
        feed(asking)
    for late in (proxy.get_ticker_snapshot(MARKET), proxy.get_snapshot("ticker", MARKET)):
        with pytest.raises(ProxyClosed):
            feed(late)
    assert manager.statistics().rest.calls == 1
