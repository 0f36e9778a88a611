"""Alerts of a live manager: what goes wrong on the exchange rings once, and calm rings never."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from PyQt6.QtCore import QEventLoop, QObject, QTimer

from tests.feed import Feed
from upbit_ws_qt import (
    Alert,
    AlertRule,
    ConnectionEvent,
    ConnectionState,
    ConnectionType,
    Delivery,
    FeedSettings,
    GlobalWebSocketManager,
    InvalidMarket,
    RateLimited,
    Severity,
    TradeEvent,
    UpbitError,
    WebSocketClientProxy,
    WebSocketDashboard,
    WrongThread,
    decode,
)
from upbit_ws_qt.events import stamped
from upbit_ws_qt.latency import LatencyEstimator
from upbit_ws_qt.qt.monitor import PerformanceMonitor
from upbit_ws_qt.recovery import ExponentialBackoff, RecoveryEngine
from upbit_ws_qt.simulator import SimulatedExchange

MARKET = "KRW-BTC"
MARKETS = [MARKET, "KRW-ETH", "KRW-XRP"]
PUBLIC = ConnectionType.PUBLIC
ROUNDS = 2

pytestmark = pytest.mark.upbit_exchange(realtime=True, start_time_ms=None, pace=20.0)


def send_trades(manager: GlobalWebSocketManager, count: int, first: int = 1) -> None:
    for number in range(first, first + count):
        event = decode(
            '{"type":"trade","code":"KRW-BTC","timestamp":1790000000000,"trade_price":97000000,'
            f'"trade_volume":0.1,"ask_bid":"BID","sequential_id":{number},"stream_type":"SNAPSHOT"}}'
        )
        assert isinstance(event, TradeEvent)
        manager.distribute_data(stamped(event, manager.stamp()))


# State: how far it is ahead.
class PushedClock:
    """The module ``time`` as it will be in some seconds."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def monotonic(self) -> float:
        """The time that may be pushed."""
        return time.monotonic() + self.ahead_s

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> PushedClock:
    """The clock by which a manager judges the last minute; a minute passes when it is pushed."""
    clock = PushedClock()
    for module in ("monitor", "readings", "report", "pump"):
        monkeypatch.setattr(f"upbit_ws_qt.qt.{module}.time", clock)
    return clock


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty looks a second, and three failed attempts in a row are many."""
    monkeypatch.setattr("upbit_ws_qt.qt.monitor._INTERVAL_S", 0.02)
    monkeypatch.setattr(RecoveryEngine, "CRITICAL_ATTEMPTS", 3)


def memory_mb() -> float:
    psutil = pytest.importorskip("psutil")
    return float(psutil.Process().memory_info().rss) / 2**20


@pytest.fixture
def upbit_settings(upbit_exchange: SimulatedExchange) -> FeedSettings:
    return replace(
        upbit_exchange.settings(),
        grace_period_s=0.05,
        limit_share=1.0,
        balance_poll_interval_s=0.05,
        connect_timeout_s=0.5,
        alert_latency_ms=500.0,
        alert_memory_mb=memory_mb() * 1.3 + 50,
        alert_clock_skew_ms=60_000.0,
    )


@pytest.fixture
def component() -> QObject:
    return QObject()


@pytest.fixture
def proxy(manager: GlobalWebSocketManager, component: QObject) -> WebSocketClientProxy:
    return WebSocketClientProxy("alarmed_one", manager, component)


# State: what it heard.
class Bell:
    """Hears the alerts of a manager."""

    def __init__(self, feed: Feed, manager: GlobalWebSocketManager) -> None:
        self.feed = feed
        self.manager = manager
        self.raised: list[Alert] = []
        self.cleared: list[Alert] = []
        manager.alert_raised.connect(self.raised.append)
        manager.alert_cleared.connect(self.cleared.append)

    @property
    def monitor(self) -> PerformanceMonitor:
        return self.manager._monitor

    def names(self) -> list[str]:
        """What rang, in order."""
        return [alert.name for alert in self.raised]

    def looks(self, number: int = 3) -> None:
        """Wait for so many looks."""
        for _ in range(number):
            self.feed.until(self._next_look())

    def _next_look(self) -> Callable[[], bool]:
        due = self.monitor._due
        return lambda: self.monitor._due != due

    def rings(self, name: str) -> Callable[[], bool]:
        """Whether it rings of this from now on."""
        before = len(self.raised)
        return lambda: name in self.names()[before:]

    def pass_time(self, clock: PushedClock, seconds: float) -> None:
        """It is later, though nobody was late."""
        clock.ahead_s += seconds
        self.monitor._due += seconds
        # Arrivals are told by this clock, so what was measured before cannot be compared.
        self.manager._pump.latency = LatencyEstimator()

    def a_minute_passes(self, clock: PushedClock) -> None:
        """What was measured is older than a minute, and was noted before."""
        self.pass_time(clock, 1.0)
        self.looks(1)
        self.pass_time(clock, 61.0)


@pytest.fixture
def bell(feed: Feed, manager: GlobalWebSocketManager) -> Bell:
    return Bell(feed, manager)


# -- faults ----------------------------------------------------------------------------------------


# State: the parts, and how many components it has made.
class Trouble:
    """Faults by the name of the alert that each is to raise, and happenings that are none."""

    def __init__(
        self,
        feed: Feed,
        exchange: SimulatedExchange,
        manager: GlobalWebSocketManager,
        clock: PushedClock,
        bell: Bell,
    ) -> None:
        self.feed = feed
        self.exchange = exchange
        self.faults = exchange.faults
        self.manager = manager
        self.clock = clock
        self.bell = bell
        self.component = QObject()
        self.made = 0
        protocol = manager._connections.protocols[PUBLIC]
        protocol.recovery._backoff = ExponentialBackoff(0.01, 0.01)

    def make_proxy(self) -> WebSocketClientProxy:
        """A component more."""
        self.made += 1
        return WebSocketClientProxy(f"troubled_{self.made}", self.manager, self.component)

    def flows(self) -> None:
        """Wait until the exchange's data comes again."""
        self.feed.until(lambda: self.manager.is_public_available())
        before = self.manager.health_check().messages
        self.feed.until(lambda: self.manager.health_check().messages > before + 3)

    def start_over(self) -> None:
        """Nothing is wrong any more, on a connection of its own."""
        self.faults.clear()
        epoch = self.manager.health_check().epochs[PUBLIC]
        self.faults.drop()
        self.feed.until(lambda: self.manager.health_check().epochs[PUBLIC] > epoch)

    @contextlib.contextmanager
    def begun(self, name: str) -> Iterator[None]:
        """A fault; when the block ends it is over, and a minute passes."""
        with getattr(self, name)():
            yield
        self.faults.clear()
        self.flows()
        self.bell.a_minute_passes(self.clock)

    # -- faults, by the alert -----------------------------------------------------------------

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Frames that nobody can read."""
        self.faults.corrupt("garbage", times=20)
        yield

    @contextlib.contextmanager
    def errors_of_a_callback(self) -> Iterator[None]:
        """A component all of whose callbacks fail; each of them is muted after ten failures."""

        def fails(event: Any) -> None:
            raise ValueError

        proxy = self.make_proxy()
        for _ in range(10):
            proxy.subscribe_trade(MARKETS, fails, delivery=Delivery.keep_all())
        yield
        proxy.cleanup()

    @contextlib.contextmanager
    def latency(self) -> Iterator[None]:
        """A long line."""
        self.faults.slow(1.2)
        yield
        # What is still under way would be late on the same connection.
        self.start_over()

    @contextlib.contextmanager
    def disconnected(self) -> Iterator[None]:
        """The exchange is away for a while."""
        self.faults.refuse("timeout", times=1)
        self.faults.drop()
        self.feed.until(lambda: self.manager.collect_metrics().disconnected_seconds)
        self.bell.pass_time(self.clock, 11.0)
        yield
        self.start_over()

    @contextlib.contextmanager
    def unreachable(self) -> Iterator[None]:
        """Nobody is let in."""
        self.faults.refuse(503)
        self.faults.drop()
        yield

    @contextlib.contextmanager
    def key_refused(self) -> Iterator[None]:
        """A key that is over."""
        proxy = self.make_proxy()
        key = self.exchange.credentials()
        self.faults.expire_key()
        self.manager.set_credentials(key)
        proxy.subscribe_balance(error_handler=lambda _: None)
        yield
        self.manager.set_credentials(None)
        proxy.cleanup()

    @contextlib.contextmanager
    def lost_streams(self) -> Iterator[None]:
        """The exchange forgets what it was asked for."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("upbit_ws_qt.liveness.ASK_ANYWAY_AFTER_S", 0.1)
            # What comes now makes it look at the clock sooner.
            self.flows()
            self.faults.lose_streams()
            yield

    @contextlib.contextmanager
    def dropped(self) -> Iterator[None]:
        """A component that is too slow for its queue."""
        gate = asyncio.Event()

        async def waits(event: Any) -> None:
            await gate.wait()

        proxy = self.make_proxy()
        proxy.subscribe_trade(MARKETS, waits, delivery=Delivery.drop_oldest(maxlen=1))
        yield
        gate.set()
        proxy.cleanup()

    @contextlib.contextmanager
    def rate_limited(self) -> Iterator[None]:
        """Somebody else on this address has used the limit up."""
        self.faults.refuse(429, of="rest")
        proxy = self.make_proxy()
        with pytest.raises(RateLimited):
            self.feed(proxy.get_ticker_snapshot([MARKET]))
        self.faults.clear("refuse")
        yield
        proxy.cleanup()

    @contextlib.contextmanager
    def loop_lag(self) -> Iterator[None]:
        """A slow slot."""
        until = time.monotonic() + 0.6
        while time.monotonic() < until:
            pass
        yield

    @contextlib.contextmanager
    def clock_skew(self) -> Iterator[None]:
        """Somebody has set this machine's clock back by an hour."""
        self.faults.skew_clock(3_600_000)
        yield
        # On the same connection the way back would look like an hour under way.
        self.start_over()

    @contextlib.contextmanager
    def memory(self) -> Iterator[None]:
        """The program needs more and more."""
        held = [bytearray(b"\1") * 2**20 for _ in range(int(memory_mb() * 0.5) + 100)]
        yield
        held.clear()

    # -- no faults ----------------------------------------------------------------------------

    def a_loss(self) -> None:
        """A connection that is back at once."""
        self.faults.drop(1012)
        self.feed.until(lambda: not self.manager.is_public_available())
        self.flows()

    def a_rare_error(self) -> None:
        """One callback of a hundred raises."""
        calls: list[Any] = []

        def fails_once(event: Any) -> None:
            calls.append(event)
            if len(calls) == 50:
                raise ValueError

        proxy = self.make_proxy()
        proxy.subscribe_trade(MARKETS, fails_once, delivery=Delivery.keep_all())
        send_trades(self.manager, 100, first=self.made * 1000)
        self.feed.until(lambda: len(calls) >= 100)
        proxy.cleanup()

    def a_slow_slot(self) -> None:
        """A tenth of a second is noticed by people, but is no reason to wake them."""
        until = time.monotonic() + 0.1
        while time.monotonic() < until:
            pass

    def a_mistake(self) -> None:
        """A program that asks for what is not there."""
        proxy = self.make_proxy()
        with pytest.raises(InvalidMarket):
            proxy.subscribe_ticker(["btc"])
        proxy.cleanup()

    def a_failed_call(self) -> None:
        """One REST call without an answer."""
        self.faults.refuse(502, of="rest")
        proxy = self.make_proxy()
        with pytest.raises(UpbitError):
            self.feed(proxy.get_orderbook_snapshot([MARKET]))
        self.faults.clear("refuse")
        proxy.cleanup()

    def a_halt(self) -> None:
        """Nothing trades for a while."""
        self.faults.halt_market()
        self.bell.looks(5)
        self.faults.clear("halt_market")

    def repetitions(self) -> None:
        """Frames come twice."""
        self.faults.duplicate(times=20)
        self.flows()


