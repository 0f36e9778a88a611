"""Regions of Upbit as managers, and what an exchange lacks refused at the call."""

from __future__ import annotations

import dataclasses

import pytest

from tests.feed import Feed
from upbit_ws_qt import (
    UPBIT_SG,
    Exchange,
    GlobalWebSocketManager,
    InvalidRequest,
    TickerEvent,
    UpbitWebSocketManager,
    WebSocketClientProxy,
)
from upbit_ws_qt.simulator import SimulatedExchange


@pytest.mark.parametrize("region", ["kr", "sg", "id", "th"])
def test_a_region_is_a_manager_of_its_own(feed: Feed, region: str) -> None:
    manager = UpbitWebSocketManager(region)
    assert isinstance(manager, GlobalWebSocketManager)
    assert manager.settings.exchange.region == region
    assert manager.settings.public_url == manager.settings.exchange.public_url
    feed(manager.stop())


def test_there_is_no_manager_of_nowhere(feed: Feed) -> None:
    with pytest.raises(InvalidRequest, match="kr, sg, id, th; got 'jp'"):
        UpbitWebSocketManager("jp")


def managed(exchange: SimulatedExchange, **differs: object) -> GlobalWebSocketManager:
    """A manager of an exchange that is Singapore's but for its address."""
    other: Exchange = dataclasses.replace(UPBIT_SG, **differs)  # type: ignore[arg-type]
    return GlobalWebSocketManager(dataclasses.replace(exchange.settings(), exchange=other))


def test_an_exchange_that_groups_no_books_says_so_at_the_call(
    feed: Feed, exchange: SimulatedExchange
) -> None:
    manager = managed(exchange)
    proxy = WebSocketClientProxy("book_main", manager)
    with pytest.raises(InvalidRequest, match="Upbit Singapore groups no order books"):
        proxy.subscribe_orderbook("KRW-BTC", level=1000.0)
    with pytest.raises(InvalidRequest, match="Upbit Singapore groups no order books"):
        feed(proxy.get_orderbook_snapshot("KRW-BTC", level=1000.0))
    feed(proxy.subscribe_orderbook("KRW-BTC"))
    feed(manager.stop())


def test_an_exchange_without_some_candles_says_so_at_the_call(
    feed: Feed, exchange: SimulatedExchange
) -> None:
    manager = managed(exchange, candle_types=frozenset({"candle.1m"}))
    proxy = WebSocketClientProxy("chart_main", manager)
    with pytest.raises(InvalidRequest, match=r"Upbit Singapore streams no candle\.10m"):
        proxy.subscribe_candle("KRW-BTC", "10m")
    feed(proxy.subscribe_candle("KRW-BTC", "1m"))
    feed(manager.stop())


def test_two_exchanges_side_by_side_keep_their_data_apart(
    feed: Feed, exchange: SimulatedExchange
) -> None:
    """What one calls KRW-BTC is not what the other calls so."""

    async def both() -> tuple[list[TickerEvent], list[TickerEvent]]:
        async with SimulatedExchange(seed=2) as other:
            managers = [GlobalWebSocketManager(one.settings()) for one in (exchange, other)]
            seen: tuple[list[TickerEvent], list[TickerEvent]] = ([], [])
            proxies = [
                WebSocketClientProxy("ticker_main", manager, manager) for manager in managers
            ]
            for proxy, events in zip(proxies, seen, strict=True):
                await proxy.subscribe_ticker("KRW-BTC", events.append)
            for manager in managers:
                await manager.stop()
            return seen

    first, second = feed(both())
    assert first[0].trade_price != second[0].trade_price
