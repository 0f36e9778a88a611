"""Rules 2, 5 and 9: how an event reaches a consumer, and what a bad consumer can't do."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QEventLoop, QObject, QTimer
from PyQt6.QtWidgets import QLabel

from tests.feed import Feed
from upbit_ws_qt import (
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
def component() -> QObject:
    return QObject()


@pytest.fixture
def proxy(manager: GlobalWebSocketManager, component: QObject) -> WebSocketClientProxy:
    return WebSocketClientProxy("consumer_one", manager, component)


def trade(manager: GlobalWebSocketManager, number: int) -> TradeEvent:
    event = decode(
        '{"type":"trade","code":"KRW-BTC","timestamp":1790000000000,"trade_price":97000000,'
        f'"trade_volume":0.1,"ask_bid":"BID","sequential_id":{number},"stream_type":"REALTIME"}}'
    )
    assert isinstance(event, TradeEvent)
    return stamped(event, manager.stamp())


def send_trades(manager: GlobalWebSocketManager, first: int, count: int = 1) -> None:
    for number in range(first, first + count):
        manager.distribute_data(trade(manager, number))


def connected(feed: Feed, proxy: WebSocketClientProxy, *args: Any, **options: Any) -> Any:
    subscription = proxy.subscribe_trade([MARKET], *args, **options)
    feed(subscription)
    return subscription


def test_signals_and_callbacks_carry_the_same_events(
    feed: Feed, exchange: SimulatedExchange, proxy: WebSocketClientProxy
) -> None:
    called: list[Any] = []
    signalled: list[Any] = []
    proxy.ticker_received.connect(signalled.append)
    feed(proxy.subscribe_ticker([MARKET], called.append))
    feed(exchange.advance(5_000))
    feed.until(lambda: len(called) > 1)
    assert called == signalled
    assert all(isinstance(event, TickerEvent) for event in called)


def test_every_trade_arrives_once_and_in_order(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    seen: list[int] = []
    connected(feed, proxy, lambda event: seen.append(event.sequential_id))
    seen.clear()
    send_trades(manager, 1, 500)
    feed.until(lambda: len(seen) == 500)
    assert seen == list(range(1, 501))


def test_a_frame_brings_the_newest_of_each_stream_only(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    newest: list[int] = []
    connected(
        feed,
        proxy,
        lambda event: newest.append(event.sequential_id),
        delivery=Delivery.coalesce_by_symbol(),
    )
    newest.clear()
    send_trades(manager, 1, 500)
    feed.until(lambda: newest)
    assert newest == [500]


def test_a_full_queue_loses_its_oldest_and_says_how_many(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    seen: list[int] = []
    connected(
        feed,
        proxy,
        lambda event: seen.append(event.sequential_id),
        delivery=Delivery.drop_oldest(maxlen=10),
    )
    seen.clear()
    before = manager.health_check().dropped
    send_trades(manager, 1, 100)
    feed.until(lambda: len(seen) == 10)
    assert seen == list(range(91, 101))
    assert manager.health_check().dropped - before == 90


@pytest.mark.allow_logs("an isolated failure is logged")
def test_a_raising_callback_is_isolated_counted_and_muted(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The others and the socket never notice; after ten failures in a row it rests."""
    good: list[int] = []
    calls: list[int] = []

    def bad(event: TradeEvent) -> None:
        calls.append(event.sequential_id)
        raise LookupError("on purpose")

    connected(feed, proxy, bad)
    connected(feed, proxy, lambda event: good.append(event.sequential_id))
    good.clear()
    send_trades(manager, 1, 50)
    feed.until(lambda: len(good) == 50)

    assert len(calls) == 10
    assert manager.health_check().callback_errors == 10
    assert "rests for 30 s" in caplog.text
    assert len(exchange.connections) == 1
    assert manager.health_check().epochs["public"] == 1


