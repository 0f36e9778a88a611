"""What one frame does and leaves for the next: slices, one wake-up, and the order of news."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from PyQt6.QtCore import QObject, QTimer

from tests.feed import Feed
from upbit_ws_qt import (
    ConnectionEvent,
    ConnectionState,
    ConnectionType,
    Delivery,
    GlobalWebSocketManager,
    TickerEvent,
    TradeEvent,
    WebSocketClientProxy,
    decode,
)
from upbit_ws_qt.events import stamped
from upbit_ws_qt.simulator import SimulatedExchange

MARKET = "KRW-BTC"


@pytest.fixture
def proxy(manager: GlobalWebSocketManager) -> WebSocketClientProxy:
    return WebSocketClientProxy("frames_one", manager)


def send_trades(manager: GlobalWebSocketManager, numbers: range) -> None:
    for number in numbers:
        event = decode(
            '{"type":"trade","code":"KRW-BTC","timestamp":1790000000000,"trade_price":97000000,'
            f'"trade_volume":0.1,"ask_bid":"BID","sequential_id":{number}}}'
        )
        assert isinstance(event, TradeEvent)
        manager.distribute_data(stamped(event, manager.stamp()))


class Clock:
    """The clock of the frames, which a callback lets run."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    def time(self) -> float:
        return time.time()


def test_a_backlog_is_delivered_in_slices_with_qt_served_between_them(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    bridge = manager._pump.bridge
    numbers: list[int] = []
    frames: Counter[int] = Counter()
    served: list[int] = []

    def takes_a_millisecond(trade: TradeEvent) -> None:
        clock.ahead += 0.001
        numbers.append(trade.sequential_id)
        frames[bridge.frames] += 1

    feed(proxy.subscribe_trade([MARKET], takes_a_millisecond))
    feed.until(lambda: not bridge.is_awake)
    numbers.clear()
    frames.clear()
    for module in ("pump", "fanout"):
        monkeypatch.setattr(f"upbit_ws_qt.qt.{module}.time", clock)
    send_trades(manager, range(100))
    # What anyone has posted meanwhile does not wait for the end of the backlog.
    QTimer.singleShot(0, lambda: served.append(len(numbers)))
    feed.until(lambda: len(numbers) == 100)

    assert numbers == list(range(100))
    # A slice has eight milliseconds; the clock may be looked at less often than at each call.
    assert max(frames.values()) <= 16
    assert served[0] <= 16


def test_however_much_comes_within_a_frame_is_handed_out_in_one(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
) -> None:
    """Only who wants events without waiting gets them at once, and makes a frame for it."""
    seen: list[int] = []
    bridge = manager._pump.bridge
    feed(proxy.subscribe_trade([MARKET], lambda trade: seen.append(trade.sequential_id)))
    feed.until(lambda: not bridge.is_awake)
    seen.clear()
    bridge.interval_s = 3600.0
    frames = bridge.frames
    for number in range(50):
        send_trades(manager, range(number, number + 1))
        feed.turns()
    assert bridge.frames <= frames + 1
    assert len(seen) <= 1

    at_once: list[int] = []
    proxy.subscribe_trade(
        [MARKET],
        lambda trade: at_once.append(trade.sequential_id),
        delivery=Delivery.immediate(),
    )
    for number in range(50, 53):
        send_trades(manager, range(number, number + 1))
        feed.until(lambda: number in at_once)  # noqa: B023 - called within its round
    assert at_once == [49, 50, 51, 52], "the last one before it joined, and each one after"
    assert bridge.frames >= frames + 3


def test_what_came_before_a_change_of_the_connection_is_handed_out_before_it(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
) -> None:
    news: list[str] = []

    def changed(event: ConnectionEvent) -> None:
        if event.connection_type is ConnectionType.PUBLIC:
            news.append(event.state)

    feed(proxy.subscribe_trade([MARKET], lambda trade: news.append(str(trade.sequential_id))))
    feed.until(lambda: not manager._pump.bridge.is_awake)
    proxy.state_changed.connect(changed)
    news.clear()
    send_trades(manager, range(3))
    assert news == [], "they wait for their frame"
    feed(manager.stop())
    assert news == ["0", "1", "2", ConnectionState.STOPPED]


def test_what_left_the_wire_is_replayed_to_nobody(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
) -> None:
    """Its last event may be old; the exchange is asked again and sends what is true now."""
    stays, leaves = QObject(), QObject()
    comes: list[TickerEvent] = []
    feed(WebSocketClientProxy("frames_stay", manager, stays).subscribe_ticker([MARKET]))
    feed(WebSocketClientProxy("frames_leave", manager, leaves).subscribe_ticker(["KRW-ETH"]))
    leaves.deleteLater()
    feed.until(lambda: {s.code for s in manager.wire_subscription()} == {MARKET})
    feed.until(lambda: not manager._pump.bridge.is_awake)

    feed(proxy.subscribe_ticker(["KRW-ETH"], comes.append))

    assert comes[0].replayed is False
    stays.deleteLater()
