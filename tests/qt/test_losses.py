"""However the public connection ends, it comes back and carries what is wanted."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PyQt6.QtCore import QObject

from tests.feed import Feed
from upbit_ws_qt import (
    ConnectionEvent,
    ConnectionState,
    ConnectionType,
    FeedSettings,
    GlobalWebSocketManager,
    SubscriptionLost,
    TickerEvent,
    TradeEvent,
    WebSocketClientProxy,
)
from upbit_ws_qt.protocol import ProtocolStatistics
from upbit_ws_qt.simulator import Faults, SimulatedExchange

MARKET = "KRW-BTC"

ENDS: dict[str, tuple[Callable[[Faults], None], str]] = {
    "a clean close": (lambda faults: faults.drop(1000), "code 1000"),
    "going away": (lambda faults: faults.drop(1001), "code 1001"),
    "restarting": (lambda faults: faults.drop(1012), "code 1012"),
    "no close frame": (lambda faults: faults.drop(), "code 1006"),
    "a reset": (lambda faults: faults.reset(), "code 1006"),
    "broken framing": (lambda faults: faults.corrupt("framing", times=1), "code 1006"),
}


def patience(monkeypatch: pytest.MonkeyPatch, **seconds: float) -> None:
    """Be less patient with silence than the exchange needs."""
    for name, value in seconds.items():
        monkeypatch.setattr(f"upbit_ws_qt.liveness.{name}", value)


@pytest.fixture
def upbit_settings(
    upbit_exchange: SimulatedExchange, request: pytest.FixtureRequest
) -> FeedSettings:
    """Those of every test, with the seconds of this one."""
    seconds: dict[str, float] = getattr(request, "param", {})
    return replace(upbit_exchange.settings(), grace_period_s=0.05, **seconds)


def with_settings(**seconds: float) -> pytest.MarkDecorator:
    """Run a test with these settings."""
    ids = ["-".join(seconds)]
    return pytest.mark.parametrize("upbit_settings", [seconds], indirect=True, ids=ids)


class Watcher:
    """One component, and what became of the connection."""

    def __init__(self, feed: Feed, manager: GlobalWebSocketManager) -> None:
        self.feed = feed
        self.manager = manager
        self.owner = QObject()
        self.tickers: list[TickerEvent] = []
        self.trades: list[TradeEvent] = []
        self.changes: list[ConnectionEvent] = []
        proxy = WebSocketClientProxy("watcher_one", manager, self.owner)
        feed(proxy.subscribe_ticker([MARKET], self.tickers.append))
        feed(proxy.subscribe_trade([MARKET], self.trades.append))
        manager.connection_changed.connect(self._changed)

    def statistics(self) -> ProtocolStatistics:
        """What the public connection has done."""
        return self.manager.statistics().connections[ConnectionType.PUBLIC].protocol

    def _changed(self, event: ConnectionEvent) -> None:
        if event.connection_type is ConnectionType.PUBLIC:
            self.changes.append(event)

    def lost(self) -> ConnectionEvent:
        """Wait until the connection is lost; what was said of it."""
        self.feed.until(lambda: self.changes)
        return self.changes[0]

    def back(self, exchange: SimulatedExchange) -> None:
        """Wait until everything flows again, on a connection of its own."""
        self.feed.until(
            lambda: (
                self.manager.connection_state(ConnectionType.PUBLIC) is ConnectionState.CONNECTED
                and len(self.manager.wire_subscription()) == 2
            )
        )
        seen = len(self.tickers), len(self.trades)
        self.feed(exchange.advance(60_000))
        self.feed.until(lambda: len(self.tickers) > seen[0] and len(self.trades) > seen[1])
        epochs = [ticker.epoch for ticker in self.tickers]
        assert epochs == sorted(epochs)
        assert epochs[-1] == self.manager.health_check().epochs[ConnectionType.PUBLIC] > 1


@pytest.mark.parametrize("end", ENDS)
def test_a_connection_that_ends_is_made_anew_within_a_second(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, end: str
) -> None:
    watcher = Watcher(feed, manager)
    strike, said = ENDS[end]
    strike(exchange.faults)
    feed(exchange.advance(60_000))

    event = watcher.lost()

    assert (event.state, event.attempt) == (ConnectionState.RECONNECTING, 1)
    assert 0.0 < event.retry_in_s <= 1.0
    assert f"connection 1 ended with {said}" in event.reason
    watcher.back(exchange)


@pytest.mark.parametrize("how", [401, 403, 404, 500, 503, "reset"])
def test_a_dial_that_is_refused_is_tried_again_with_growing_waits(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, how: int | str
) -> None:
    """The public side carries no key, so whoever says 401 there is a gateway, and they recover."""
    watcher = Watcher(feed, manager)
    exchange.faults.refuse(how, of="sockets", times=1)  # type: ignore[arg-type]
    exchange.faults.drop()
    watcher.lost()

    def waits() -> list[ConnectionEvent]:
        return [c for c in watcher.changes if c.state is ConnectionState.RECONNECTING]

    feed.until(lambda: len(waits()) == 2)
    first, second = waits()
    assert (first.attempt, second.attempt) == (1, 2)
    assert first.retry_in_s <= 1.0 <= second.retry_in_s <= 2.0
    watcher.back(exchange)


@pytest.mark.parametrize(("status", "least_s"), [(429, 0.9), (418, 59.0)])
def test_a_dial_that_is_refused_for_a_limit_waits_at_least_as_long_as_that_asks(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    status: int,
    least_s: float,
) -> None:
    watcher = Watcher(feed, manager)
    exchange.faults.refuse(status, of="sockets", times=1)
    exchange.faults.drop()

    def waits() -> list[ConnectionEvent]:
        return [c for c in watcher.changes if c.state is ConnectionState.RECONNECTING]

    feed.until(lambda: len(waits()) == 2)
    assert waits()[1].retry_in_s >= least_s
    assert manager.health_check().status != "healthy"


def test_a_name_that_cannot_be_looked_up_is_looked_up_again(
    feed: Feed,
    exchange: SimulatedExchange,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, asked = socket.getaddrinfo, [0]

    def look_up(host: str, *rest: Any, **more: Any) -> Any:
        if host != "localhost":
            return real(host, *rest, **more)
        asked[0] += 1
        if asked[0] == 2:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return real("127.0.0.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    settings = exchange.settings()
    by_name = settings.public_url.replace("127.0.0.1", "localhost")
    owner = QObject()
    manager = GlobalWebSocketManager(settings=replace(settings, public_url=by_name), parent=owner)
    watcher = Watcher(feed, manager)
    exchange.faults.drop()
    feed.until(lambda: asked[0] == 3)
    first, second = (c for c in watcher.changes if c.state is ConnectionState.RECONNECTING)
    assert "looked up" in second.reason
    assert first.retry_in_s <= 1.0 <= second.retry_in_s <= 2.0
    watcher.back(exchange)
    feed(manager.stop())


def test_an_exchange_that_accepts_and_closes_is_not_dialled_without_end(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    watcher = Watcher(feed, manager)
    exchange.faults.accept_then_close(after_ms=0)
    exchange.faults.drop()

    def waits() -> list[float]:
        lost = [c for c in watcher.changes if c.state is ConnectionState.RECONNECTING]
        return [event.retry_in_s for event in lost]

    feed.until(lambda: len(waits()) == 3)
    for wait, longest in zip(waits(), (1.0, 2.0, 4.0), strict=True):
        assert longest / 2 <= wait <= longest
    exchange.faults.clear()
    watcher.back(exchange)


def test_an_exchange_that_has_fallen_silent_is_given_up_though_the_socket_stays_open(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    patience(monkeypatch, PING_AFTER_S=0.2, PONG_WITHIN_S=0.2)
    watcher = Watcher(feed, manager)
    exchange.faults.half_open()
    event = watcher.lost()
    assert event.state is ConnectionState.RECONNECTING
    assert "ping was not answered" in event.reason
    watcher.back(exchange)


@with_settings(stale_after_s=0.2, answer_within_s=0.5)
def test_an_exchange_that_answers_pings_and_says_nothing_is_given_up(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watcher = Watcher(feed, manager)
    exchange.faults.silence()
    patience(monkeypatch, PING_AFTER_S=0.05)
    event = watcher.lost()
    assert event.state is ConnectionState.RECONNECTING
    assert "no answer to LIST_SUBSCRIPTIONS" in event.reason
    assert watcher.statistics().pings >= 1
    assert watcher.statistics().dead == 1
    exchange.faults.clear()
    watcher.back(exchange)


@with_settings(stale_after_s=0.1)
def test_a_quiet_market_is_asked_about_and_kept(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    """The exchange answers in the format of the running streams, and does not change it."""
    watcher = Watcher(feed, manager)
    feed.until(lambda: watcher.statistics().quiet >= 3)
    assert watcher.changes == []
    assert watcher.statistics().changed == 0
    round_trip_s = watcher.statistics().round_trip_s
    assert round_trip_s is not None
    assert 0.0 <= round_trip_s < 10.0
    feed(exchange.advance(60_000))
    feed.until(lambda: watcher.tickers[-1].stream_type == "REALTIME")
    assert watcher.statistics().decode_errors == 0


@with_settings(stale_after_s=0.2)
@pytest.mark.allow_logs("a lost stream is named in the log")
def test_streams_that_the_exchange_has_lost_without_a_word_are_asked_for_again(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    patience(monkeypatch, CHECK_AFTER_S=0.2)
    watcher = Watcher(feed, manager)
    errors: list[Exception] = []
    manager.error_occurred.connect(errors.append)
    exchange.faults.lose_streams("trade")
    quiet = watcher.statistics().quiet

    feed.until(lambda: watcher.statistics().resent and watcher.statistics().quiet > quiet)

    (error,) = errors
    assert isinstance(error, SubscriptionLost)
    assert error.missing == ("trade KRW-BTC",)
    assert "lacks trade KRW-BTC; it is asked for again" in caplog.text
    assert (watcher.statistics().changed, watcher.statistics().resent) == (1, 1)
    assert watcher.changes == [], "the connection is the same"
    seen = len(watcher.trades)
    feed(exchange.advance(60_000))
    feed.until(lambda: len(watcher.trades) > seen)
