"""Which event is which signal, and that only signals somebody hears are made. Tests only."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
from PyQt6.QtCore import QObject, pyqtSignal

from tests.feed import Feed
from upbit_ws_qt import (
    DataType,
    GlobalWebSocketManager,
    SignalEmitter,
    TickerEvent,
    WebSocketClientProxy,
    decode,
)

MARKET = "KRW-BTC"


class Chatty(WebSocketClientProxy):
    """With a signal of its own, whose name is like one of ours."""

    ticker_received_late = pyqtSignal(object)


@pytest.fixture
def component() -> QObject:
    return QObject()


@pytest.fixture
def proxy(manager: GlobalWebSocketManager, component: QObject) -> Chatty:
    return Chatty("signals_one", manager, component)


def test_every_type_that_is_delivered_has_its_signal(proxy: Chatty) -> None:
    assert set(SignalEmitter.SIGNALS) == set(DataType) - {DataType.STATUS}
    for name in SignalEmitter.SIGNALS.values():
        getattr(proxy, name).connect(print)
    assert all(proxy.emitter.heard(data_type) for data_type in SignalEmitter.SIGNALS)


def test_a_signal_that_nobody_hears_is_not_made(proxy: Chatty) -> None:
    assert not any(proxy.emitter.heard(data_type) for data_type in DataType)
    proxy.ticker_received_late.connect(print)
    proxy.state_changed.connect(print)
    assert not any(proxy.emitter.heard(data_type) for data_type in DataType)

    heard: list[Any] = []
    proxy.trade_received.connect(heard.append)
    emit = proxy.emitter.heard(DataType.TRADE)
    assert emit is not None
    event = decode(
        b'{"type":"trade","code":"KRW-BTC","timestamp":1,"trade_price":1,"trade_volume":1,'
        b'"ask_bid":"ASK","sequential_id":1,"stream_type":"REALTIME"}'
    )
    emit(event)
    assert heard == [event]
    assert proxy.emitter.heard(DataType.TICKER) is None


def test_a_signal_brings_what_a_callback_brings(feed: Feed, proxy: Chatty) -> None:
    """Once for each subscription, after its callback; and who connects later hears the next."""
    told: list[tuple[str, TickerEvent]] = []
    proxy.ticker_received.connect(lambda event: told.append(("signal", event)))
    feed(proxy.subscribe_ticker(MARKET, lambda event: told.append(("callback", event))))
    feed.until(lambda: len(told) == 2)
    assert [way for way, _ in told] == ["callback", "signal"]
    assert told[0][1] is told[1][1]

    books: list[Any] = []
    proxy.orderbook_received.connect(books.append)
    feed(proxy.subscribe_orderbook(MARKET))
    feed.until(lambda: books)
    assert books[0].symbol == MARKET


def test_hearing_a_proxy_does_not_keep_it(manager: GlobalWebSocketManager) -> None:
    """What emits its signals is kept by the proxy itself: that must be no cycle."""
    gc.collect()
    gc.disable()
    try:
        proxy = WebSocketClientProxy("signals_two", manager)
        proxy.ticker_received.connect(print)
        reference = weakref.ref(proxy)
        del proxy
        assert reference() is None
    finally:
        gc.enable()
