"""What is drawn of the bars in view: one column for each, or for each bucket of them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .bars import CLOSE, HIGH, LOW, OPEN, Bars
from .chart_layout import BarGrid, ChartLayout
from .chart_scale import PriceScale

__all__ = ["Columns", "Extreme", "Shapes", "column_range", "columns_of", "moving_average", "shapes"]

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Extreme:
    """The lowest or highest price of some columns and the number of its column's first bar."""

    price: float
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Columns of ``size`` bars each, ascending; all arrays have one entry for each.

    ``numbers`` holds each column's first bar and ``last`` its last one; ``amount`` the volume or
    the traded value.
    """

    size: int
    numbers: _Ints
    last: _Ints
    times: _Ints
    open: _Floats
    high: _Floats
    low: _Floats
    close: _Floats
    amount: _Floats

    def __len__(self) -> int:
        return len(self.numbers)

    def highest(self) -> Extreme:
        """The highest price; there must be a column."""
        at = int(np.argmax(self.high))
        return Extreme(float(self.high[at]), int(self.numbers[at]))

    def lowest(self) -> Extreme:
        """The lowest price; there must be a column."""
        at = int(np.argmin(self.low))
        return Extreme(float(self.low[at]), int(self.numbers[at]))


def column_range(start: int, stop: int, size: int, bars: Bars) -> tuple[int, int]:
    """Widen bars ``start … stop - 1`` to whole columns, as far as there are bars.

    Columns begin at multiples of ``size`` whatever the view shows, so that moving it does not
    change what a column holds.
    """
    return max(start // size * size, bars.first), min(-(-stop // size) * size, bars.end)


def columns_of(bars: Bars, start: int, stop: int, size: int, amount: int) -> Columns:
    """Columns for bars ``start … stop - 1``, a range from ``column_range``.

    Args:
        bars: the bars.
        start: the number of the first bar.
        stop: the number after the last bar.
        size: bars in a column.
        amount: the row of the figures that is the amount, VOLUME or VALUE.
    """
    first, last = start - bars.first, max(start, stop) - bars.first
    figures, times = bars.figures[:, first:last], bars.times[first:last]
    if size == 1 or stop <= start:
        numbers = np.arange(start, stop, dtype=np.int64)
        figures = figures.copy()
        return Columns(
            size,
            numbers,
            numbers,
            times.copy(),
            figures[OPEN],
            figures[HIGH],
            figures[LOW],
            figures[CLOSE],
            figures[amount],
        )
    numbers = np.arange(start // size * size, stop, size, dtype=np.int64)
    # The first bars of all may begin in the middle of their column.
    begins = np.maximum(numbers - start, 0)
    ends = np.append(begins[1:], last - first) - 1
    return Columns(
        size,
        numbers,
        ends + start,
        times[begins],
        figures[OPEN][begins],
        np.maximum.reduceat(figures[HIGH], begins),
        np.minimum.reduceat(figures[LOW], begins),
        figures[CLOSE][ends],
        np.add.reduceat(figures[amount], begins),
    )


def moving_average(closes: _Floats, at: _Ints, period: int) -> _Floats:
    """The mean of the ``period`` closes up to and with each index of ``at``; NaN where too few.

    Only what is drawn is worked out, so it costs the same whatever the number of bars, and a bar
    that changes needs no book-keeping.
    """
    means = np.full(len(at), np.nan)
    enough = at >= period - 1
    if bool(enough.any()):
        windows = np.lib.stride_tricks.sliding_window_view(closes, period)
        means[enough] = windows[at[enough] - period + 1].mean(axis=1)
    return means


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """Rectangles (x, y, width, height in device pixels) by direction: fall, even, rise.

    Shapes (n, 4); wicks and bodies of one colour stand in one array.
    """

    candles: tuple[_Floats, _Floats, _Floats]
    amounts: tuple[_Floats, _Floats, _Floats]


def shapes(
    columns: Columns, grid: BarGrid, layout: ChartLayout, scale: PriceScale, top: float
) -> Shapes:
    """Where the candles and amounts of ``columns`` are painted; ``top`` is the amount scale's."""
    if grid.is_dense:
        x = grid.left(columns.numbers)
        wick_width = body_width = grid.left(columns.numbers + columns.size) - x
        body_x = x
    else:
        x = grid.wick_left(columns.numbers)
        wick_width = np.full(len(x), grid.wick)
        body_width = np.full(len(x), max(grid.body, grid.wick))
        body_x = x - (body_width - wick_width) // 2
    height = layout.price_bottom
    # Far outside the pane nothing is seen, and huge numbers would overflow in the painter.
    limits = -2.0, height + 2.0
    edges = scale.y((columns.high, columns.low, columns.open, columns.close), 0, height)
    high, low, open_, close = np.rint(np.clip(edges, *limits))
    candles = _rectangles(x, high, wick_width, np.maximum(low - high, grid.wick))
    if grid.body and not grid.is_dense:
        body_top = np.minimum(open_, close)
        body_height = np.maximum(np.abs(open_ - close), grid.wick)
        candles = np.stack((candles, _rectangles(body_x, body_top, body_width, body_height)))
    else:
        candles = candles[np.newaxis]
    pane = layout.volume_bottom - layout.price_bottom
    bar = np.ceil(np.minimum(columns.amount / top, 1.0) * max(pane - 2, 0))
    amounts = _rectangles(body_x, layout.volume_bottom - bar, body_width, bar)
    sides = (
        columns.close < columns.open,
        columns.close == columns.open,
        columns.close > columns.open,
    )
    fall, even, rise = (candles[:, side].reshape(-1, 4) for side in sides)
    amount_fall, amount_even, amount_rise = (amounts[side] for side in sides)
    return Shapes((fall, even, rise), (amount_fall, amount_even, amount_rise))


def _rectangles(x: npt.NDArray[Any], y: _Floats, width: _Ints, height: _Floats) -> _Floats:
    return np.column_stack((x, y, width, height)).astype(np.float64)
