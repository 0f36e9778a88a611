"""09:00 in Korea: a market that has not been traded since shows the new day all the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest
from PyQt6.QtCore import QObject

from tests.feed import Feed
from upbit_ws_qt import (
    UPBIT_KR,
    ConnectionType,
    GlobalWebSocketManager,
    Source,
    TickerEvent,
    WebSocketClientProxy,
)
from upbit_ws_qt.qt import day
from upbit_ws_qt.rollover import DAY_MS, day_start
from upbit_ws_qt.simulator import SimulatedExchange

BUSY, QUIET, OTHER = "KRW-BTC", "KRW-XRP", "KRW-ETH"
#: 00:00 UTC of a day that this machine does not take for today.
MIDNIGHT_MS = day_start(1_790_000_000_000) + DAY_MS


# State: all tickers, by market.
class Desk:
    """Follows the tickers of some markets."""

    def __init__(self, manager: GlobalWebSocketManager, name: str, *codes: str) -> None:
        self.tickers: dict[str, list[TickerEvent]] = {code: [] for code in codes}
        self.owner = QObject()
        self.proxy = WebSocketClientProxy(name, manager, self.owner)
        self.proxy.subscribe_ticker(codes, lambda event: self.tickers[event.code].append(event))

    def derived(self, code: str) -> list[TickerEvent]:
        return [event for event in self.tickers[code] if event.source is Source.DERIVED]

    def newest(self, code: str) -> TickerEvent:
        return self.tickers[code][-1]


def walk(feed: Feed, exchange: SimulatedExchange, desk: Desk, until_ms: int) -> None:
    """Let the exchange go on to that time and wait for what it says of the busy market."""
    feed(exchange.advance(until_ms - exchange.now_ms))
    feed.until(lambda: desk.newest(BUSY).timestamp >= until_ms - 5_000)


def walk_on(feed: Feed, exchange: SimulatedExchange, condition: Callable[[], object]) -> None:
    """Let the exchange go on, a second at a time, until the condition is true.

    Its clock is looked at some times a second, and it has to go on for that.
    """

    async def go_on() -> None:
        while not condition():
            await exchange.advance(1_000)
            await asyncio.sleep(0)

    feed(go_on())


def check_derived(event: TickerEvent, former: TickerEvent) -> None:
    """The quiet market's new day, made of its former ticker."""
    assert event.timestamp == MIDNIGHT_MS
    assert former.acc_trade_volume, "it was traded on the day before"
    price = former.trade_price
    prices = (event.trade_price, event.prev_closing_price, event.opening_price, event.high_price)
    assert (*prices, event.low_price) == (price,) * 5
    assert (event.change, event.change_price, event.signed_change_rate) == ("EVEN", 0.0, 0.0)
    assert (event.acc_trade_volume, event.acc_trade_price, event.acc_bid_volume) == (0.0, 0.0, 0.0)
    assert event.acc_trade_volume_24h == former.acc_trade_volume_24h
    assert event.trade_timestamp == former.trade_timestamp


BEFORE = pytest.mark.upbit_exchange(start_time_ms=MIDNIGHT_MS - 90_000, pace=5)


