"""Rules 2, 5 and 9: how an event reaches a consumer, and what a bad consumer can't do."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QEventLoop, QObject, QTimer
from PyQt6.QtWidgets import QLabel

from tests.feed import Feed
from upbit_ws_qt import (
    Delivery,
    GlobalWebSocketManager,
    ProxyClosed,
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


def test_a_half_deleted_proxy_says_that_it_was_released(
    feed: Feed, manager: GlobalWebSocketManager
) -> None:
    proxy = WebSocketClientProxy("half", manager, QObject())
    kept = WebSocketClientProxy("kept", manager)
    for half in (proxy, kept):
        if not sip.isdeleted(half):
            sip.delete(half)
        with pytest.raises(ProxyClosed, match="was released; make another one"):
            half.subscribe_trade([MARKET])
        with pytest.raises(ProxyClosed):
            feed(half.get_ticker_snapshot([MARKET]))
        half.cleanup()


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


class Hanging:
    """An async callback that never returns by itself."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.ended: list[int] = []

    async def __call__(self, event: TradeEvent) -> None:
        self.begun.append(event.sequential_id)
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.append(event.sequential_id)


def clean_up(feed: Feed, manager: GlobalWebSocketManager, component: QObject) -> None:
    for proxy in component.findChildren(WebSocketClientProxy):
        proxy.cleanup()


def kill(feed: Feed, manager: GlobalWebSocketManager, component: QObject) -> None:
    sip.delete(component)


def stop(feed: Feed, manager: GlobalWebSocketManager, component: QObject) -> None:
    feed(manager.stop())


@pytest.mark.parametrize("end", [clean_up, kill, stop])
@pytest.mark.parametrize("is_kept", [True, False])
def test_an_async_callback_ends_with_its_proxy_and_with_the_manager(
    feed: Feed,
    manager: GlobalWebSocketManager,
    component: QObject,
    end: Callable[[Feed, GlobalWebSocketManager, QObject], None],
    is_kept: bool,
) -> None:
    """Whoever still holds the subscription, and however it ends."""
    hanging = Hanging()
    proxy = WebSocketClientProxy("hanging", manager, component)
    subscription = proxy.subscribe_trade([MARKET], hanging)
    feed.until(lambda: hanging.begun)
    if not is_kept:
        del subscription
    del proxy
    end(feed, manager, component)
    feed.until(lambda: hanging.ended == hanging.begun)
    assert manager.health_check().callback_errors == 0


def test_an_async_callback_may_be_ended_before_its_first_step(
    feed: Feed, manager: GlobalWebSocketManager, component: QObject
) -> None:
    """By another consumer in the same frame; nobody complains of a coroutine never awaited."""
    begun: list[int] = []
    seen: list[int] = []
    ended = WebSocketClientProxy("ended", manager, component)
    other = WebSocketClientProxy("other", manager, component)

    async def quick(event: TradeEvent) -> None:
        begun.append(event.sequential_id)

    def ends_the_other(event: TradeEvent) -> None:
        seen.append(event.sequential_id)
        if event.sequential_id == 1:
            ended.cleanup()

    newest = Delivery.coalesce_by_symbol()
    ended.subscribe_trade([MARKET], quick, delivery=newest)
    other.subscribe_trade([MARKET], ends_the_other, delivery=newest)
    feed.until(lambda: begun and seen and not manager._pump.hub._tasks)
    send_trades(manager, 1)
    feed.until(lambda: seen[-1] == 1 and not manager._pump.hub._tasks)
    assert 1 not in begun