FAULTS = (
    "errors",
    "errors_of_a_callback",
    "latency",
    "disconnected",
    "unreachable",
    "key_refused",
    "lost_streams",
    "dropped",
    "rate_limited",
    "loop_lag",
    "clock_skew",
    "memory",
)
HARMLESS = (
    "a_loss",
    "a_rare_error",
    "a_slow_slot",
    "a_mistake",
    "a_failed_call",
    "a_halt",
    "repetitions",
)


@pytest.mark.allow_logs("what goes wrong is logged")
def test_faults_ring_and_calm_does_not(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
    clock: PushedClock,
    bell: Bell,
) -> None:
    """Every fault that a rule is for, with calm stretches in between, on one running manager.

    A fault that does not ring fails the wait for it; an alert without its fault is counted.
    """
    trouble = Trouble(feed, exchange, manager, clock, bell)
    feed(proxy.subscribe_orderbook(MARKETS))
    feed(proxy.subscribe_trade(MARKETS))
    expected: list[str] = []
    for _ in range(ROUNDS):
        for number, fault in enumerate(FAULTS):
            trouble.flows()
            getattr(trouble, HARMLESS[number % len(HARMLESS)])()
            trouble.flows()
            bell.a_minute_passes(clock)
            bell.looks()
            assert manager.alerts.active == (), bell.names()
            name = fault.removesuffix("_of_a_callback")
            rings = bell.rings(name)
            with trouble.begun(fault):
                feed.until(rings)
                expected.append(name)
            feed.until(lambda: not manager.alerts.active)

    needless = list(bell.names())
    for name in expected:
        needless.remove(name)
    # Where the machine itself stood still, it is right to say so.
    needless = [name for name in needless if name not in ("loop_lag", "latency")]
    assert len(needless) <= 0.05 * len(bell.raised), needless
    assert len(bell.cleared) == len(bell.raised)


