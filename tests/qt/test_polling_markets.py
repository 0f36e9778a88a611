"""Markets without a socket: read over REST, marked, for whom it matters, and back seamlessly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.feed import Feed
from upbit_ws_qt import (
    CandleEvent,
    ConnectionEvent,
    ConnectionState,
    ConnectionType,
    DataType,
    Delivery,
    FeedSettings,
    GapState,
    GlobalWebSocketManager,
    HealthStatus,
    InvalidRequest,
    Source,
    TickerEvent,
    TradeEvent,
    WebSocketClientProxy,
)
from upbit_ws_qt.net.http import RestClient
from upbit_ws_qt.simulator import SimulatedExchange

MARKET = "KRW-BTC"
PUBLIC, PRIVATE = ConnectionType.PUBLIC, ConnectionType.PRIVATE
KINDS = ("ticker", "orderbook", "trade", "candle")


@pytest.fixture
def upbit_settings(upbit_exchange: SimulatedExchange) -> FeedSettings:
    """What takes seconds otherwise is quick here."""
    return replace(
        upbit_exchange.settings(),
        grace_period_s=0.05,
        fallback_after_s=0.05,
        market_poll_interval_s=0.05,
        balance_poll_interval_s=0.05,
        order_poll_interval_s=0.05,
    )


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Which path was called for which markets."""
    calls: list[tuple[str, str]] = []
    original = RestClient.call

    async def call(self: RestClient, call: Any, *rest: Any) -> Any:
        params = dict(call.params)
        calls.append((call.path, str(params.get("markets", params.get("market", "")))))
        return await original(self, call, *rest)

    monkeypatch.setattr(RestClient, "call", call)
    return calls


class Screen:
    """A component that shows everything of some markets."""

    def __init__(
        self,
        feed: Feed,
        exchange: SimulatedExchange,
        manager: GlobalWebSocketManager,
        owner: QObject | None = None,
        name: str = "screen_main",
    ) -> None:
        self.feed, self.exchange, self.manager = feed, exchange, manager
        self.owner = owner or QObject()
        self.seen: dict[str, list[Any]] = defaultdict(list)
        self.proxy = WebSocketClientProxy(name, manager, self.owner)
        self.turns: list[str] = []
        manager.fallback_entered.connect(self.entered)
        manager.fallback_left.connect(self.left)

    def entered(self, event: ConnectionEvent) -> None:
        self.turns.append(f"entered {event.connection_type}")

    def left(self, event: ConnectionEvent) -> None:
        self.turns.append(f"left {event.connection_type}")

    def show(self, *codes: str, delivery: Delivery | None = None) -> None:
        seen = self.seen
        self.proxy.subscribe_ticker(codes, seen["ticker"].append, delivery=delivery)
        self.proxy.subscribe_orderbook(codes, seen["orderbook"].append, delivery=delivery)
        self.proxy.subscribe_trade(codes, seen["trade"].append, delivery=delivery)
        self.proxy.subscribe_candle(codes, "1m", seen["candle"].append, delivery=delivery)

    def has_all(self, source: Source) -> bool:
        """Whether the newest of each kind came from there."""
        return all(self.seen[kind] and self.seen[kind][-1].source is source for kind in KINDS)

    def has_markets(self, kind: str, codes: set[str]) -> bool:
        """Whether something came of each of these."""
        return codes <= {event.code for event in self.seen[kind]}

    def has_many(self, kind: str, count: int) -> bool:
        """Whether something came of so many markets."""
        return len({event.code for event in self.seen[kind]}) >= count

    def forget(self) -> None:
        for events in self.seen.values():
            events.clear()

    def refuse_sockets(self) -> None:
        self.exchange.faults.refuse(503, of="sockets")
        self.exchange.faults.drop()

    def allow_sockets(self) -> None:
        self.exchange.faults.clear("refuse")

    def state(self, connection: ConnectionType = PUBLIC) -> ConnectionState:
        return self.manager.connection_state(connection)

    def pass_time(self, ms: int = 60_000) -> None:
        self.feed(self.exchange.advance(ms))

    def numbers(self) -> list[int]:
        return [event.sequential_id for event in self.seen["trade"]]

    def ledger(self, code: str = MARKET) -> list[int]:
        """The exchange's own list since the first trade that came."""
        first = self.numbers()[0]
        found: list[int] = []
        for trade in self.exchange.floor.market(code).trades_backwards(self.exchange.now_ms):
            if trade is not None:
                if trade.sequential_id < first:
                    break
                found.append(trade.sequential_id)
        return found[::-1]

    def is_up_to_date(self) -> bool:
        last = self.exchange.floor.market(MARKET).last_trade(self.exchange.now_ms)
        return last is not None and last.sequential_id in self.numbers()


