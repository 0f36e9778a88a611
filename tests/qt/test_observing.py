"""What a manager tells of itself is true: health, metrics, statistics, and its log."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from PyQt6.QtCore import QObject

from tests.feed import Feed
from upbit_ws_qt import (
    ConnectionEvent,
    ConnectionState,
    ConnectionType,
    Delivery,
    GlobalWebSocketManager,
    TradeEvent,
    WebSocketClientProxy,
    decode,
)
from upbit_ws_qt.events import stamped
from upbit_ws_qt.logs import JsonFormatter
from upbit_ws_qt.qt.monitor import PerformanceMonitor
from upbit_ws_qt.simulator import SimulatedExchange

MARKET = "KRW-BTC"
PUBLIC, PRIVATE = ConnectionType.PUBLIC, ConnectionType.PRIVATE

realtime = pytest.mark.upbit_exchange(realtime=True)


@pytest.fixture
def component() -> QObject:
    return QObject()


@pytest.fixture
def proxy(manager: GlobalWebSocketManager, component: QObject) -> WebSocketClientProxy:
    return WebSocketClientProxy("observed_one", manager, component)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty looks a second, so that a test needs no second for one."""
    monkeypatch.setattr("upbit_ws_qt.qt.monitor._INTERVAL_S", 0.02)


def monitor_of(manager: GlobalWebSocketManager) -> PerformanceMonitor:
    return manager._monitor


def looks(manager: GlobalWebSocketManager) -> bool:
    return monitor_of(manager)._timer.isActive()


def send_trades(manager: GlobalWebSocketManager, count: int) -> None:
    for number in range(count):
        event = decode(
            '{"type":"trade","code":"KRW-BTC","timestamp":1790000000000,"trade_price":97000000,'
            f'"trade_volume":0.1,"ask_bid":"BID","sequential_id":{number},"stream_type":"REALTIME"}}'
        )
        assert isinstance(event, TradeEvent)
        manager.distribute_data(stamped(event, manager.stamp()))


# -- the GUI thread --------------------------------------------------------------------------------