@pytest.mark.allow_logs("what goes wrong is logged")
def test_a_blocked_address_rings_for_as_long_as_it_is_blocked(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
    clock: PushedClock,
    bell: Bell,
) -> None:
    feed(proxy.subscribe_ticker([MARKET]))
    feed.until(lambda: not manager.statistics().markets.wanted)
    exchange.faults.refuse(418, of="rest", times=1)
    with pytest.raises(RateLimited):
        feed(proxy.get_ticker_snapshot([MARKET]))
    feed.until(lambda: set(bell.names()) == {"rate_limited", "blocked"})
    severities = {alert.name: alert.severity for alert in bell.raised}
    assert severities == {"rate_limited": "warning", "blocked": "critical"}
    bell.a_minute_passes(clock)
    feed.until(lambda: len(bell.cleared) == 2)
    assert len(bell.raised) == 2


# -- an alert's life -------------------------------------------------------------------------------


def test_an_alert_tells_what_and_when_and_is_over_when_its_cause_is(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy, bell: Bell
) -> None:
    """With a rule of one's own, and without any fault."""
    feed(proxy.subscribe_ticker([MARKET]))
    manager.alerts.add_rule(
        AlertRule(
            name="crowd",
            value=lambda metrics: metrics.total_subscriptions,
            raise_above=2,
            clear_at=1,
            message="{value} components",
            severity=Severity.INFO,
        )
    )
    bell.looks()
    assert bell.raised == []
    others = [proxy.subscribe_ticker([MARKET]) for _ in range(2)]
    feed.until(lambda: bell.raised)
    bell.looks()
    [alert] = bell.raised
    assert (alert.name, alert.message, alert.severity) == ("crowd", "3 components", "info")
    assert alert.metrics.total_subscriptions == 3
    assert abs(alert.raised_at.timestamp() - time.time()) < 20
    assert list(manager.alerts.active) == [alert]

    for other in others:
        other.unsubscribe()
    feed.until(lambda: bell.cleared)
    bell.looks()
    [over] = bell.cleared
    assert over == replace(alert, cleared_at=over.cleared_at)
    assert over.cleared_at is not None
    assert over.cleared_at > alert.raised_at
    assert list(manager.alerts.active) == []
    assert list(manager.alerts.recent) == [over]