@pytest.fixture
def screen(feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager) -> Screen:
    return Screen(feed, exchange, manager)


def times(events: list[Any]) -> Iterator[tuple[int, float]]:
    for event in events:
        if isinstance(event, CandleEvent):
            yield event.start_ms, event.volume
        else:
            yield event.timestamp, 0.0


def test_without_a_socket_everything_comes_over_rest_and_says_so(screen: Screen) -> None:
    screen.show(MARKET, "KRW-ETH")
    screen.feed.until(lambda: screen.has_all(Source.WEBSOCKET))
    screen.refuse_sockets()
    # It is told with the next frame.
    screen.feed.until(lambda: screen.turns)
    assert screen.turns == ["entered public"]
    assert screen.state() is ConnectionState.POLLING
    screen.pass_time()
    screen.feed.until(lambda: screen.has_all(Source.POLLED))
    assert {event.code for event in screen.seen["ticker"][-2:]} == {MARKET, "KRW-ETH"}
    health = screen.manager.health_check()
    assert health.status is HealthStatus.DEGRADED
    assert "the public connection is polling" in health.reason


def test_who_subscribes_without_a_socket_is_served_too(screen: Screen) -> None:
    screen.exchange.faults.refuse(503, of="sockets")
    tickers: list[TickerEvent] = []
    screen.feed(screen.proxy.subscribe_ticker([MARKET], tickers.append))
    assert [ticker.source for ticker in tickers] == [Source.POLLED]
    screen.feed(screen.proxy.subscribe_trade([MARKET], screen.seen["trade"].append))
    assert screen.seen["trade"][-1].source is Source.POLLED


def test_back_to_the_socket_without_a_seam(screen: Screen) -> None:
    """Neither a hole nor anything twice, and nothing older after what is newer."""
    gaps: list[Any] = []
    screen.proxy.gap_detected.connect(gaps.append)
    screen.show(MARKET)
    screen.feed.until(lambda: screen.has_all(Source.WEBSOCKET))
    for _ in range(2):
        screen.refuse_sockets()
        screen.feed.until(lambda: screen.state() is ConnectionState.POLLING)
        for _ in range(3):
            screen.pass_time(30_000)
            screen.feed.until(screen.is_up_to_date)
        # Of what is traded between the last answer and the first frame nobody has told yet.
        screen.allow_sockets()
        screen.pass_time(20_000)
        screen.feed.until(lambda: screen.state() is ConnectionState.CONNECTED)
        screen.pass_time()
        screen.feed.until(lambda: screen.is_up_to_date() and screen.has_all(Source.WEBSOCKET))
    screen.feed.until(lambda: screen.turns == ["entered public", "left public"] * 2)
    assert screen.numbers() == screen.ledger()
    for kind in ("ticker", "orderbook", "candle"):
        found = list(times(screen.seen[kind]))
        assert found == sorted(found), f"an older {kind} came after a newer one"
    assert GapState.UNFILLABLE not in [gap.state for gap in gaps]
    rows = screen.feed(screen.proxy.get_candle_snapshot(MARKET, "1m", 10))
    last = {candle.start_ms: candle.volume for candle in screen.seen["candle"]}
    assert len(last) > 5
    for row in rows:
        assert last.get(row.start_ms, row.volume) == row.volume
    assert screen.manager.health_check().status is not HealthStatus.CRITICAL