@BEFORE
def test_at_the_turn_by_the_exchanges_clock_a_market_without_trades_begins_its_day_once(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    desk = Desk(manager, "day_one", BUSY, QUIET)
    feed.until(lambda: all(desk.tickers.values()))
    exchange.faults.halt_market(QUIET)
    walk(feed, exchange, desk, MIDNIGHT_MS - 30_000)
    former = desk.newest(QUIET)
    assert not desk.derived(QUIET)

    walk(feed, exchange, desk, MIDNIGHT_MS + 10_000)
    walk_on(feed, exchange, lambda: desk.derived(QUIET))

    [event] = desk.derived(QUIET)
    check_derived(event, former)
    assert event.epoch == former.epoch
    assert not event.replayed
    assert desk.newest(BUSY).source is Source.WEBSOCKET

    late = Desk(manager, "day_two", QUIET)
    feed.until(lambda: late.tickers[QUIET])
    [event] = late.tickers[QUIET]
    check_derived(event, former)
    assert event.replayed

    exchange.faults.clear()
    walk_on(feed, exchange, lambda: desk.newest(QUIET).source is Source.WEBSOCKET)
    first = desk.newest(QUIET)
    assert first.prev_closing_price == former.trade_price
    assert first.timestamp > MIDNIGHT_MS
    assert len(desk.derived(QUIET)) == 1


@BEFORE
def test_the_old_ticker_that_the_exchange_sends_after_the_turn_does_not_bring_the_old_day_back(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    """Whoever asks for a market gets a snapshot of it: that of the last trade, however old."""
    desk = Desk(manager, "day_one", BUSY, OTHER)
    feed.until(lambda: all(desk.tickers.values()))
    for code in (QUIET, OTHER):
        exchange.faults.halt_market(code)
    walk(feed, exchange, desk, MIDNIGHT_MS + 10_000)
    walk_on(feed, exchange, lambda: desk.derived(OTHER))

    late = Desk(manager, "day_two", QUIET)
    feed.until(lambda: late.tickers[QUIET])
    [former] = feed(late.proxy.get_ticker_snapshot([QUIET]))

    assert former.timestamp < MIDNIGHT_MS
    [event] = late.tickers[QUIET]
    check_derived(event, former)
    assert event.is_snapshot

    # A request sends everything to everyone again, and so does another connection.
    counted = manager.statistics().routing.repeated
    exchange.faults.drop()
    feed.until(lambda: manager.health_check().epochs[ConnectionType.PUBLIC] == 2)
    feed.until(lambda: manager.statistics().routing.repeated > counted)
    assert {one.source for one in late.tickers[QUIET]} == {Source.DERIVED}


@BEFORE
def test_an_exchange_whose_tickers_are_of_the_last_24_hours_has_no_such_day(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    settings = replace(manager.settings, exchange=replace(UPBIT_KR, has_days=False))
    other = GlobalWebSocketManager(settings)
    with_days, without = (Desk(one, "day_one", BUSY, QUIET) for one in (manager, other))
    feed.until(lambda: all((*with_days.tickers.values(), *without.tickers.values())))
    exchange.faults.halt_market(QUIET)
    walk(feed, exchange, with_days, MIDNIGHT_MS + 10_000)
    walk_on(feed, exchange, lambda: with_days.derived(QUIET))
    feed.until(lambda: without.newest(BUSY).timestamp > MIDNIGHT_MS)
    assert without.newest(QUIET).timestamp < MIDNIGHT_MS
    feed(other.stop())


@pytest.mark.upbit_exchange(start_time_ms=MIDNIGHT_MS - 3_500, pace=20, realtime=True)
def test_it_is_the_timer_that_begins_the_day_while_time_runs(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    """The exchange falls silent before the turn: nothing that comes in can tell of it."""
    desk = Desk(manager, "day_one", BUSY, QUIET)
    feed.until(lambda: manager.statistics().latency.clock_skew_ms is not None)
    exchange.faults.silence()
    feed.until(lambda: desk.derived(QUIET))
    assert desk.newest(BUSY).source is Source.DERIVED
    assert exchange.now_ms >= MIDNIGHT_MS - 100


@pytest.mark.upbit_exchange(start_time_ms=MIDNIGHT_MS - 3_600_000)
@pytest.mark.parametrize(
    ("wall_ms", "begins"),
    [
        pytest.param(MIDNIGHT_MS + 60_000, True, id="a few hours of silence"),
        pytest.param(MIDNIGHT_MS + 2 * DAY_MS, False, id="a recording, or a clock that is wrong"),
    ],
)
def test_before_the_clocks_were_compared_this_machines_counts_if_it_can_be_right(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    monkeypatch: pytest.MonkeyPatch,
    wall_ms: int,
    begins: bool,
) -> None:
    clock = SimpleNamespace(time=lambda: wall_ms / 1000, monotonic=time.monotonic)
    monkeypatch.setattr(day, "time", clock)
    desk = Desk(manager, "day_one", QUIET)
    feed.until(lambda: desk.tickers[QUIET])
    assert (desk.newest(QUIET).source is Source.DERIVED) is begins
    assert manager.statistics().latency.clock_skew_ms is None
