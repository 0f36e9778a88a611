"""One bad wish: it is found, its owner is told, and everyone else goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from PyQt6.QtCore import QObject

from tests.feed import Feed
from upbit_ws_qt import (
    GlobalWebSocketManager,
    RequestRejected,
    TickerEvent,
    TradeEvent,
    WebSocketClientProxy,
)
from upbit_ws_qt.simulator import Behaviour, SimulatedExchange
from upbit_ws_qt.subscriptions import Stream
from upbit_ws_qt.wire import encode_request

BAD = Stream("trade", "KRW-DOGE")


@pytest.fixture
def bad_stream(monkeypatch: pytest.MonkeyPatch) -> Stream:
    """The exchange does not know this one: whatever is asked for with it is refused."""

    def spoken(plan: Mapping[Stream, int], ticket: str) -> bytes:
        parts = json.loads(encode_request(plan, ticket))
        if BAD in plan:
            parts.insert(1, {"type": "nope", "codes": [BAD.code]})
        return json.dumps(parts).encode()

    for module in ("upbit_ws_qt.dialect", "upbit_ws_qt.probe"):
        monkeypatch.setattr(f"{module}.encode_request", spoken)
    return BAD


def types_asked(exchange: SimulatedExchange) -> set[tuple[int, str]]:
    """Every type of every request so far, with the number of its connection."""
    return {
        (received.connection, entry["type"])
        for received in exchange.requests
        for entry in received.request
        if "type" in entry
    }


def test_the_guilty_stream_is_found_on_a_second_connection_and_the_rest_goes_on(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, bad_stream: Stream
) -> None:
    panel = QObject()
    old, new = (WebSocketClientProxy(name, manager, panel) for name in ("old_a", "new_b"))
    tickers: list[TickerEvent] = []
    trades: list[TradeEvent] = []
    errors: list[Exception] = []
    feed(old.subscribe_ticker(["KRW-BTC"], tickers.append))
    feed.until(lambda: tickers)

    new.subscribe_trade(["KRW-XRP", "KRW-ETH"], trades.append)
    new.subscribe_trade([bad_stream.code], trades.append, error_handler=errors.append)
    feed.until(lambda: manager.health_check().suspects == 3)
    feed.until(lambda: errors)

    (error,) = errors
    assert isinstance(error, RequestRejected)
    assert error.name == "INVALID_PARAM"
    assert error.streams == (f"trade {bad_stream.code}",)
    feed.until(lambda: len(manager.wire_subscription()) == 3)
    assert {stream.code for stream in manager.wire_subscription()} == {
        "KRW-BTC",
        "KRW-XRP",
        "KRW-ETH",
    }
    feed.until(lambda: {trade.symbol for trade in trades} == {"KRW-XRP", "KRW-ETH"})
    health = manager.health_check()
    assert health.suspects == 0
    feed.until(lambda: manager.health_check().active_connections == 1)
    tickers.clear()
    feed(exchange.advance(60_000))
    feed.until(lambda: tickers)
    # Only the first request with it went out on the main connection.
    refused_on = {number for number, kind in types_asked(exchange) if kind == "nope"}
    carried_tickers = {number for number, kind in types_asked(exchange) if kind == "ticker"}
    assert len(refused_on & carried_tickers) == 1
    panel.deleteLater()


@pytest.mark.upbit_exchange(behaviour=Behaviour(most_codes=3))
def test_where_everything_together_is_too_much_as_many_stay_as_fit(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    """A limit nobody documented: each stream by itself is accepted."""
    panel = QObject()
    old, new = (WebSocketClientProxy(name, manager, panel) for name in ("old_a", "new_b"))
    tickers: list[TickerEvent] = []
    errors: list[Exception] = []
    feed(old.subscribe_ticker(["KRW-BTC", "KRW-ETH"], tickers.append))

    new.subscribe_trade(["KRW-BTC", "KRW-XRP"], error_handler=errors.append)
    feed.until(lambda: errors)

    assert isinstance(errors[0], RequestRejected)
    feed.until(lambda: len(manager.wire_subscription()) == 3)
    tickers.clear()
    feed(exchange.advance(60_000))
    feed.until(lambda: tickers)
    assert len(errors) == 1
    panel.deleteLater()


def test_a_manager_that_is_stopped_while_it_probes_leaves_nothing_behind(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, bad_stream: Stream
) -> None:
    panel = QObject()
    proxy = WebSocketClientProxy("new_b", manager, panel)
    proxy.subscribe_trade(["KRW-XRP", bad_stream.code])
    feed.until(lambda: manager.health_check().suspects)
    feed(manager.stop())
    assert manager.health_check().suspects == 0
    feed.until(lambda: not exchange.connections)
    panel.deleteLater()
