"""Columns of bars, their averages and their rectangles. Pure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chart_bars import TEXT, rows, wave
from upbit_ws_qt_widgets.models.bars import CLOSE, HIGH, LOW, OPEN, VALUE, VOLUME, Bars
from upbit_ws_qt_widgets.models.chart_columns import (
    Columns,
    Extreme,
    column_range,
    columns_of,
    moving_average,
    shapes,
)
from upbit_ws_qt_widgets.models.chart_layout import BarGrid, ChartLayout
from upbit_ws_qt_widgets.models.chart_scale import PriceScale

LAYOUT = ChartLayout.of(800, 480, 1.0, 90.0, TEXT)


def filled(count: int, *, older: int = 0) -> Bars:
    """So many bars, of which some were prepended and have numbers below 0."""
    made, bars = wave(count + older), Bars()
    bars.replace(made[older:])
    bars.merge(made[:older])
    return bars


def test_a_column_for_each_bar() -> None:
    bars = filled(10)
    columns = columns_of(bars, 2, 5, 1, VALUE)
    assert len(columns) == 3
    assert columns.numbers.tolist() == columns.last.tolist() == [2, 3, 4]
    assert columns.times.tolist() == bars.times[2:5].tolist()
    assert columns.close.tolist() == bars.figures[CLOSE, 2:5].tolist()
    assert columns.amount.tolist() == bars.figures[VALUE, 2:5].tolist()
    bars.put(bars.bar(2)._replace(close=1.0))
    assert columns.close[0] != 1.0, "what was made does not change with the bars"


@pytest.mark.parametrize("size", [1, 8])
def test_no_bars_make_no_columns(size: int) -> None:
    assert len(columns_of(filled(10), 5, 5, size, VOLUME)) == 0
    assert len(columns_of(filled(10), 7, 5, size, VOLUME)) == 0
    assert len(columns_of(Bars(), 0, 0, size, VOLUME)) == 0


def test_a_column_of_many_bars_holds_first_highest_lowest_last_and_sum() -> None:
    bars = filled(20, older=3)
    columns = columns_of(bars, -3, 20, 8, VOLUME)
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
    one = columns_of(bars, *column_range(start, start + 400, size, bars), size, VOLUME)
    two = columns_of(
        bars, *column_range(start + moved, start + moved + 400, size, bars), size, VOLUME
    )
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


def test_averages_are_means_of_closes_where_there_are_enough() -> None:
    closes = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    means = moving_average(closes, np.array([0, 1, 2, 4]), 3)
    assert np.isnan(means[:2]).all()
    assert means[2:].tolist() == [2.0, 4.0]
    assert np.isnan(moving_average(closes, np.array([4]), 6)).all()
    assert len(moving_average(closes, np.array([], np.int64), 3)) == 0
    assert len(moving_average(np.empty(0), np.array([], np.int64), 3)) == 0


def drawn(
    columns: Columns, grid: BarGrid, scale: PriceScale, top: float = 10.0
) -> list[tuple[str, list[list[float]], list[list[float]]]]:
    made = shapes(columns, grid, LAYOUT, scale, top)
    names = ("fall", "even", "rise")
    return [
        (name, candles.tolist(), amounts.tolist())
        for name, candles, amounts in zip(names, made.candles, made.amounts, strict=True)
        if len(candles) or len(amounts)
    ]


def one_bar(open_: float, high: float, low: float, close: float, volume: float = 5.0) -> Bars:
    bars, row = Bars(), rows([0])
    row["open"], row["high"], row["low"], row["close"] = open_, high, low, close
    row["volume"] = volume
    bars.replace(row)
    return bars


def columns(bars: Bars) -> Columns:
    return columns_of(bars, bars.first, bars.end, 1, VOLUME)


GRID = BarGrid(pitch=10.0, origin=100, size=1, wick=1, body=7)
HEIGHT = LAYOUT.price_bottom
SCALE = PriceScale(0.0, float(HEIGHT))
"""One price is one pixel."""


@pytest.mark.parametrize(
    ("open_", "close", "name"), [(20, 30, "rise"), (30, 20, "fall"), (20, 20, "even")]
)
def test_a_candle_is_a_wick_and_a_body_of_its_direction(
    open_: float, close: float, name: str
) -> None:
    ((got, candles, amounts),) = drawn(columns(one_bar(open_, 40, 10, close)), GRID, SCALE)
    assert got == name
    wick, body = candles
    assert wick == [105, HEIGHT - 40, 1, 30]
    top = HEIGHT - max(open_, close)
    assert body == [102, top, 7, max(abs(open_ - close), 1)]
    pane = LAYOUT.volume_bottom - HEIGHT - 2
    assert amounts == [[102, LAYOUT.volume_bottom - np.ceil(pane / 2), 7, np.ceil(pane / 2)]]


def test_narrow_candles_are_wicks_alone() -> None:
    grid = BarGrid(pitch=2.0, origin=100, size=1, wick=1, body=0)
    ((_, candles, amounts),) = drawn(columns(one_bar(20, 40, 10, 30)), grid, SCALE)
    assert candles == [[101, HEIGHT - 40, 1, 30]]
    assert amounts[0][2] == 1


def test_dense_columns_fill_their_place() -> None:
    bars = filled(64)
    grid = BarGrid(pitch=0.4, origin=0, size=4, wick=1, body=0)
    made = shapes(
        columns_of(bars, 0, 64, 4, VOLUME), grid, LAYOUT, PriceScale(80_000, 120_000), 30.0
    )
    rects = np.concatenate(made.candles)
    rects = rects[np.argsort(rects[:, 0])]
    assert (rects[:-1, 0] + rects[:-1, 2] == rects[1:, 0]).all()
    assert len(rects) == 16


def test_what_lies_far_outside_the_pane_stays_near_it() -> None:
    ((_, candles, _),) = drawn(columns(one_bar(2e9, 4e9, 1e9, 3e9)), GRID, SCALE)
    assert all(-2 <= y <= HEIGHT + 2 and height <= HEIGHT + 4 for _, y, _, height in candles)


def test_a_volume_above_the_scale_fills_its_pane_and_none_is_nothing() -> None:
    pane = LAYOUT.volume_bottom - HEIGHT - 2
    ((_, _, amounts),) = drawn(columns(one_bar(2, 4, 1, 3, volume=99.0)), GRID, SCALE)
    assert amounts[0][3] == pane
    ((_, _, amounts),) = drawn(columns(one_bar(2, 4, 1, 3, volume=0.0)), GRID, SCALE)
    assert amounts[0][3] == 0


def test_all_shapes_are_rectangles_of_doubles() -> None:
    made: npt.NDArray[np.float64]
    for made in shapes(columns(filled(50)), GRID, LAYOUT, SCALE, 7.0).candles:
        assert made.dtype == np.float64
        assert made.shape[1] == 4
