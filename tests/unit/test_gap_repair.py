"""Which streams may have a hole, and what consumers are told. Tests only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from tests.gap_rows import CANDLES, NOON_MS, TRADES, candle, trade
from upbit_ws_qt.actions import Instant
from upbit_ws_qt.events import (
    CandleEvent,
    ConnectionType,
    GapEvent,
    GapState,
    Source,
    Stamp,
    TradeEvent,
)
from upbit_ws_qt.gap_repair import GapRepair
from upbit_ws_qt.gaps import DISORDER_MS, HOLD_S
from upbit_ws_qt.outbox import Outbox
from upbit_ws_qt.subscriptions import Stream

TICKER = Stream("ticker", "KRW-BTC")
FOUND, FILLED, UNFILLABLE = GapState
NOW = 1000.0


class Bench:
    """A repair, what it wants read and by when, and what consumers were told."""

    def __init__(self, *streams: Stream, has_rest: bool = True) -> None:
        self.outbox = Outbox(ConnectionType.PUBLIC)
        self.asked: dict[Stream, float] = {}
        self.repair = GapRepair(self.outbox, self.asked.__setitem__ if has_rest else None)
        self.kept = self.repair.follow(streams)
        self.stamp = Stamp(7, Source.REST, ConnectionType.PUBLIC, 5.0)

    def hear(self, *events: TradeEvent | CandleEvent, now: float = NOW) -> None:
        for event in events:
            self.repair.heard(event, now)

    def lose(self, now: float = NOW) -> None:
        """The connection is lost, and the next one carries the streams."""
        self.repair.opened(now)
        self.repair.requested()
        self.repair.accepted()

    def answer(
        self, rows: Iterable[Any], stream: Stream = TRADES, *, source: Source = Source.REST
    ) -> None:
        self.asked.clear()
        assert self.repair.next_call(stream, NOW) is not None
        stamp = Stamp(7, source, ConnectionType.PUBLIC, 5.0)
        self.repair.take(stream, list(rows), stamp, NOW)

    def timer(self, at: float) -> None:
        self.asked.clear()
        self.repair.handle_timer(Instant(at, 5.0))

    def told(self) -> list[Any]:
        """Numbers of trades, volumes of candles, and states of holes."""
        told: list[Any] = []
        for event in self.taken():
            if isinstance(event, TradeEvent):
                told.append(event.sequential_id)
            elif isinstance(event, CandleEvent):
                told.append(event.candle_acc_trade_volume)
            else:
                told.append(event.state)
        return told

    def taken(self) -> list[Any]:
        events = list(self.outbox.events)
        self.outbox.events.clear()
        return events


@pytest.fixture
def bench() -> Bench:
    """Trades 1 to 3 have come."""
    bench = Bench(TRADES)
    bench.hear(*map(trade, (1, 2, 3)))
    bench.taken()
    return bench


def rest(numbers: Iterable[int]) -> list[TradeEvent]:
    return [trade(number, rest=True) for number in numbers]


def test_trades_and_candles_are_kept_whole_and_nothing_else() -> None:
    bench = Bench(TRADES, CANDLES, TICKER)
    assert bench.kept == {TRADES, CANDLES}
    bench.hear(trade(1), candle(0, 5.0), trade(1), candle(0, 5.0))
    assert bench.told() == [1, 5.0]
    assert bench.asked == {}
    assert bench.repair.next_deadline() is None


def test_what_nobody_follows_passes_as_it_is(bench: Bench) -> None:
    other = trade(1, code="KRW-ETH")
    bench.hear(other, other)
    assert bench.taken() == [other, other]


def test_what_is_not_followed_any_more_is_forgotten_and_begins_anew(bench: Bench) -> None:
    bench.lose()
    assert bench.repair.is_in_doubt(TRADES)
    assert bench.repair.follow([CANDLES]) == {CANDLES}
    assert not bench.repair.is_in_doubt(TRADES)
    bench.repair.follow([TRADES])
    bench.hear(trade(9))
    assert bench.told() == [9]


def test_what_stays_is_remembered(bench: Bench) -> None:
    bench.repair.follow([TRADES, CANDLES])
    bench.hear(trade(3))
    assert bench.told() == []


def test_a_hole_is_found_filled_and_told_in_its_place(bench: Bench) -> None:
    bench.lose()
    assert bench.asked == {TRADES: float("-inf")}
    bench.asked.clear()
    bench.hear(trade(6))
    assert bench.asked == {TRADES: NOW}
    bench.answer(rest(range(1, 7)))
    found, *trades, filled = bench.taken()
    assert found == GapEvent(
        stream=TRADES,
        state=FOUND,
        since_ms=NOON_MS + 3_000,
        until_ms=NOON_MS + 6_000,
        stamp=found.stamp,
    )
    assert [event.sequential_id for event in trades] == [4, 5, 6]
    assert [event.source for event in trades] == [Source.REST, Source.REST, Source.WEBSOCKET]
    assert trades[0].stamp == bench.stamp
    assert trades[2].epoch == 1
    assert filled == GapEvent(
        stream=TRADES,
        state=FILLED,
        since_ms=NOON_MS + 3_000,
        until_ms=NOON_MS + 6_000,
        count=2,
        stamp=bench.stamp,
    )
    assert not bench.repair.is_in_doubt(TRADES)


def test_a_hole_in_which_nothing_was_traded_is_told_too(bench: Bench) -> None:
    """Who was told that there may be one hears that there is none."""
    bench.lose()
    bench.hear(trade(6))
    bench.answer(rest([1, 2, 3, 6]))
    found, event, filled = bench.taken()
    assert (found.state, event.sequential_id, filled.state) == (FOUND, 6, FILLED)
    assert filled.count == 0


def test_where_nothing_was_missed_nothing_is_told(bench: Bench) -> None:
    bench.lose()
    bench.hear(trade(3, snapshot=True), trade(4))
    bench.answer(rest(range(1, 5)))
    assert bench.told() == [3, 4]
    assert not bench.repair.is_in_doubt(TRADES)


def test_a_request_costs_nothing_that_has_to_wait(bench: Bench) -> None:
    bench.repair.requested()
    bench.hear(trade(5))
    bench.repair.accepted()
    assert bench.asked == {TRADES: float("-inf")}
    bench.answer(rest(range(1, 6)))
    assert bench.told() == [5, FOUND, 4, FILLED]


def test_more_pages_are_asked_for_at_once_and_what_is_too_old_a_little_later(
    bench: Bench,
) -> None:
    bench.lose()
    bench.hear(trade(200))
    bench.answer(rest(range(101, 201)))
    assert bench.asked == {TRADES: NOW}
    bench.answer(rest(range(1, 101)))
    assert bench.told() == [FOUND, *range(4, 201), FILLED]
    bench.lose()
    bench.hear(trade(210))
    bench.answer(rest(range(180, 205)))
    assert bench.asked == {TRADES: NOW + 0.5}
    assert bench.told() == [FOUND]


def test_a_frame_that_cannot_be_read_has_everything_read_a_second_later() -> None:
    bench = Bench(TRADES, CANDLES)
    bench.hear(trade(1), candle(0, 1.0))
    bench.repair.unreadable(NOW)
    bench.repair.unreadable(NOW + 0.5)
    assert bench.asked == {}
    assert bench.repair.next_deadline() == NOW + 1.0
    bench.timer(NOW + 1.0)
    assert bench.asked == {TRADES: NOW + 1.0, CANDLES: NOW + 1.0}
    assert bench.repair.next_deadline() is None, "the time to give up begins with the question"
    bench.repair.unreadable(NOW + 2.0)
    assert bench.repair.next_deadline() == NOW + 6.0, "a flood of them does not become one of ours"


def test_an_unreadable_frame_where_nothing_is_kept_has_no_round() -> None:
    bench = Bench(TICKER)
    bench.repair.unreadable(NOW)
    assert bench.repair.next_deadline() is None


def test_an_unreadable_frame_that_cannot_be_made_good_is_named_from_when_it_came(
    bench: Bench,
) -> None:
    """By the time of the question others have come."""
    bench.repair.unreadable(NOW)
    bench.hear(trade(40))
    bench.timer(NOW + 1.0)
    assert bench.repair.next_call(TRADES, NOW + 1.0) is not None
    assert bench.repair.next_deadline() == NOW + 61.0
    bench.timer(NOW + 60.9)
    assert bench.told() == [40]
    bench.timer(NOW + 61.0)
    (lost,) = bench.taken()
    assert lost.state is UNFILLABLE
    assert lost.since_ms == NOON_MS + 3_000 - DISORDER_MS
    assert lost.until_ms == NOON_MS + 40_000 + DISORDER_MS
    assert lost.source is Source.REST
    assert "in time" in lost.reason


def test_a_hole_that_cannot_be_read_in_time_is_named_and_life_goes_on(bench: Bench) -> None:
    bench.lose()
    bench.hear(trade(30), trade(31))
    bench.timer(NOW + HOLD_S - 0.1)
    assert bench.told() == [FOUND]
    bench.timer(NOW + HOLD_S)
    lost, *trades = bench.taken()
    assert (lost.state, lost.since_ms) == (UNFILLABLE, NOON_MS + 3_000 - DISORDER_MS)
    assert [event.sequential_id for event in trades] == [30, 31]
    bench.hear(trade(32))
    assert bench.told() == [32]
    assert bench.repair.next_deadline() == NOW + 60.0, "the next check"


def test_of_too_long_a_hole_the_older_part_is_named(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upbit_ws_qt.gaps.MOST_PAGES", 1)
    bench.lose()
    bench.hear(trade(9000))
    bench.answer(rest(range(8901, 9001)))
    bench.answer(rest(range(8501, 8901)))
    found, lost, *trades, filled = bench.taken()
    assert found.state is FOUND
    assert (lost.state, lost.until_ms) == (UNFILLABLE, NOON_MS + 8_501_000 + DISORDER_MS)
    assert "too much" in lost.reason
    assert [event.sequential_id for event in trades] == list(range(8501, 9001))
    assert (filled.state, filled.count) == (FILLED, 499)
    assert (filled.since_ms, filled.until_ms) == (lost.until_ms, NOON_MS + 9_000_000)


def test_without_rest_a_hole_that_shows_is_named_at_once() -> None:
    bench = Bench(TRADES, has_rest=False)
    bench.hear(trade(1))
    bench.repair.requested()
    assert not bench.repair.is_in_doubt(TRADES)
    bench.lose()
    bench.hear(trade(4), trade(5))
    one, found, lost, four, five = bench.taken()
    assert [one.sequential_id, four.sequential_id, five.sequential_id] == [1, 4, 5]
    assert (found.state, lost.state) == (FOUND, UNFILLABLE)
    assert "cannot be asked" in lost.reason
    assert not bench.repair.is_in_doubt(TRADES)


def test_each_line_is_checked_now_and_then_one_at_a_time() -> None:
    bench = Bench(TRADES, CANDLES)
    bench.hear(trade(1), candle(0, 1.0))
    bench.repair.opened(NOW)
    bench.hear(trade(1), candle(0, 1.0))
    assert bench.repair.next_deadline() == NOW + 60.0
    bench.timer(NOW + 60.0)
    assert bench.asked == {}
    bench.timer(NOW + 119.9)
    assert bench.asked == {}
    bench.timer(NOW + 120.0)
    assert list(bench.asked.values()) == [NOW + 120.0]
    first = set(bench.asked)
    assert bench.repair.next_deadline() == NOW + 121.0
    bench.timer(NOW + 121.0)
    assert first | set(bench.asked) == {TRADES, CANDLES}
    bench.timer(NOW + 122.0)
    assert bench.asked == {}
    assert bench.repair.next_deadline() == NOW + 182.0


def test_what_left_is_not_checked() -> None:
    bench = Bench(TRADES, CANDLES)
    bench.repair.opened(NOW)
    bench.timer(NOW + 60.0)
    bench.repair.follow([TRADES])
    bench.timer(NOW + 120.0)
    assert set(bench.asked) == {TRADES}


def test_what_a_check_finds_was_missed_behind_a_connection_that_seems_well(bench: Bench) -> None:
    bench.answer(rest(range(1, 6)))
    assert bench.told() == [FOUND, 4, 5, FILLED]


def test_what_is_polled_comes_without_a_word_about_holes(bench: Bench) -> None:
    """That each second something was missing is what polling means, and its mark says so."""
    bench.answer(rest(range(1, 6)), source=Source.POLLED)
    events = bench.taken()
    assert [event.sequential_id for event in events] == [4, 5]
    assert {event.source for event in events} == {Source.POLLED}


def test_the_first_one_that_is_read_was_not_missing() -> None:
    bench = Bench(TRADES)
    bench.answer(rest([9]))
    assert bench.told() == [9]


def test_what_came_between_the_last_poll_and_the_socket_is_put_in_its_place(
    bench: Bench,
) -> None:
    bench.answer(rest(range(1, 6)), source=Source.POLLED)
    bench.repair.left([TRADES, TICKER])
    bench.hear(trade(8, snapshot=True))
    assert bench.told() == [4, 5, FOUND]
    bench.answer(rest(range(1, 9)))
    assert bench.told() == [6, 7, 8, FILLED]


def test_a_second_hole_that_shows_after_the_first_was_filled_has_its_end_too(
    bench: Bench,
) -> None:
    bench.lose()
    bench.hear(trade(6))
    bench.repair.opened(NOW + 1)
    bench.answer(rest(range(1, 7)))
    assert not bench.repair.is_in_doubt(TRADES)
    bench.hear(trade(9), now=NOW + 2)
    assert bench.told() == [FOUND, 4, 5, 6, FILLED, FOUND]
    assert bench.repair.next_deadline() == NOW + 2 + HOLD_S
    bench.timer(NOW + 2 + HOLD_S)
    assert bench.told() == [UNFILLABLE, 9]


def test_bars_and_trades_have_holes_of_their_own() -> None:
    bench = Bench(TRADES, CANDLES)
    bench.hear(trade(1), candle(0, 1.0))
    bench.lose()
    bench.hear(candle(2, 1.0), trade(1, snapshot=True), trade(2))
    assert bench.told() == [1, 1.0, FOUND, 1, 2]
    bench.answer([candle(n, 9.0, rest=True) for n in (0, 1)], CANDLES)
    assert bench.told() == []
    rows = [candle(0, 8.0, rest=True), candle(1, 9.0, rest=True), candle(2, 1.0, rest=True)]
    bench.answer(rows, CANDLES)
    assert bench.told() == [8.0, 9.0, 1.0, FILLED]


def test_a_market_that_is_not_answered_for_holds_nothing_up(bench: Bench) -> None:
    """A recording has no calls, and a market that was delisted none any more."""
    bench.repair.not_offered(TRADES, bench.stamp)
    assert bench.told() == [], "nothing was in doubt"
    bench.lose()
    bench.hear(trade(9))
    bench.repair.not_offered(TRADES, bench.stamp)
    assert bench.told() == [FOUND, UNFILLABLE, 9]
    assert not bench.repair.is_in_doubt(TRADES)


def test_what_came_again_stays_counted_when_it_is_not_followed_any_more(bench: Bench) -> None:
    bench.hear(trade(2), trade(3))
    assert bench.repair.repeated == 2
    bench.repair.follow([CANDLES])
    assert bench.repair.repeated == 2
    bench.repair.follow([TRADES, CANDLES])
    bench.hear(trade(1), trade(1))
    assert bench.repair.repeated == 3
