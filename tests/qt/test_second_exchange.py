"""An exchange of another kind of protocol, through the same manager, proxies and events.

Streams are added and taken away by messages with an id, and each message is answered.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from typing import Any

import pytest
from PyQt6.QtCore import QObject

from tests.delta_exchange import DeltaExchange
from tests.feed import Feed
from upbit_ws_qt import (
    CandleEvent,
    CustomEvent,
    GlobalWebSocketManager,
    InvalidRequest,
    OrderbookEvent,
    RequestRejected,
    TickerEvent,
    Timeframe,
    TradeEvent,
    WebSocketClientProxy,
)
from upbit_ws_qt.binance import stream_name

NOON_MS = 1_790_164_800_000
BTC, ETH = "USDT-BTC", "USDT-ETH"


@pytest.fixture
def delta(feed: Feed) -> Iterator[DeltaExchange]:
    exchange = DeltaExchange()
    feed(exchange.start())
    yield exchange
    feed(exchange.stop())


@pytest.fixture
def there(feed: Feed, delta: DeltaExchange) -> Iterator[GlobalWebSocketManager]:
    """A manager of that exchange."""
    manager = GlobalWebSocketManager(delta.settings())
    yield manager
    feed(manager.stop())
    manager.deleteLater()


@pytest.fixture
def proxy(there: GlobalWebSocketManager) -> WebSocketClientProxy:
    return WebSocketClientProxy("panel_main", there, there)


def names(manager: GlobalWebSocketManager) -> set[str]:
    """What should be carried there, under the names there."""
    return {stream_name(stream, depth) for stream, depth in manager.wire_subscription().items()}


def test_tickers_trades_books_and_candles_are_the_same_events(
    feed: Feed, delta: DeltaExchange, proxy: WebSocketClientProxy
) -> None:
    seen: list[Any] = []
    proxy.subscribe_ticker(BTC, seen.append)
    proxy.subscribe_trade(BTC, seen.append)
    proxy.subscribe_orderbook(BTC, seen.append, depth=5)
    proxy.subscribe_candle(BTC, Timeframe.MINUTE_1, seen.append)
    feed.until(lambda: len(delta.carried) == 4)
    feed(delta.trade("BTCUSDT", 100.0, NOON_MS + 61_000))
    feed.until(lambda: len(seen) == 4)
    by_kind = {type(event): event for event in seen}
    assert {event.symbol for event in seen} == {BTC}
    assert {event.epoch for event in seen} == {1}
    assert by_kind[TickerEvent].trade_price == 100.0
    assert (by_kind[TradeEvent].trade_volume, by_kind[TradeEvent].ask_bid) == (0.5, "BID")
    book = by_kind[OrderbookEvent]
    assert [unit.ask_price for unit in book.orderbook_units] == [101.0, 102.0, 103.0, 104.0, 105.0]
    assert by_kind[CandleEvent].start_ms == NOON_MS + 60_000
    assert by_kind[CandleEvent].timeframe is Timeframe.MINUTE_1


def test_only_differences_are_told_and_all_share_one_connection(
    feed: Feed, delta: DeltaExchange, there: GlobalWebSocketManager
) -> None:
    panel = QObject()
    one, two = (WebSocketClientProxy(name, there, panel) for name in ("panel_one", "panel_two"))
    one.subscribe_ticker(BTC)
    feed.until(lambda: delta.carried == {"btcusdt@ticker"})
    two.subscribe_ticker([BTC, ETH])
    feed.until(lambda: delta.carried == {"btcusdt@ticker", "ethusdt@ticker"})
    two.cleanup()
    feed.until(lambda: delta.carried == {"btcusdt@ticker"})
    told = [(message["method"], message["params"]) for message in delta.messages]
    assert told == [
        ("SUBSCRIBE", ["btcusdt@ticker"]),
        ("SUBSCRIBE", ["ethusdt@ticker"]),
        ("UNSUBSCRIBE", ["ethusdt@ticker"]),
    ]
    assert delta.dials == 1
    one.cleanup()
    feed.until(lambda: not delta.open)


def test_the_greatest_depth_wanted_is_carried_and_everyone_gets_their_slice(
    feed: Feed, delta: DeltaExchange, there: GlobalWebSocketManager
) -> None:
    panel = QObject()
    small: list[OrderbookEvent] = []
    great: list[OrderbookEvent] = []
    shallow, deep = (WebSocketClientProxy(n, there, panel) for n in ("book_small", "book_great"))
    shallow.subscribe_orderbook(BTC, small.append, depth=1)
    feed.until(lambda: delta.carried == {"btcusdt@depth5@100ms"})
    deep.subscribe_orderbook(BTC, great.append, depth=30)
    feed.until(lambda: delta.carried == {"btcusdt@depth20@100ms"})
    feed(delta.trade("BTCUSDT", 100.0, NOON_MS))
    feed.until(lambda: small and great)
    assert (len(small[0].orderbook_units), len(great[0].orderbook_units)) == (1, 20)


def test_a_refusal_is_told_to_its_owner_and_nobody_else_notices(
    feed: Feed, delta: DeltaExchange, there: GlobalWebSocketManager
) -> None:
    delta.unknown = {"xyzusdt@trade"}
    panel = QObject()
    good, bad = (WebSocketClientProxy(name, there, panel) for name in ("panel_good", "panel_bad"))
    seen: list[TickerEvent] = []
    good.subscribe_ticker(BTC, seen.append)
    feed.until(lambda: delta.carried == {"btcusdt@ticker"})
    with pytest.raises(RequestRejected, match=r"Invalid request.*trade USDT-XYZ") as caught:
        feed(bad.subscribe_trade("USDT-XYZ"))
    assert caught.value.name == "2"
    feed(delta.trade("BTCUSDT", 7.0, NOON_MS))
    feed.until(lambda: seen)
    assert (seen[0].epoch, delta.dials) == (1, 1)
    assert there.health_check()["status"] == "healthy"
    assert len(delta.messages) == 2, "what is refused is not asked for again"
    assert names(there) == delta.carried
    with pytest.raises(RequestRejected, match="refused this before"):
        feed(WebSocketClientProxy("panel_late", there, panel).subscribe_trade("USDT-XYZ"))


def test_a_lost_connection_comes_back_with_everything(
    feed: Feed, delta: DeltaExchange, there: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    seen: list[TradeEvent] = []
    proxy.subscribe_trade([BTC, ETH], seen.append)
    feed.until(lambda: len(delta.carried) == 2)
    delta.drop()
    feed.until(lambda: delta.dials == 2 and len(delta.carried) == 2)
    feed(delta.trade("ETHUSDT", 3.0, NOON_MS))
    feed.until(lambda: seen)
    assert (seen[-1].symbol, seen[-1].epoch) == (ETH, 2)


def test_what_is_not_there_is_refused_at_the_call(feed: Feed, proxy: WebSocketClientProxy) -> None:
    with pytest.raises(InvalidRequest, match=r"Binance streams no candle\.10m"):
        proxy.subscribe_candle(BTC, "10m")
    for subscribe in (proxy.subscribe_balance, proxy.subscribe_orders):
        with pytest.raises(InvalidRequest, match="of Binance no accounts are served"):
            subscribe()
    with pytest.raises(InvalidRequest, match="of Binance only streams are served"):
        feed(proxy.get_ticker_snapshot(BTC))


def test_a_type_that_is_not_here_is_read_by_a_handler(
    feed: Feed, delta: DeltaExchange, there: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    class Averages:
        def can_handle(self, data_type: str) -> bool:
            return data_type == "avgPrice"

        def process_data(self, data: dict[str, Any]) -> float:
            return float(data["w"])

    there.register_data_handler(Averages())
    seen: list[CustomEvent] = []
    proxy.subscribe("avgPrice", BTC, seen.append)
    feed.until(lambda: delta.carried == {"btcusdt@avgPrice"})
    feed(delta.publish("btcusdt@avgPrice", {"e": "avgPrice", "w": "25776.86000000"}))
    feed.until(lambda: seen)
    assert (seen[0].symbol, seen[0].type, seen[0].data) == (BTC, "avgPrice", 25776.86)


def test_no_call_of_upbit_reaches_another_exchange(
    feed: Feed, there: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    feed(proxy.subscribe_ticker(BTC))
    assert there.statistics().rest.calls == 0


@pytest.mark.parametrize("seed", range(3))
def test_the_wire_is_what_is_wanted_through_changes_and_losses(
    feed: Feed, delta: DeltaExchange, there: GlobalWebSocketManager, seed: int
) -> None:
    choose = random.Random(seed)  # noqa: S311 - a walk that can be repeated
    panel = QObject()
    clients = [WebSocketClientProxy(f"panel_{number}", there, panel) for number in range(4)]

    async def play() -> None:
        for _ in range(40):
            client = choose.choice(clients)
            act = choose.randrange(8)
            if act == 0:
                client.unsubscribe_all()
            elif act == 1:
                delta.drop()
            elif act < 5:
                client.subscribe_orderbook(choose.choice([BTC, ETH]), depth=choose.choice([1, 15]))
            else:
                client.subscribe_trade(choose.choice([BTC, ETH]))
            for _ in range(choose.randrange(20)):
                await asyncio.sleep(0)

    feed(play())
    clients[0].subscribe_ticker(BTC)
    feed.until(lambda: "btcusdt@ticker" in delta.carried and names(there) == delta.carried)
    assert {message["method"] for message in delta.messages} <= {"SUBSCRIBE", "UNSUBSCRIBE"}