def test_an_alert_that_lasts_is_watched_though_nothing_is_wanted_any_more(
    feed: Feed,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
    clock: PushedClock,
    bell: Bell,
) -> None:
    wish = proxy.subscribe_ticker([MARKET])
    feed(wish)
    held_up = time.monotonic() + 0.6
    while time.monotonic() < held_up:
        pass
    feed.until(lambda: bell.raised)
    wish.unsubscribe()
    feed.until(lambda: manager.connection_state(PUBLIC) is ConnectionState.IDLE)
    bell.looks()
    assert bell.cleared == []
    bell.a_minute_passes(clock)
    feed.until(lambda: bell.cleared)
    feed.until(lambda: not bell.monitor._timer.isActive())
    assert bell.names() == ["loop_lag"]


@pytest.mark.allow_logs("a refused key is logged")
def test_a_key_that_is_refused_rings_until_there_is_another(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
    bell: Bell,
) -> None:
    """Nothing else is in use: the alert comes with the word of the connection."""
    told: list[ConnectionEvent] = []
    manager.connection_changed.connect(told.append)
    proxy.subscribe_balance()
    feed.until(lambda: told and told[-1].state is ConnectionState.REFUSED)
    feed.turns()
    assert bell.raised == [], "to have no key is a choice"
    assert not manager.collect_metrics().is_key_refused
    wrong = exchange.credentials()
    wrong.secret_key = "x" * 40
    manager.set_credentials(wrong)
    feed.until(lambda: bell.raised)
    assert bell.names() == ["key_refused"]
    assert wrong.access_key not in repr(bell.raised)
    assert wrong.secret_key not in repr(bell.raised)
    manager.set_credentials(exchange.credentials())
    feed.until(lambda: bell.cleared)
    assert bell.names() == ["key_refused"]