def test_it_looks_while_a_connection_is_in_use_and_not_while_nothing_is_wanted(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    assert not looks(manager)
    feed(manager.start())
    feed.turns()
    assert not looks(manager)
    subscription = proxy.subscribe_ticker([MARKET])
    feed(subscription)
    assert looks(manager)
    subscription.unsubscribe()
    feed.until(lambda: manager.connection_state(PUBLIC) is ConnectionState.IDLE)
    feed.until(lambda: not looks(manager))
    feed(proxy.subscribe_ticker([MARKET]))
    assert looks(manager)
    feed(manager.stop())
    assert not looks(manager)


@pytest.mark.usefixtures("often")
def test_a_gui_thread_that_was_held_up_shows_in_the_lag_of_its_loop(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    assert manager.health_check().event_loop_lag_ms is None
    feed(proxy.subscribe_ticker([MARKET]))
    feed.until(lambda: manager.health_check().event_loop_lag_ms is not None)

    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        pass  # what a slow slot does to everybody
    feed.until(lambda: (manager.health_check().event_loop_lag_ms or 0) >= 250)
    assert (manager.collect_metrics().event_loop_lag_ms or 0) >= 250


@pytest.mark.usefixtures("often")
def test_the_sleep_of_the_machine_is_no_lag(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    feed(proxy.subscribe_ticker([MARKET]))
    monitor = monitor_of(manager)
    monitor._due -= 3600.0
    slept = monitor._due
    feed.until(lambda: monitor._due > slept and manager.health_check().event_loop_lag_ms)
    assert (manager.health_check().event_loop_lag_ms or 0) < 30_000


# -- latency ---------------------------------------------------------------------------------------


@realtime
def test_latency_is_measured_although_the_exchanges_clock_is_far_off(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
) -> None:
    """The simulated market's clock is not ours, and a fault sets it wrong by an hour more."""
    exchange.faults.skew_clock(-3_600_000)
    feed(proxy.subscribe_orderbook([MARKET, "KRW-ETH", "KRW-XRP"]))
    feed.until(lambda: (manager.statistics().latency.last_60_s or none).count > 10)
    health, ahead_ms = manager.health_check(), time.time() * 1000 - exchange.now_ms + 3_600_000
    assert health.average_latency_ms is not None
    assert health.p99_latency_ms is not None
    assert health.max_latency_ms is not None
    assert health.clock_skew_ms == pytest.approx(ahead_ms, abs=5_000)
    assert 0 <= health.average_latency_ms <= health.max_latency_ms < 5_000
    assert health.p99_latency_ms <= health.max_latency_ms
    metrics = manager.collect_metrics()
    assert metrics.average_latency_ms is not None
    assert metrics.max_latency_ms is not None


class none:  # noqa: N801 - reads as the value it stands for
    count = 0


def test_what_was_not_measured_is_none(manager: GlobalWebSocketManager) -> None:
    health, metrics = manager.health_check(), manager.collect_metrics()
    assert health.average_latency_ms is health.p99_latency_ms is health.max_latency_ms is None
    assert health.clock_skew_ms is health.round_trip_ms is health.event_loop_lag_ms is None
    assert metrics.average_latency_ms is metrics.max_latency_ms is metrics.event_loop_lag_ms is None
    assert manager.statistics().latency.last_60_s is None


def test_how_late_callbacks_are_called_is_measured(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    """From arrival to callback, of all subscriptions together."""
    seen: list[Any] = []
    feed(proxy.subscribe_trade([MARKET], seen.append))
    seen.clear()
    event = decode(
        '{"type":"trade","code":"KRW-BTC","timestamp":1,"trade_price":1,"trade_volume":1,'
        '"ask_bid":"BID","sequential_id":7,"stream_type":"REALTIME"}'
    )
    stamp = manager.stamp()
    early = type(stamp)(stamp.epoch, stamp.source, stamp.connection_type, time.time() - 2.0)
    assert isinstance(event, TradeEvent)
    manager.distribute_data(stamped(event, early))
    feed.until(lambda: seen)
    assert (manager.health_check().delivery_lag_ms or 0) >= 2_000
    assert (manager.health_check().delivery_lag_ms or 0) < 60_000


# -- nothing is forgotten --------------------------------------------------------------------------


def test_what_was_dropped_and_coalesced_stays_counted_when_a_subscription_ends(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    seen: list[Any] = []
    bounded = proxy.subscribe_trade([MARKET], seen.append, delivery=Delivery.drop_oldest(maxlen=10))
    newest = proxy.subscribe_trade([MARKET], delivery=Delivery.coalesce_by_symbol())
    feed(bounded)
    seen.clear()
    send_trades(manager, 100)
    feed.until(lambda: len(seen) == 10)
    before = manager.statistics().routing
    assert (before.dropped, before.coalesced) == (90, 99)

    bounded.unsubscribe()
    proxy.cleanup()
    assert not newest.is_active
    after = manager.statistics().routing
    assert (after.dropped, after.coalesced) == (90, 99)
    health, metrics = manager.health_check(), manager.collect_metrics()
    assert (health.dropped, health.coalesced) == (90, 99)
    assert metrics.dropped_message_count == 90
    assert metrics.total_subscriptions == 0


@pytest.mark.allow_logs("an isolated failure is logged")
def test_what_a_muted_callback_does_not_get_is_counted(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    def fails(event: Any) -> None:
        raise ValueError

    feed(proxy.subscribe_trade([MARKET], fails, delivery=Delivery.keep_all()))
    failed = manager.health_check().callback_errors
    send_trades(manager, 100)
    feed.until(lambda: manager.health_check().withheld == 90 + failed)
    assert manager.collect_metrics().callback_error_count == 10


# -- metrics ---------------------------------------------------------------------------------------


def test_metrics_follow_what_happens(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
) -> None:
    seen: list[Any] = []
    assert manager.collect_metrics().connection_uptime == 0.0
    feed(proxy.subscribe_ticker([MARKET], seen.append))
    feed(exchange.advance(60_000))
    feed.until(lambda: manager.health_check().messages > 10)
    metrics = manager.collect_metrics()
    assert metrics.active_connections == 1
    assert metrics.connection_uptime > 0.0
    assert metrics.reconnection_count == 0
    assert metrics.messages_per_second > 0.0
    assert metrics.cpu_usage_percent > 0.0
    assert metrics.memory_usage_mb is None or metrics.memory_usage_mb > 10.0
    assert metrics.error_rate_percent == 0.0
    assert metrics.total_subscriptions == 1
    assert manager.health_check().messages_per_second > 0.0

    exchange.faults.drop()
    feed.until(lambda: manager.collect_metrics().reconnection_count == 1)
    assert manager.collect_metrics().connection_uptime == 0.0
    feed.until(lambda: manager.collect_metrics().connection_uptime > 0.0)


@pytest.mark.allow_logs("frames that cannot be decoded are logged")
def test_frames_that_cannot_be_decoded_show_in_the_error_rate(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
) -> None:
    feed(proxy.subscribe_ticker([MARKET]))
    exchange.faults.corrupt("garbage")
    feed(exchange.advance(60_000))
    feed.until(lambda: manager.collect_metrics().error_rate_percent > 5.0)


def test_what_waits_for_a_busy_callback_is_the_depth_of_the_queues(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    import asyncio

    gate = asyncio.Event()

    async def waits(event: Any) -> None:
        await gate.wait()

    proxy.subscribe_trade([MARKET], waits, delivery=Delivery.keep_all())
    feed.until(lambda: manager.statistics().callbacks.delivered)
    send_trades(manager, 5)
    feed.until(lambda: manager.collect_metrics().queue_depth == 5)
    gate.set()
    feed.until(lambda: manager.collect_metrics().queue_depth == 0)


def test_without_psutil_the_memory_is_unknown_and_all_else_is_known(
    manager: GlobalWebSocketManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    metrics = manager.collect_metrics()
    assert metrics.memory_usage_mb is None
    assert metrics.active_connections == 0


def test_with_psutil_the_memory_of_the_process_is_told(manager: GlobalWebSocketManager) -> None:
    psutil = pytest.importorskip("psutil")
    expected = psutil.Process().memory_info().rss / 2**20
    assert manager.collect_metrics().memory_usage_mb == pytest.approx(expected, rel=0.2)


# -- statistics ------------------------------------------------------------------------------------


def numbers_in(record: Any) -> int:
    """How many figures there are in a record of records."""
    if isinstance(record, dict):
        return sum(numbers_in(value) for value in record.values())
    if is_dataclass(record):
        return sum(numbers_in(getattr(record, field.name)) for field in fields(record))
    return 1


def test_every_part_tells_what_it_has_counted(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
) -> None:
    seen: list[Any] = []
    feed(proxy.subscribe_ticker([MARKET], seen.append))
    feed.until(lambda: len(manager.markets) and seen)
    feed(proxy.get_ticker_snapshot([MARKET]))
    feed.until(lambda: manager.statistics().markets.wanted == 0)
    told = manager.statistics()
    public, private = told.connections[PUBLIC], told.connections[PRIVATE]
    assert (public.protocol.requests_sent, private.protocol.requests_sent) == (1, 0)
    assert public.recovery.state is ConnectionState.CONNECTED
    assert private.recovery.state is ConnectionState.IDLE
    assert (public.wishes.consumers, public.wishes.wanted) == (1, 1)
    assert public.pacing == "at once"
    assert told.routing.events == manager.health_check().messages == 1
    assert told.routing.delivered == told.callbacks.delivered == len(seen) == 1
    assert (told.components.made, told.components.registered) == (1, 1)
    assert told.markets.markets == len(manager.markets)
    assert told.markets.instruments == 1
    assert told.rest.calls == told.rest.answered == 3
    assert told.limiter.waiting == 0
    assert numbers_in(told) > 40
    proxy.cleanup()
    assert manager.statistics().components.registered == 0


@pytest.mark.allow_logs("a refused key is logged")
def test_refused_calls_are_counted(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    manager.set_credentials(exchange.credentials())
    exchange.faults.expire_key()
    from upbit_ws_qt import AuthenticationFailed

    with pytest.raises(AuthenticationFailed):
        feed(manager.get_accounts())
    assert manager.statistics().rest.refused == 1


# -- recovery --------------------------------------------------------------------------------------


def test_a_recovery_begins_and_ends_once_for_each_loss(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
) -> None:
    told: list[str] = []
    manager.recovery_begun.connect(lambda event: told.append(f"begun {event.epoch}"))
    manager.recovery_completed.connect(lambda event: told.append(f"completed {event.epoch}"))
    feed(proxy.subscribe_ticker([MARKET]))
    exchange.faults.refuse(503, times=1)
    exchange.faults.drop()
    feed.until(lambda: len(told) == 2)
    assert told == ["begun 1", "completed 2"]

    proxy.unsubscribe_all()
    feed.until(lambda: manager.connection_state(PUBLIC) is ConnectionState.IDLE)
    proxy.subscribe_ticker([MARKET])
    feed.until(lambda: manager.connection_event(PUBLIC).epoch == 3)
    feed.turns()
    assert told == ["begun 1", "completed 2"]


# -- logs ------------------------------------------------------------------------------------------


class Lines(logging.Handler):
    """Keeps what it is given, as JSON."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.read: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.read.append(json.loads(self.format(record)))


@pytest.fixture
def lines() -> Iterator[Lines]:
    handler, logger = Lines(), logging.getLogger("upbit_ws_qt")
    before = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(before)


def test_records_of_a_connection_carry_its_fields(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
    lines: Lines,
) -> None:
    changes: list[ConnectionEvent] = []
    manager.connection_changed.connect(changes.append)
    feed(proxy.subscribe_ticker([MARKET]))
    exchange.faults.drop(1012)
    feed.until(lambda: changes[-1].epoch == 2)
    about = [line for line in lines.read if "connection" in line]
    states = [(line["connection"], line["state"], line["epoch"]) for line in about]
    expected = [(event.connection_type, event.state, event.epoch) for event in changes]
    assert states == expected
    [lost] = [line for line in about if line["state"] == "reconnecting"]
    assert lost["error"] == "ConnectionLost"
    assert "code 1012" in lost["message"]


@pytest.mark.allow_logs("an isolated failure is logged")
def test_records_of_a_callback_name_its_client_and_stream(
    feed: Feed, proxy: WebSocketClientProxy, lines: Lines
) -> None:
    def fails(event: Any) -> None:
        raise ValueError("no")

    feed(proxy.subscribe_ticker([MARKET], fails))
    [line] = [line for line in lines.read if line["level"] == "ERROR"]
    assert (line["client"], line["stream"]) == ("observed_one", "ticker")
    assert line["error"] == "ValueError"
    assert line["exception"].endswith("ValueError: no")
