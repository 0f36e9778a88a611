"""What is drawn of the bars in view: one column for each, or for each bucket of them. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .bars import Bars
from .chart_kinds import Look, Prices

__all__ = ["UNTRADED", "Columns", "Extreme", "column_range", "columns_of"]

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]


UNTRADED = 2
"""The direction of a column that stands for time in which nobody traded."""


@dataclass(frozen=True, slots=True)
class Extreme:
    """The lowest or highest price of some columns and the number of its column's first bar."""

    price: float
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Columns of ``size`` bars each, ascending; all arrays have one entry for each.

    ``numbers`` holds each column's first bar and ``last`` its last one; ``direction`` is 1 for a
    rise, -1 for a fall, UNTRADED where there was no trade, else 0; ``peak`` and ``trough`` are the
    prices to be named; ``amount`` the volume or the traded value.
    """

    size: int
    numbers: _Ints
    last: _Ints
    times: _Ints
    open: _Floats
    high: _Floats
    low: _Floats
    close: _Floats
    direction: _Floats
    peak: _Floats
    trough: _Floats
    amount: _Floats

    def __len__(self) -> int:
        return len(self.numbers)

    def highest(self) -> Extreme:
        """The highest price to be named; there must be a column."""
        at = int(np.argmax(self.peak))
        return Extreme(float(self.peak[at]), int(self.numbers[at]))

    def lowest(self) -> Extreme:
        """The lowest price to be named; there must be a column."""
        at = int(np.argmin(self.trough))
        return Extreme(float(self.trough[at]), int(self.numbers[at]))


def column_range(start: int, stop: int, size: int, bars: Bars) -> tuple[int, int]:
    """Widen bars ``start … stop - 1`` to whole columns, as far as there are bars.

    Columns begin at multiples of ``size`` whatever the view shows, so that moving it does not
    change what a column holds.
    """
    return max(start // size * size, bars.first), min(-(-stop // size) * size, bars.end)


def columns_of(bars: Bars, prices: Prices, start: int, stop: int, size: int, look: Look) -> Columns:
    """Columns for bars ``start … stop - 1``, a range from ``column_range``.

    Args:
        bars: the bars.
        prices: what is drawn of them.
        start: the number of the first bar.
        stop: the number after the last bar.
        size: bars in a column.
        look: says which amount is wanted, and what a rise is.
    """
    stop = max(start, stop)
    part = slice(start - bars.first, stop - bars.first)
    first = start // size * size if stop > start else stop
    numbers = np.arange(first, stop, size, dtype=np.int64)
    # The first bars of all may begin in the middle of their column.
    begins = np.maximum(numbers - start, 0)
    ends = np.append(begins[1:], stop - start) - 1 if len(begins) else begins
    open_, close = prices.open[part][begins], prices.close[part][ends]
    high, low = (
        _joined(np.maximum, prices.high[part], begins, size),
        _joined(np.minimum, prices.low[part], begins, size),
    )
    is_drawn = prices.peak is prices.high
    direction = np.sign(
        close - (_before(prices, part.start, begins) if look.by_previous else open_)
    )
    amount = _joined(np.add, bars.figures[look.amount, part], begins, size)
    if look.empty_bars:
        direction[amount == 0] = UNTRADED
    return Columns(
        size,
        numbers,
        ends + start,
        bars.times[part][begins],
        open_,
        high,
        low,
        close,
        direction,
        high if is_drawn else _joined(np.maximum, prices.peak[part], begins, size),
        low if is_drawn else _joined(np.minimum, prices.trough[part], begins, size),
        amount,
    )


def _joined(function: np.ufunc, values: _Floats, begins: _Ints, size: int) -> _Floats:
    """``function`` over the bars of each column."""
    if size == 1 or not len(begins):
        return values.copy()
    joined: _Floats = function.reduceat(values, begins)
    return joined


def _before(prices: Prices, start: int, begins: _Ints) -> _Floats:
    """The close before each column; of the first bar of all, its open."""
    before = prices.close[np.maximum(begins + start - 1, 0)]
    if start == 0 and len(before):
        before[0] = prices.open[0]
    return before