def test_a_stop_ends_every_alert(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy, bell: Bell
) -> None:
    feed(proxy.subscribe_ticker([MARKET]))
    manager.alerts.add_rule(always())
    feed.until(lambda: bell.raised)
    feed(manager.stop())
    assert [alert.name for alert in bell.cleared] == ["always"]
    assert manager.alerts.active == ()
    assert not bell.monitor._timer.isActive()
    feed(manager.start())
    feed.until(lambda: len(bell.raised) == 2)


def always(name: str = "always") -> AlertRule:
    """Rings as soon as somebody looks."""
    return AlertRule(
        name=name, value=lambda _: 1.0, raise_above=0.0, clear_at=0.0, message="it is so"
    )


def test_whoever_is_told_may_stop_everything(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy, bell: Bell
) -> None:
    feed(proxy.subscribe_ticker([MARKET]))
    manager.alert_raised.connect(lambda _: proxy.start(manager.stop()))
    manager.alerts.add_rule(always())
    feed.until(lambda: bell.cleared)
    assert not bell.monitor._timer.isActive()


def test_whoever_is_told_may_open_a_dialog(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy, bell: Bell
) -> None:
    """Inside it the looks go on, and what rang does not ring again."""
    nested: list[int] = []

    def opens(_alert: Alert) -> None:
        manager.alert_raised.disconnect(opens)
        dialog = QEventLoop()
        due = bell.monitor._due
        poll = QTimer()

        def look() -> None:
            if bell.monitor._due > due + 0.05:
                dialog.quit()

        poll.timeout.connect(look)
        poll.start(2)
        dialog.exec()
        poll.stop()
        nested.append(len(bell.raised))

    feed(proxy.subscribe_ticker([MARKET]))
    manager.alert_raised.connect(opens)
    manager.alerts.add_rule(always())
    feed.until(lambda: nested)
    bell.looks()
    assert nested == [1]
    assert bell.names() == ["always"]


