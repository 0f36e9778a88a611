"""Columns of bars and their rectangles. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chart_bars import wave
from upbit_ws_qt_widgets.models.bars import CLOSE, HIGH, LOW, OPEN, VALUE, VOLUME, Bars
from upbit_ws_qt_widgets.models.chart_columns import (
    UNTRADED,
    Columns,
    Extreme,
    column_range,
    columns_of,
)
from upbit_ws_qt_widgets.models.chart_kinds import ChartKind, ColourRule, DrawnPrices, Look


def filled(count: int, *, older: int = 0) -> Bars:
    """So many bars, of which some were prepended and have numbers below 0."""
    made, bars = wave(count + older), Bars()
    bars.replace(made[older:])
    bars.merge(made[:older])
    return bars


def made_of(bars: Bars, start: int, stop: int, size: int, **look: Any) -> Columns:
    wanted = Look(**look)
    return columns_of(bars, DrawnPrices().of(bars, wanted.kind), start, stop, size, wanted)


def test_a_column_for_each_bar() -> None:
    bars = filled(10)
    columns = made_of(bars, 2, 5, 1, amount=VALUE)
    assert len(columns) == 3
    assert columns.numbers.tolist() == columns.last.tolist() == [2, 3, 4]
    assert columns.times.tolist() == bars.times[2:5].tolist()
    assert columns.close.tolist() == bars.figures[CLOSE, 2:5].tolist()
    assert columns.amount.tolist() == bars.figures[VALUE, 2:5].tolist()
    bars.put(bars.bar(2)._replace(close=1.0))
    assert columns.close[0] != 1.0, "what was made does not change with the bars"


@pytest.mark.parametrize("size", [1, 8])
def test_no_bars_make_no_columns(size: int) -> None:
    assert len(made_of(filled(10), 5, 5, size)) == 0
    assert len(made_of(filled(10), 7, 5, size)) == 0
    assert len(made_of(Bars(), 0, 0, size)) == 0


def test_a_column_of_many_bars_holds_first_highest_lowest_last_and_sum() -> None:
    bars = filled(20, older=3)
    columns = made_of(bars, -3, 20, 8)
    assert columns.numbers.tolist() == [-8, 0, 8, 16]
    assert columns.last.tolist() == [-1, 7, 15, 19]
    figures = bars.figures
    for at, (first, stop) in enumerate([(0, 3), (3, 11), (11, 19), (19, 23)]):
        assert columns.times[at] == bars.times[first]
        assert columns.open[at] == figures[OPEN, first]
        assert columns.high[at] == figures[HIGH, first:stop].max()
        assert columns.low[at] == figures[LOW, first:stop].min()
        assert columns.close[at] == figures[CLOSE, stop - 1]
        assert columns.amount[at] == figures[VOLUME, first:stop].sum()
    assert columns.highest() == Extreme(columns.high.max(), columns.numbers[columns.high.argmax()])
    assert columns.lowest() == Extreme(columns.low.min(), columns.numbers[columns.low.argmin()])


def test_a_view_is_widened_to_whole_columns_as_far_as_there_are_bars() -> None:
    bars = filled(100, older=5)
    assert column_range(10, 21, 8, bars) == (8, 24)
    assert column_range(-3, 99, 8, bars) == (-5, 100)
    assert column_range(10, 21, 1, bars) == (10, 21)


@given(st.integers(1, 6), st.integers(0, 200), st.integers(0, 300))
def test_moving_the_view_changes_no_column(power: int, start: int, moved: int) -> None:
    """Columns are anchored to bar numbers, so a chart zoomed far out does not shimmer."""
    bars, size = filled(1000), 2**power
    one = made_of(bars, *column_range(start, start + 400, size, bars), size)
    two = made_of(bars, *column_range(start + moved, start + moved + 400, size, bars), size)
    known = dict(zip(one.numbers.tolist(), range(len(one)), strict=True))
    shared = [(known[n], at) for at, n in enumerate(two.numbers.tolist()) if n in known]
    for a, b in shared:
        assert (one.open[a], one.high[a], one.low[a], one.close[a], one.amount[a]) == (
            two.open[b],
            two.high[b],
            two.low[b],
            two.close[b],
            two.amount[b],
        )


def test_the_direction_compares_with_the_open_or_with_the_close_before() -> None:
    bars = filled(40, older=3)
    figures = bars.figures
    by_open = made_of(bars, 0, 30, 1)
    np.testing.assert_array_equal(
        by_open.direction, np.sign(figures[CLOSE, 3:33] - figures[OPEN, 3:33])
    )
    by_close = made_of(bars, 0, 30, 1, rule=ColourRule.PREVIOUS)
    np.testing.assert_array_equal(
        by_close.direction, np.sign(figures[CLOSE, 3:33] - figures[CLOSE, 2:32])
    )
    wide = made_of(bars, 8, 32, 8, rule=ColourRule.PREVIOUS)
    ends = figures[CLOSE, [10, 18, 26, 34]]
    np.testing.assert_array_equal(wide.direction, np.sign(np.diff(ends)))


def test_only_where_empty_bars_are_wished_no_volume_means_no_trade() -> None:
    bars, made = Bars(), wave(16)
    made["volume"][[3, 8, 9, 10, 11]] = made["value"][[3, 8, 9, 10, 11]] = 0.0
    bars.replace(made)
    prices = DrawnPrices().of(bars, ChartKind.SOLID)

    def untraded(look: Look, size: int) -> list[int]:
        columns = columns_of(bars, prices, 0, 16, size, look)
        return np.flatnonzero(columns.direction == UNTRADED).tolist()

    assert untraded(Look(), 1) == []
    assert untraded(Look(empty_bars=True), 1) == [3, 8, 9, 10, 11]
    assert untraded(Look(empty_bars=True, rule=ColourRule.PREVIOUS), 4) == [2]


@pytest.mark.parametrize("size", [1, 8])
def test_the_first_bar_of_all_has_only_its_open_to_compare_with(size: int) -> None:
    bars, made = Bars(), wave(2)
    made["open"], made["close"] = [100, 90], [110, 95]
    bars.replace(made)
    directions = made_of(bars, 0, 2, size, rule=ColourRule.PREVIOUS).direction.tolist()
    assert directions == ([1.0, -1.0] if size == 1 else [-1.0])


def test_of_averaged_candles_the_real_extremes_are_named() -> None:
    bars = filled(300)
    # Where prices fall, averages lag above them.
    columns = made_of(bars, 48, 72, 8, kind=ChartKind.HEIKIN_ASHI)
    plain = made_of(bars, 48, 72, 8)
    assert columns.highest() == plain.highest()
    assert columns.lowest() == plain.lowest()
    assert columns.high.max() > plain.high.max()