def test_an_error_handler_gets_the_error_and_the_log_stays_quiet(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    errors: list[Exception] = []

    def bad(event: TradeEvent) -> None:
        if event.sequential_id < 10:
            raise LookupError(event.sequential_id)

    connected(feed, proxy, bad, error_handler=errors.append)
    send_trades(manager, 1)
    feed.until(lambda: errors)
    assert isinstance(errors[0], LookupError)


@pytest.mark.allow_logs("an error handler that raises is logged")
def test_an_error_handler_that_raises_is_isolated_too(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    seen: list[int] = []

    def bad(event: TradeEvent) -> None:
        seen.append(event.sequential_id)
        raise LookupError("on purpose")

    def worse(error: Exception) -> None:
        raise RuntimeError("worse") from error

    connected(feed, proxy, bad, error_handler=worse)
    seen.clear()
    send_trades(manager, 1, 3)
    feed.until(lambda: seen == [1, 2, 3])


class Owner(QObject):
    """A component whose method is a callback."""

    def __init__(self, seen: list[int]) -> None:
        super().__init__()
        self.seen = seen
        self.label = QLabel()

    def on_trade(self, event: TradeEvent) -> None:
        self.seen.append(event.sequential_id)
        self.label.setText(str(event.sequential_id))


def test_a_method_is_held_weakly(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    """Rule 2: subscribing keeps nobody alive, and the death ends the subscription."""
    seen: list[int] = []
    owner = Owner(seen)
    subscription = connected(feed, proxy, owner.on_trade)
    seen.clear()
    send_trades(manager, 1)
    feed.until(lambda: seen == [1])
    del owner
    send_trades(manager, 2)
    feed.until(lambda: not subscription.is_active)
    assert seen == [1]


def test_nothing_is_delivered_to_a_half_deleted_owner(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    """Rule 2: its C++ half is gone, its Python half is kept."""
    seen: list[int] = []
    owner = Owner(seen)
    subscription = connected(feed, proxy, owner.on_trade)
    seen.clear()
    sip.delete(owner)
    send_trades(manager, 1)
    feed.until(lambda: not subscription.is_active)
    assert seen == []
    owner.label.deleteLater()


def test_a_component_that_deletes_itself_while_called_is_a_death_not_an_error(
    feed: Feed, manager: GlobalWebSocketManager
) -> None:
    """Rule 2: what it then raises is nobody's error."""
    component = QObject()
    proxy = WebSocketClientProxy("suicidal", manager, component)
    calls: list[int] = []

    def die(event: TradeEvent) -> None:
        calls.append(event.sequential_id)
        sip.delete(component)
        component.objectName()  # RuntimeError: wrapped C/C++ object has been deleted

    proxy.subscribe_trade([MARKET], die)
    feed.until(lambda: "suicidal" not in manager.get_subscription_summary().clients)
    assert len(calls) == 1
    assert manager.health_check().callback_errors == 0


def test_a_consumer_may_end_itself_while_called(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    seen: list[int] = []
    other: list[int] = []

    def once(event: TradeEvent) -> None:
        seen.append(event.sequential_id)
        subscription.unsubscribe()

    subscription = proxy.subscribe_trade([MARKET], once)
    connected(feed, proxy, lambda event: other.append(event.sequential_id))
    feed.until(lambda: seen)
    other.clear()
    send_trades(manager, 1, 5)
    feed.until(lambda: other == [1, 2, 3, 4, 5])
    assert len(seen) == 1


def test_a_dialog_opened_in_a_callback_stops_nobody_else(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    """Rule 9: a nested exec() keeps other consumers fed and does not re-enter the one inside."""
    other: list[int] = []
    inside: list[int] = []
    depth: list[int] = []

    def opens_a_dialog(event: TradeEvent) -> None:
        depth.append(event.sequential_id)
        assert len(depth) == 1, "it was entered again while it ran"
        inside.append(event.sequential_id)
        if event.sequential_id == 1:
            send_trades(manager, 2, 3)
            dialog = QEventLoop()
            poll = QTimer()
            poll.timeout.connect(lambda: other[-1:] == [4] and dialog.quit())
            poll.start(1)
            dialog.exec()
            poll.stop()
        depth.clear()

    connected(feed, proxy, opens_a_dialog)
    connected(feed, proxy, lambda event: other.append(event.sequential_id))
    inside.clear()
    other.clear()
    send_trades(manager, 1)
    feed.until(lambda: inside == [1, 2, 3, 4])
    assert other == [1, 2, 3, 4]


def test_an_async_callback_is_called_again_only_when_it_is_done(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    """One task for a subscription, never a pile; its policy keeps what comes meanwhile."""
    running: list[int] = []
    done: list[int] = []
    gate = asyncio.Event()

    async def slowly(event: TradeEvent) -> None:
        running.append(event.sequential_id)
        await gate.wait()
        done.append(event.sequential_id)

    proxy.subscribe_trade([MARKET], slowly)
    feed.until(lambda: running)
    running.clear()
    send_trades(manager, 1, 3)
    feed.turns(10)
    assert running == []
    gate.set()
    feed.until(lambda: done[-3:] == [1, 2, 3])


@pytest.mark.allow_logs("an isolated failure is logged")
def test_a_failing_async_callback_is_isolated(
    feed: Feed,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def bad(event: TradeEvent) -> None:
        raise LookupError(event.sequential_id)

    connected(feed, proxy, bad)
    with caplog.at_level(logging.ERROR):
        send_trades(manager, 1, 2)
        feed.until(lambda: manager.health_check().callback_errors >= 3)
    assert "LookupError" in caplog.text


def test_no_frame_ticks_while_nothing_happens(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    """Rule 9: the timer stops when nothing is pending."""
    seen: list[int] = []
    connected(feed, proxy, lambda event: seen.append(event.sequential_id))
    feed.turns(20)
    bridge = manager._pump.bridge
    feed.until(lambda: not bridge._timer.isActive())
    frames = bridge.frames
    feed.turns(50)
    assert bridge.frames == frames
    send_trades(manager, 1)
    feed.until(lambda: seen[-1:] == [1])
    assert bridge.frames == frames + 1


def test_throttling_gives_the_first_at_once_and_the_last_at_the_end(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    seen: list[int] = []
    feed(
        proxy.subscribe_trade(
            [MARKET],
            lambda event: seen.append(event.sequential_id),
            delivery=Delivery.throttle(ms=40),
        )
    )
    feed.until(lambda: seen)
    seen.clear()
    send_trades(manager, 1, 10)
    feed.until(lambda: seen[-1:] == [10])
    assert len(seen) <= 2


# -- what it says of itself ------------------------------------------------------------------------


def test_a_subscription_counts_what_became_of_its_events(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
) -> None:
    got: list[TradeEvent] = []
    newest = connected(feed, proxy, got.append, delivery=Delivery.coalesce_by_symbol())
    every = connected(feed, proxy, delivery=Delivery.drop_oldest(2))
    feed.until(lambda: newest.statistics().delivered == 1)

    send_trades(manager, 1, 5)
    assert every.statistics().queued == 2
    feed.until(lambda: len(got) == 2)

    counted = newest.statistics()
    assert (counted.delivered, counted.coalesced, counted.dropped) == (2, 4, 0)
    counted = every.statistics()
    assert (counted.delivered, counted.coalesced, counted.dropped) == (3, 0, 3)
    assert counted.longest_call_s > 0.0
    assert counted.longest_lag_s > 0.0
    health = manager.health_check()
    assert (health.coalesced, health.dropped) == (4, 3)
    newest.unsubscribe()
    assert newest.statistics().delivered == 0


class SlowClock:
    """The clock of the fanout, which a callback may let run."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    def time(self) -> float:
        return time.time()


def test_a_slow_callback_is_counted_and_named_with_its_duration(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = SlowClock()
    monkeypatch.setattr("upbit_ws_qt.qt.fanout.time", clock)

    def draws_for_ages(_trade: TradeEvent) -> None:
        clock.ahead += 0.2

    with caplog.at_level(logging.INFO, "upbit_ws_qt.qt.fanout"):
        subscription = connected(feed, proxy, draws_for_ages)
        send_trades(manager, 1, 2)
        feed.until(lambda: subscription.statistics().delivered == 3)

    statistics = subscription.statistics()
    assert statistics.slow_calls == manager.health_check().slow_callbacks == 3
    assert statistics.longest_call_s >= 0.2
    named = [record.getMessage() for record in caplog.records if "took" in record.getMessage()]
    assert len(named) == 2, "the first and the second; the third is the fourth's to tell"
    assert "draws_for_ages took 200 ms for <Subscription trade ['KRW-BTC']" in named[0]


def test_a_callback_that_opens_a_dialog_is_long_but_not_slow(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Others are served meanwhile."""
    clock = SlowClock()
    monkeypatch.setattr("upbit_ws_qt.qt.fanout.time", clock)
    served: list[TradeEvent] = []
    asked: list[bool] = []

    def opens_a_dialog(_trade: TradeEvent) -> None:
        if not asked:
            asked.append(True)
            before = len(served)
            clock.ahead += 5.0
            send_trades(manager, 77)
            feed.until(lambda: len(served) > before)

    other = WebSocketClientProxy("consumer_two", manager, proxy.parent())
    connected(feed, other, served.append)
    subscription = connected(feed, proxy, opens_a_dialog)
    feed.until(lambda: subscription.statistics().delivered == 2)
    assert subscription.statistics().slow_calls == 0