def test_an_async_callback_may_end_its_own_subscription_and_finish(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    """What it is doing is not cut off by what it asks for."""
    done: list[str] = []

    async def once(event: TradeEvent) -> None:
        subscription.unsubscribe()
        await asyncio.sleep(0)
        proxy.cleanup()
        await asyncio.sleep(0)
        await manager.stop()
        await asyncio.sleep(0)
        done.append("all of it")

    subscription = proxy.subscribe_trade([MARKET], once)
    feed.until(lambda: done)
    assert done == ["all of it"]


@pytest.mark.parametrize(
    ("delivery", "waiting"),
    [
        (Delivery.coalesce_by_symbol(), 1),
        (Delivery.throttle(ms=1), 1),
        (Delivery.drop_oldest(10), 10),
        (Delivery.immediate(), 100_000),
    ],
)
def test_what_waits_behind_a_callback_that_never_returns_is_bounded_and_counted(
    feed: Feed,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
    delivery: Delivery,
    waiting: int,
) -> None:
    hanging = Hanging()
    subscription = proxy.subscribe_trade([MARKET], hanging, delivery=delivery)
    feed.until(lambda: hanging.begun)
    before = subscription.statistics()
    event = trade(manager, 1)
    for _ in range(waiting + 7):
        manager.distribute_data(event)
    feed.turns(5)
    after = subscription.statistics()
    assert len(hanging.begun) == 1
    assert after.queued == waiting
    missed = after.dropped + after.coalesced - before.dropped - before.coalesced
    assert missed == after.routed - before.routed - waiting == 7
    proxy.cleanup()
    feed.until(lambda: hanging.ended)


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


def raise_cancelled(event: TradeEvent) -> None:
    raise asyncio.CancelledError


async def raise_cancelled_later(event: TradeEvent) -> None:
    raise asyncio.CancelledError


@pytest.mark.parametrize("callback", [raise_cancelled, raise_cancelled_later])
def test_a_callback_that_raises_cancelled_error_fails_like_any_other(
    feed: Feed,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
    callback: Callable[[TradeEvent], Any],
) -> None:
    """It asked a task for its result that somebody cancelled; it is not deaf from then on."""
    errors: list[Exception] = []

    def worse(error: Exception) -> None:
        errors.append(error)

    subscription = proxy.subscribe_trade([MARKET], callback, error_handler=worse)
    feed.until(lambda: errors)
    count = len(errors)
    send_trades(manager, 1)
    feed.until(lambda: len(errors) > count)
    assert "CancelledError" in str(errors[0])
    assert isinstance(errors[0].__cause__, asyncio.CancelledError)
    assert subscription.statistics().failures == len(errors)


@pytest.mark.allow_logs("an error handler that raises is logged")
def test_an_error_handler_may_raise_cancelled_error(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    def cancelled(error: Exception) -> None:
        raise asyncio.CancelledError

    subscription = proxy.subscribe_trade([MARKET], raise_cancelled, error_handler=cancelled)
    feed.until(lambda: subscription.statistics().failures == 1)
    send_trades(manager, 1)
    feed.until(lambda: subscription.statistics().failures == 2)


def test_a_subscription_lives_on_when_ctrl_c_comes_inside_its_callback(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    """It is let through, to whoever ends the program by it, and the callback is free again."""
    seen: list[int] = []

    def interrupted(event: TradeEvent) -> None:
        seen.append(event.sequential_id)
        if event.sequential_id == 1:
            raise KeyboardInterrupt

    connected(feed, proxy, interrupted)
    manager._pump.bridge.stop()
    manager._pump.router.route(trade(manager, 1))
    with pytest.raises(KeyboardInterrupt):
        manager._pump._on_frame()
    send_trades(manager, 2)
    feed.until(lambda: seen[-2:] == [1, 2])


def test_immediate_is_delivered_before_the_frame_is_due(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    """Others in the same frame interval wait for its end; it does not."""
    at_once: list[int] = []
    subscription = connected(
        feed,
        proxy,
        lambda event: at_once.append(event.sequential_id),
        delivery=Delivery.immediate(),
    )
    feed.turns(20)
    at_once.clear()
    bridge = manager._pump.bridge
    bridge._began = time.monotonic() + 3600.0
    send_trades(manager, 1, 3)
    feed.until(lambda: at_once == [1, 2, 3])
    bridge._began = 0.0
    assert subscription.statistics().routed == subscription.statistics().delivered


def test_each_call_is_its_own_subscription(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    """The same stream, the same proxy, the same callback: still two, with two policies."""
    seen: list[int] = []

    def on_trade(event: TradeEvent) -> None:
        seen.append(event.sequential_id)

    every = connected(feed, proxy, on_trade)
    newest = connected(feed, proxy, on_trade, delivery=Delivery.coalesce_by_symbol())
    feed.turns(20)
    seen.clear()
    send_trades(manager, 1, 3)
    feed.until(lambda: len(seen) == 4)
    assert sorted(seen) == [1, 2, 3, 3]
    every.unsubscribe()
    send_trades(manager, 4, 2)
    feed.until(lambda: seen[4:] == [5])
    assert newest.is_active
    assert (newest.statistics().coalesced, newest.statistics().dropped) == (3, 0)


@pytest.mark.allow_logs("an isolated failure is logged")
def test_after_its_rest_a_muted_one_gets_the_newest_though_the_market_is_silent(
    feed: Feed,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("upbit_ws_qt.isolation.MUTED_S", 0.1)
    seen: list[int] = []

    def bad_at_first(event: TradeEvent) -> None:
        seen.append(event.sequential_id)
        if event.sequential_id < 100:
            raise LookupError(event.sequential_id)

    subscription = connected(feed, proxy, bad_at_first, delivery=Delivery.coalesce_by_symbol())
    router = manager._pump.router
    number = 0
    while (muted_until := router.next_deadline()) is None:
        number += 1
        send_trades(manager, number)
        feed.until(lambda: seen[-1:] == [number])  # noqa: B023 - waited for at once
    failed = subscription.statistics().failures
    assert failed == 10
    send_trades(manager, 100, 5)
    feed.until(lambda: seen[-1:] == [104])
    assert time.monotonic() >= muted_until, "not before its rest was over"
    counted = subscription.statistics()
    assert (counted.withheld, counted.queued, counted.failures) == (4, 0, 10)
    assert manager.health_check().withheld == 4
    send_trades(manager, 105)
    feed.until(lambda: seen[-1:] == [105])


# -- a consumer that turns round while it is called ------------------------------------------------


class Turning:
    """One of three consumers of the same trades; its first call does something to the others."""

    def __init__(self, feed: Feed, manager: GlobalWebSocketManager, component: QObject) -> None:
        self.manager = manager
        self.component = component
        self.seen: dict[str, list[int]] = {"first": [], "turning": [], "last": []}
        self.turn: Callable[[], object] | None = None
        self.proxies = {
            name: WebSocketClientProxy(f"turn_{name}", manager, component) for name in self.seen
        }
        self.subscriptions = {
            name: proxy.subscribe_trade([MARKET], functools.partial(self.take, name))
            for name, proxy in self.proxies.items()
        }
        for subscription in self.subscriptions.values():
            feed(subscription)
        feed.until(lambda: all(self.seen.values()))
        for seen in self.seen.values():
            seen.clear()

    def take(self, name: str, event: TradeEvent) -> None:
        self.seen[name].append(event.sequential_id)
        if name == "turning" and self.turn is not None:
            turn, self.turn = self.turn, None
            turn()


def subscribe_again(turning: Turning) -> None:
    more = turning.seen["more"] = []
    proxy = turning.proxies["turning"]
    proxy.subscribe_trade([MARKET], lambda event: more.append(event.sequential_id))


def unsubscribe_itself(turning: Turning) -> None:
    turning.proxies["turning"].unsubscribe_trade()


def unsubscribe_the_last(turning: Turning) -> None:
    turning.subscriptions["last"].unsubscribe()


def clean_itself_up(turning: Turning) -> None:
    turning.proxies["turning"].cleanup()


def clean_the_last_up(turning: Turning) -> None:
    turning.proxies["last"].cleanup()


def delete_itself(turning: Turning) -> None:
    sip.delete(turning.proxies["turning"])


def distribute_more(turning: Turning) -> None:
    send_trades(turning.manager, 4)


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        (subscribe_again, {"first": [1, 2, 3], "turning": [1, 2, 3], "last": [1, 2, 3]}),
        (unsubscribe_itself, {"first": [1, 2, 3], "turning": [1], "last": [1, 2, 3]}),
        (unsubscribe_the_last, {"first": [1, 2, 3], "turning": [1, 2, 3], "last": []}),
        (clean_itself_up, {"first": [1, 2, 3], "turning": [1], "last": [1, 2, 3]}),
        (clean_the_last_up, {"first": [1, 2, 3], "turning": [1, 2, 3], "last": []}),
        (delete_itself, {"first": [1, 2, 3], "turning": [1], "last": [1, 2, 3]}),
        (distribute_more, {"first": [1, 2, 3, 4], "turning": [1, 2, 3, 4], "last": [1, 2, 3, 4]}),
    ],
)
def test_a_consumer_may_turn_round_while_it_is_called(
    feed: Feed,
    manager: GlobalWebSocketManager,
    component: QObject,
    turn: Callable[[Turning], None],
    expected: dict[str, list[int]],
) -> None:
    """Nobody else notices, and nobody who has ended gets anything more."""
    turning = Turning(feed, manager, component)
    turning.turn = functools.partial(turn, turning)
    send_trades(manager, 1, 3)
    feed.until(lambda: all(len(turning.seen[name]) >= len(expected[name]) for name in expected))
    feed.turns(20)
    more = turning.seen.pop("more", [3])
    assert turning.seen == expected
    assert more == [3], "a joiner is served the last event, and that once"
    assert manager.health_check().callback_errors == 0


def test_a_consumer_may_stop_and_start_the_manager_while_it_is_called(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, component: QObject
) -> None:
    turning = Turning(feed, manager, component)
    stopped: list[bool] = []

    async def stop_and_start() -> None:
        await manager.stop()
        stopped.append(True)
        await manager.start()

    def turn() -> None:
        turning.proxies["first"].start(stop_and_start())

    turning.turn = turn
    send_trades(manager, 1, 3)
    feed.until(lambda: stopped and manager.is_public_available())
    send_trades(manager, 5)
    feed.until(lambda: all(5 in seen for seen in turning.seen.values()))


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