def test_what_nobody_can_see_is_not_asked_for(
    qtbot: QtBot,
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    asked: list[tuple[str, str]],
) -> None:
    shown, hidden = QWidget(), QWidget()
    screens = [
        Screen(feed, exchange, manager, widget, f"screen_{number}")
        for number, widget in enumerate((shown, hidden))
    ]
    for screen, widget, code in zip(screens, (shown, hidden), (MARKET, "KRW-XRP"), strict=True):
        qtbot.addWidget(widget)
        widget.show()
        screen.proxy.pause_while_hidden()
        screen.show(code, delivery=Delivery.coalesce_by_symbol())
        feed.until(partial(screen.has_all, Source.WEBSOCKET))
    hidden.hide()
    one, other = screens
    one.refuse_sockets()
    feed.until(lambda: one.state() is ConnectionState.POLLING)
    asked.clear()
    one.pass_time()
    feed.until(lambda: one.has_all(Source.POLLED))
    assert asked
    assert not any("KRW-XRP" in codes for _, codes in asked)
    hidden.show()
    feed.until(lambda: other.has_all(Source.POLLED))
    assert any("KRW-XRP" in codes for _, codes in asked)


def test_a_hidden_component_that_was_promised_each_event_is_served(
    qtbot: QtBot, feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    """An alarm must not fall silent in the tray."""
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    screen = Screen(feed, exchange, manager, widget)
    screen.proxy.pause_while_hidden()
    alarms: list[TickerEvent] = []
    feed(screen.proxy.subscribe_ticker([MARKET], alarms.append, delivery=Delivery.immediate()))
    widget.hide()
    screen.refuse_sockets()
    feed.until(lambda: screen.state() is ConnectionState.POLLING)
    alarms.clear()
    screen.pass_time()
    feed.until(lambda: alarms)
    assert alarms[-1].source is Source.POLLED


@pytest.mark.allow_logs("that the market is gone is told")
def test_a_market_that_is_gone_does_not_take_the_others_with_it(screen: Screen) -> None:
    codes = [MARKET, "KRW-ETH", "KRW-XRP", "KRW-SOL", "KRW-DOGE"]
    screen.show(*codes)
    screen.feed.until(lambda: screen.has_all(Source.WEBSOCKET))
    screen.refuse_sockets()
    screen.exchange.faults.delist_market("KRW-XRP")
    screen.feed.until(lambda: screen.state() is ConnectionState.POLLING)
    screen.forget()
    others = {*codes} - {"KRW-XRP"}
    for _ in range(3):
        screen.pass_time(120_000)
        for kind in KINDS:
            screen.feed.until(partial(screen.has_markets, kind, others))
        screen.forget()


@pytest.mark.allow_logs("refusals are logged")
def test_an_exchange_that_answers_nothing_for_a_while_is_polled_when_it_does(
    screen: Screen,
) -> None:
    """Its refusals are not taken for those of markets."""
    errors: list[Any] = []
    screen.manager.error_occurred.connect(errors.append)
    screen.show(MARKET, "KRW-ETH")
    screen.feed.until(lambda: screen.has_all(Source.WEBSOCKET))
    screen.exchange.faults.refuse(503, of="both")
    screen.exchange.faults.drop()
    screen.feed.until(lambda: errors)
    screen.forget()
    screen.allow_sockets()
    screen.refuse_sockets()
    screen.pass_time()
    screen.feed.until(
        lambda: {event.code for event in screen.seen["ticker"]} == {MARKET, "KRW-ETH"}
    )


def test_the_limits_hold_with_many_markets_of_each_kind(screen: Screen) -> None:
    """Each is served, the many more seldom, and the exchange never has to say no."""
    codes = list(screen.exchange.floor.listings)[:120]
    assert len(codes) == 120
    screen.exchange.faults.refuse(503, of="sockets")
    screen.show(*codes)
    for kind, count in {"ticker": 120, "orderbook": 120, "trade": 20, "candle": 20}.items():
        screen.feed.until(partial(screen.has_many, kind, count))
    # Nobody waits for a kind of which there is more to read.
    assert not screen.has_many("trade", 120)
    statistics = screen.manager.statistics()
    assert statistics.limiter.refusals == 0
    assert statistics.rest.refused == 0


def test_some_kinds_may_be_polled_by_choice_and_the_others_stay(
    screen: Screen, asked: list[tuple[str, str]]
) -> None:
    screen.show(MARKET)
    screen.feed.until(lambda: screen.has_all(Source.WEBSOCKET))
    screen.manager.switch_to_rest_fallback([DataType.TICKER, "trade"])
    kinds = {"orderbook", "candle.1m"}
    screen.feed.until(
        lambda: {stream.type for stream in screen.manager.wire_subscription()} == kinds
    )
    screen.pass_time()
    screen.feed.until(lambda: screen.seen["ticker"][-1].source is Source.POLLED)
    screen.feed.until(screen.is_up_to_date)
    screen.feed.until(lambda: screen.seen["orderbook"][-1].source is Source.WEBSOCKET)
    assert screen.state() is ConnectionState.CONNECTED
    assert screen.turns == []
    assert not any(path == "/v1/orderbook" for path, _ in asked)

    screen.manager.switch_to_rest_fallback([])
    screen.pass_time()
    screen.feed.until(lambda: screen.has_all(Source.WEBSOCKET) and screen.is_up_to_date())
    assert screen.numbers() == screen.ledger()
    found = list(times(screen.seen["ticker"]))
    assert found == sorted(found)
    asked.clear()
    screen.pass_time()
    screen.feed.until(screen.is_up_to_date)
    assert not any(path == "/v1/ticker" for path, _ in asked)


def test_all_kinds_may_be_polled_by_choice_where_sockets_are_blocked(screen: Screen) -> None:
    screen.exchange.faults.refuse("reset", of="sockets")
    screen.manager.switch_to_rest_fallback(KINDS)
    screen.show(MARKET)
    screen.feed.until(lambda: screen.has_all(Source.POLLED))
    screen.pass_time()
    screen.feed.until(screen.is_up_to_date)
    assert screen.state() is ConnectionState.IDLE
    assert screen.exchange.requests == []
    assert screen.numbers() == screen.ledger()


def test_an_account_may_be_polled_by_choice(screen: Screen, asked: list[tuple[str, str]]) -> None:
    balances: list[Any] = []
    orders: list[Any] = []
    screen.manager.set_credentials(screen.exchange.credentials())
    screen.manager.switch_to_rest_fallback([DataType.BALANCE, DataType.ORDER])
    screen.feed(screen.proxy.subscribe_balance(balances.append))
    screen.feed(screen.proxy.subscribe_orders(orders.append))
    assert balances[-1].source is Source.POLLED
    assert screen.exchange.requests == []
    asked.clear()
    screen.feed.until(lambda: {"/v1/accounts", "/v1/orders/open"} <= {path for path, _ in asked})
    screen.manager.switch_to_rest_fallback([])
    screen.feed.until(lambda: screen.state(PRIVATE) is ConnectionState.CONNECTED)


def test_without_a_key_nothing_of_an_account_is_asked(
    screen: Screen, asked: list[tuple[str, str]]
) -> None:
    screen.proxy.subscribe_balance()
    screen.proxy.subscribe_orders()
    screen.show(MARKET)
    screen.manager.switch_to_rest_fallback([*KINDS, "balance", "order"])
    screen.feed.until(lambda: screen.has_all(Source.POLLED))
    assert screen.state(PRIVATE) is ConnectionState.REFUSED
    assert {path for path, _ in asked} <= {
        "/v1/market/all",
        "/v1/orderbook/instruments",
        "/v1/orderbook",
        "/v1/ticker",
        "/v1/trades/ticks",
        "/v1/candles/minutes/1",
    }


@pytest.mark.parametrize("kind", [DataType.STATUS, "custom", "nonsense"])
def test_what_cannot_be_polled_is_refused_at_once(
    manager: GlobalWebSocketManager, kind: DataType | str
) -> None:
    with pytest.raises((InvalidRequest, ValueError)):
        manager.switch_to_rest_fallback([kind])


def test_what_is_seen_again_has_all_trades(
    qtbot: QtBot, feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    """Hidden for a minute without a socket: when it is shown, what was traded is put in order."""
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    screen = Screen(feed, exchange, manager, widget)
    screen.proxy.pause_while_hidden()
    trades: list[TradeEvent] = screen.seen["trade"]
    delivery = Delivery.drop_oldest(5_000)
    feed(screen.proxy.subscribe_trade([MARKET], trades.append, delivery=delivery))
    screen.refuse_sockets()
    feed.until(lambda: screen.state() is ConnectionState.POLLING)
    widget.hide()
    screen.pass_time()
    widget.show()
    feed.until(screen.is_up_to_date)
    assert screen.numbers() == screen.ledger()