def test_an_alert_may_be_sent_by_hand(manager: GlobalWebSocketManager, bell: Bell) -> None:
    alert = manager.alerts.send_alert(
        "the disk is full", Severity.WARNING, manager.collect_metrics()
    )
    assert bell.raised == [alert]
    assert (manager.alerts.active, manager.alerts.recent) == ((), (alert,))


def test_alerts_are_for_the_gui_thread(feed: Feed, manager: GlobalWebSocketManager) -> None:
    with pytest.raises(WrongThread):
        feed(asyncio.to_thread(lambda: manager.alerts))


# -- memory ----------------------------------------------------------------------------------------


# State: itself, so that only the collector frees it.
class Ring:
    """Garbage."""

    def __init__(self) -> None:
        self.itself = self


def test_with_little_memory_left_caches_are_trimmed_then_garbage_is_collected_once_a_minute(
    feed: Feed,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
    clock: PushedClock,
    bell: Bell,
) -> None:
    feed(proxy.subscribe_ticker([MARKET]))
    told: list[str] = []
    manager.memory_short.connect(lambda _: told.append("short"))
    gc.disable()
    try:
        ring = Ring()
        weakref.finalize(ring, told.append, "freed")
        manager.memory_short.connect(lambda _, rings=[ring]: rings.clear())
        del ring
        bell.looks()
        assert told == []
        held = b"\1" * (int(memory_mb() * 0.5 + 100) * 2**20)
        feed.until(lambda: len(told) == 2)
        assert told == ["short", "freed"]
        bell.looks()
        assert len(told) == 2
        bell.a_minute_passes(clock)
        feed.until(lambda: len(told) == 3)
        del held
    finally:
        gc.enable()
    # Taking so much memory may hold the thread, and then the lag rings too.
    assert bell.names().count("memory") == 1


@pytest.mark.upbit_exchange(realtime=False)
def test_garbage_is_not_collected_while_a_frame_is_due(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy, bell: Bell
) -> None:
    feed(proxy.subscribe_ticker([MARKET]))
    collected: list[bool] = []
    bridge = manager._pump.bridge

    def began(phase: str, info: dict[str, int]) -> None:
        if phase == "start" and info["generation"] == 2:
            collected.append(bridge.is_awake)

    gc.disable()
    gc.callbacks.append(began)
    try:
        bridge.wake_at(time.monotonic() + 3600.0)
        bell.monitor._is_garbage_due = True
        # In one breath: a frame that was on its way would take this one's place.
        bell.monitor.check()
        assert collected == []
        bridge.stop()
        feed.until(lambda: collected)
        bell.looks()
        assert collected == [False]
    finally:
        gc.callbacks.remove(began)
        gc.enable()


# -- the dashboard ---------------------------------------------------------------------------------


def test_the_dashboard_tells_everything_at_once(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy, bell: Bell
) -> None:
    feed(proxy.subscribe_ticker([MARKET]))
    dashboard = WebSocketDashboard()
    calm = dashboard.get_dashboard_data()
    assert (calm.active_alerts, calm.recent_alerts) == ((), ())
    manager.alerts.add_rule(always())
    feed.until(lambda: bell.raised)
    data = WebSocketDashboard(manager).get_dashboard_data()
    assert data.active_alerts == tuple(bell.raised)
    assert data.health.status == "healthy"
    assert data.metrics.total_subscriptions == 1
    assert data.metrics.time == data.time > calm.time
    assert data.statistics.connections[PUBLIC].protocol.requests_sent == 1
    manager.alerts.remove_rule("always")
    feed.until(lambda: bell.cleared)
    over = dashboard.get_dashboard_data()
    assert (over.active_alerts, over.recent_alerts) == ((), tuple(bell.cleared))
