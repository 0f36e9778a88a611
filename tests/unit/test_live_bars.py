"""Frames and trades in one live bar: everything once, whatever the order. Pure."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chart_bars import DAY, MINUTE, START, bar, candle, rows, trade
from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_widgets.models.bars import CLOSE, Bar
from upbit_ws_qt_widgets.models.candle_input import page_of
from upbit_ws_qt_widgets.models.live_bars import LiveBars, Trade, trade_of


def live(timeframe: Timeframe = Timeframe.MINUTE_1) -> LiveBars:
    return LiveBars(timeframe)


def last(series: LiveBars) -> Bar:
    return series.bars.bar(series.bars.end - 1)


def test_a_trade_opens_a_bar_and_others_grow_it() -> None:
    series = live()
    assert series.trade(Trade(START + 10, 1, 100.0, 2.0))
    assert series.trade(Trade(START + 20, 2, 105.0, 1.0))
    assert series.trade(Trade(START + 30, 3, 95.0, 1.0))
    assert last(series) == Bar(START, 100.0, 105.0, 95.0, 95.0, 4.0, 400.0)
    assert series.trade(Trade(START + MINUTE, 4, 96.0, 1.0))
    assert len(series.bars) == 2
    assert last(series).open == 96.0


def test_a_repeated_trade_is_not_counted_again() -> None:
    series = live()
    first = Trade(START + 10, 1, 100.0, 2.0)
    assert series.trade(first)
    assert not series.trade(first)
    assert last(series).volume == 2.0


def test_trades_out_of_order_still_give_the_right_open_and_close() -> None:
    series = live()
    series.trade(Trade(START + 30, 3, 103.0, 1.0))
    series.trade(Trade(START + 10, 1, 101.0, 1.0))
    series.trade(Trade(START + 30, 2, 102.0, 1.0))
    assert last(series) == Bar(START, 101.0, 103.0, 101.0, 103.0, 3.0, 306.0)


def test_a_frame_is_the_truth_up_to_its_time_and_newer_trades_stay_on_top() -> None:
    series = live()
    series.trade(Trade(START + 10, 1, 100.0, 1.0))
    series.trade(Trade(START + 20, 2, 110.0, 1.0))
    truth = Bar(START, 99.0, 101.0, 98.0, 100.0, 5.0, 500.0)
    series.candle(truth, START + 10)
    assert last(series) == Bar(START, 99.0, 110.0, 98.0, 110.0, 6.0, 610.0)
    assert not series.trade(Trade(START + 10, 9, 200.0, 1.0)), "contained in the frame"
    assert not series.trade(Trade(START + 20, 2, 110.0, 1.0)), "on top already"
    series.candle(truth._replace(high=112.0, close=112.0, volume=7.0), START + 25)
    assert last(series).volume == 7.0
    assert last(series).close == 112.0


def test_an_older_frame_does_not_undo_a_newer_one_and_a_repeated_one_holds() -> None:
    series = live()
    series.candle(bar(0, 100.0, 5.0), START + 20)
    series.candle(bar(0, 90.0, 1.0), START + 10)
    assert last(series).volume == 5.0
    series.candle(bar(0, 101.0, 5.0), START + 20)
    assert last(series).close == 101.0


def test_the_frame_of_the_bar_before_is_taken_while_the_next_one_is_open() -> None:
    series = live()
    series.trade(Trade(START + 59_000, 1, 100.0, 1.0))
    series.trade(Trade(START + MINUTE, 2, 101.0, 1.0))
    series.candle(bar(0, 100.0, 9.0), START + 59_500)
    assert len(series.bars) == 2
    assert series.bars.bar(0).volume == 9.0
    assert last(series).volume == 1.0


def test_what_was_loaded_contains_its_trades() -> None:
    series = live()
    series.load(
        page_of([candle(0), candle(1), candle(2, at=START + 2 * MINUTE + 500)]), keep_newer=False
    )
    assert not series.trade(Trade(START + 2 * MINUTE + 500, 7, 100.0, 1.0))
    assert series.trade(Trade(START + 2 * MINUTE + 501, 8, 100.0, 1.0))
    assert last(series).volume == 2.0
    assert not series.trade(Trade(START + MINUTE, 9, 100.0, 1.0))
    assert len(series.bars) == 3


def test_trades_go_on_top_of_a_loaded_array() -> None:
    series = live()
    series.load(page_of(rows([0, 1])), keep_newer=False)
    assert series.trade(Trade(START + MINUTE + 1, 1, 1005.0, 1.0))
    assert last(series).volume == 2.0
    assert last(series).high == 1005.0


def test_loading_keeps_what_came_before_the_answer_and_is_newer() -> None:
    series = live()
    series.candle(bar(1, 100.0, 9.0), START + MINUTE + 900)
    series.trade(Trade(START + MINUTE + 950, 1, 100.0, 1.0))
    series.trade(Trade(START + 2 * MINUTE + 1, 2, 100.0, 1.0))
    series.load(page_of([candle(0), candle(1, at=START + MINUTE + 400)]), keep_newer=True)
    assert [series.bars.bar(n).volume for n in range(3)] == [1.0, 10.0, 1.0]


def test_loading_a_newer_page_drops_what_it_contains() -> None:
    series = live()
    series.candle(bar(0, 50.0, 50.0), START + 10)
    series.candle(bar(1, 100.0, 9.0), START + MINUTE + 100)
    series.trade(Trade(START + MINUTE + 200, 1, 100.0, 1.0))
    series.load(page_of([candle(0), candle(1, at=START + MINUTE + 400)]), keep_newer=True)
    assert [series.bars.bar(n).volume for n in range(2)] == [1.0, 1.0]


def test_loading_without_keeping_forgets_everything() -> None:
    series = live()
    series.trade(Trade(START + 5 * MINUTE, 1, 100.0, 1.0))
    series.load(page_of([candle(0)]), keep_newer=False)
    assert len(series.bars) == 1
    series.load(page_of([]), keep_newer=False)
    assert len(series.bars) == 0


def test_older_candles_are_merged_before_the_growing_ones() -> None:
    series = live()
    series.trade(Trade(START + 10 * MINUTE, 1, 100.0, 1.0))
    series.merge(page_of([candle(7), candle(8, at=START + 8 * MINUTE), candle(9)]))
    assert len(series.bars) == 4
    assert not series.trade(Trade(START + 9 * MINUTE, 2, 100.0, 1.0)), "part of what was loaded"
    assert last(series).volume == 1.0


def test_missed_candles_are_merged_with_the_trades_that_came_since() -> None:
    series = live()
    series.load(page_of([candle(0), candle(1)]), keep_newer=False)
    series.trade(Trade(START + 3 * MINUTE + 50, 5, 100.0, 1.0))
    missed = [
        candle(1, 105.0, at=START + MINUTE + 900),
        candle(2),
        candle(3, at=START + 3 * MINUTE),
    ]
    series.merge(page_of(missed))
    assert series.bars.figures[CLOSE].tolist() == [100.0, 105.0, 100.0, 100.0]
    assert last(series).volume == 2.0
    series.merge(page_of([]))
    assert len(series.bars) == 4


def test_merging_into_nothing_loads() -> None:
    series = live()
    series.merge(page_of([candle(0), candle(1)]))
    assert len(series.bars) == 2


def test_a_merged_array_is_taken_as_it_is() -> None:
    series = live()
    series.trade(Trade(START + 10, 1, 100.0, 1.0))
    series.merge(page_of(rows([0])))
    assert last(series) == bar(0, 1000.0)
    assert not series.trade(Trade(START + 10, 1, 100.0, 1.0)), "it was seen before the array"
    assert series.trade(Trade(START + 20, 2, 100.0, 1.0))
    assert last(series).volume == 2.0


def test_a_late_frame_of_a_settled_bar_is_still_taken() -> None:
    series = live()
    series.load(page_of([candle(0), candle(1), candle(2)]), keep_newer=False)
    series.candle(bar(0, 120.0), START)
    assert series.bars.bar(0).close == 120.0
    assert len(series.bars) == 3


def test_only_the_last_bars_can_grow() -> None:
    series = live()
    for index in range(6):
        series.trade(Trade(START + index * MINUTE, index, 100.0, 1.0))
    assert not series.trade(Trade(START + MINUTE + 1, 99, 100.0, 1.0))
    assert series.trade(Trade(START + 2 * MINUTE + 1, 98, 100.0, 1.0))
    assert series.bars.bar(2).volume == 2.0


def test_a_day_keeps_counting_without_frames() -> None:
    """Thousands of trades settle into the bar, and those told again are still known."""
    series = live(Timeframe.DAY)
    series.load(page_of([candle(0, unit="1d", at=START)]), keep_newer=False)
    trades = [Trade(START + 1 + n // 3, n, 100.0 + n % 7, 0.5) for n in range(3000)]
    for one in trades:
        assert series.trade(one)
    for one in trades[::50]:
        assert not series.trade(one)
    assert last(series).volume == 1.0 + 1500.0
    assert last(series).close == trades[-1].price
    # One that overtook others a moment ago still finds its place.
    assert series.trade(Trade(trades[-1].time, 2500, 500.0, 1.0)) is False
    assert series.trade(Trade(trades[-1].time, 10_000, 120.0, 1.0))
    assert last(series).high == 120.0


def test_a_day_of_trades_alone_settles_too() -> None:
    series = live(Timeframe.DAY)
    for n in range(2000):
        series.trade(Trade(START + n, n, 100.0 + n, 1.0))
    assert last(series) == Bar(
        START, 100.0, 2099.0, 100.0, 2099.0, 2000.0, sum(100.0 + n for n in range(2000))
    )


@pytest.mark.parametrize(
    ("timeframe", "start", "following"),
    [
        (Timeframe.DAY, START, START + DAY),
        (Timeframe.WEEK, START - 4 * DAY, START + 3 * DAY),
        (Timeframe.MONTH, START - DAY, START + 30 * DAY),
    ],
)
def test_calendar_units_open_at_their_own_starts(
    timeframe: Timeframe, start: int, following: int
) -> None:
    series = live(timeframe)
    series.trade(Trade(START + 5, 1, 100.0, 1.0))
    series.trade(Trade(following - 1, 2, 100.0, 1.0))
    series.trade(Trade(following, 3, 100.0, 1.0))
    assert series.bars.times.tolist() == [start, following]


def test_a_trade_event_is_read_by_the_time_of_the_trade() -> None:
    assert trade_of(trade(START, 5.0, 2.0, number=7)) == Trade(START, 7, 5.0, 2.0)
    event = trade(START, number=7)
    event = type(event)(
        **{**{f: getattr(event, f) for f in event.__struct_fields__}, "trade_timestamp": None}
    )
    assert trade_of(event).time == START + 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"price": 0.0},
        {"price": -1.0},
        {"price": math.nan},
        {"price": math.inf},
        {"volume": -1.0},
        {"volume": math.nan},
        {"volume": math.inf},
        {"time": -1},
        {"time": START * 1000},
    ],
)
def test_a_senseless_trade_is_refused(wrong: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"time": START, "number": 1, **wrong}
    with pytest.raises(InvalidRequest, match="a trade needs a time"):
        trade_of(trade(**fields))


def test_only_a_trade_is_a_trade() -> None:
    with pytest.raises(InvalidRequest, match="must be a TradeEvent; got CandleEvent"):
        trade_of(candle(0))


# -- everything exactly once -----------------------------------------------------------------------

_TRADES = st.lists(
    st.tuples(st.integers(0, 3 * MINUTE - 1), st.integers(1, 1000), st.integers(1, 50)),
    min_size=1,
    max_size=25,
)


def truth_of(trades: list[Trade], start: int, upto: int) -> Bar | None:
    """What the exchange says of the minute at ``start`` when its clock shows ``upto``."""
    inside = sorted(t for t in trades if start <= t.time < start + MINUTE and t.time <= upto)
    if not inside:
        return None
    prices = [t.price for t in inside]
    volume, value = sum(t.volume for t in inside), sum(t.price * t.volume for t in inside)
    return Bar(start, prices[0], max(prices), min(prices), prices[-1], volume, value)


@given(_TRADES, st.randoms(use_true_random=False), st.data())
def test_any_arrival_of_frames_and_trades_ends_in_the_truth(
    drawn: list[tuple[int, int, int]], random: Any, data: st.DataObject
) -> None:
    """Trades in any order, some twice, with honest frames in between: nothing twice, all there."""
    trades = [
        Trade(START + offset, number, float(price), float(volume))
        for number, (offset, price, volume) in enumerate(drawn)
    ]
    arrivals: list[Trade | tuple[int, int]] = [*trades, *random.sample(trades, len(trades) // 3)]
    random.shuffle(arrivals)
    moments = data.draw(st.lists(st.integers(0, 3 * MINUTE - 1), max_size=8))
    for moment in moments:
        frame = START + moment // MINUTE * MINUTE, START + moment
        arrivals.insert(data.draw(st.integers(0, len(arrivals))), frame)
    series = live()
    for arrival in arrivals:
        if isinstance(arrival, Trade):
            series.trade(arrival)
        else:
            frame_truth = truth_of(trades, *arrival)
            if frame_truth is not None:
                series.candle(frame_truth, arrival[1])
    expected = [truth_of(trades, START + m * MINUTE, START + DAY) for m in range(3)]
    got = [series.bars.bar(n) for n in range(series.bars.first, series.bars.end)]
    assert got == [one for one in expected if one is not None]


def shown(series: LiveBars) -> list[tuple[int, float, float]]:
    """Minute, close and volume of what is shown where empty intervals are filled."""
    assert series.intervals is not None
    bars = series.intervals.bars
    got = [bars.bar(number) for number in range(bars.first, bars.end)]
    return [((one.time - START) // MINUTE, one.close, one.volume) for one in got]


def test_intervals_without_a_trade_are_filled_only_where_wished() -> None:
    series = live()
    assert series.intervals is None
    series.fill_intervals(wanted=True)
    intervals = series.intervals
    series.fill_intervals(wanted=True)
    assert series.intervals is intervals is not None
    series.fill_intervals(wanted=False)
    assert series.intervals is None


@pytest.mark.parametrize("unit", [unit for unit in Timeframe if not unit.is_streamed])
def test_days_and_longer_are_never_filled(unit: Timeframe) -> None:
    series = live(unit)
    series.fill_intervals(wanted=True)
    assert series.intervals is None


def test_whatever_comes_the_filled_bars_hold_it_too() -> None:
    series = live()
    series.fill_intervals(wanted=True)
    series.load(page_of([candle(4, 104.0), candle(6, 106.0)]), keep_newer=False)
    assert shown(series) == [(4, 104.0, 1.0), (5, 104.0, 0.0), (6, 106.0, 1.0)]
    series.trade(Trade(START + 8 * MINUTE, 1, 108.0, 2.0))
    series.merge(page_of([candle(2, 102.0)]))
    series.candle(bar(0, 100.0), None)
    assert shown(series) == [
        (0, 100.0, 1.0),
        (1, 100.0, 0.0),
        (2, 102.0, 1.0),
        (3, 102.0, 0.0),
        (4, 104.0, 1.0),
        (5, 104.0, 0.0),
        (6, 106.0, 1.0),
        (7, 106.0, 0.0),
        (8, 108.0, 2.0),
    ]
    assert len(series.bars) == 5
    series.candle(bar(7, 107.0), None)
    assert shown(series)[7] == (7, 107.0, 1.0)
    series.clear()
    assert shown(series) == []
