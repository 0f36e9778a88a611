"""A second market beside the bars of a chart, both counted from the first bar in view. Pure."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from upbit_ws_qt.markets import table_tick_size
from upbit_ws_qt.timeframe import Timeframe

from .bars import CLOSE, Bars
from .live_bars import LiveBars

__all__ = ["Compared", "ComparedKey", "Comparison"]

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]


# State: the bars of the second market, whether more of them are waited for, what there is to say
# about them, and its price steps.
class Comparison:
    """The bars of a second market, of the unit of the chart.

    They are matched with the chart's by their starts: in an interval in which nobody traded the
    second market it has the close before, and before its first bar it has none. While
    ``is_waiting`` is set, bars are kept but not drawn: they would be counted from a later one.
    """

    def __init__(self, market: str, timeframe: Timeframe) -> None:
        self.market = market
        self.series = LiveBars(timeframe)
        self.is_waiting = False
        self.note = ""
        self.tick_size: Callable[[float], float] = functools.partial(table_tick_size, market)

    @property
    def bars(self) -> Bars:
        """Its bars."""
        return self.series.bars

    def restart(self, timeframe: Timeframe) -> None:
        """Forget the bars, unless they are of this unit."""
        if timeframe is not self.series.timeframe:
            self.series = LiveBars(timeframe)

    def closes(self, times: npt.NDArray[np.int64]) -> _Floats:
        """The closes at bars that start at ``times`` (ms), NaN where there is none yet."""
        at = np.searchsorted(self.bars.times, times, side="right") - 1
        closes = np.full(len(at), np.nan)
        known = at >= 0
        closes[known] = self.bars.figures[CLOSE][at[known]]
        return closes


class ComparedKey(NamedTuple):
    """What is settled of the second market is painted the same while these are."""

    bars: Bars
    revision: int
    newest: float | None
    base: float
    own_base: float


class ComparedPoint(NamedTuple):
    """Its close, the change since the base, and the price at which it is drawn."""

    close: float
    change: float
    price: float


class Compared(NamedTuple):
    """A second market in one view of a chart's ``bars``.

    ``base`` and ``own_base`` are what both markets are counted from: their closes at the first bar
    in view, or the second one's first close after it. There is at least one bar of both.
    """

    comparison: Comparison
    bars: Bars
    base: float
    own_base: float

    @staticmethod
    def of(comparison: Comparison | None, bars: Bars, start: int, base: float) -> Compared | None:
        """The second market in a view that begins with the bar number ``start``.

        None where there is nothing to draw of it.
        """
        if comparison is None or comparison.is_waiting or not comparison.bars:
            return None
        time = int(bars.times[start - bars.first])
        number = comparison.bars.latest_at(time)
        own = comparison.bars
        at = 0 if number is None else number - own.first
        return Compared(comparison, bars, base, float(own.figures[CLOSE, at]))

    def closes(self, numbers: _Ints) -> _Floats:
        """Its closes at bars of the chart, NaN before its first."""
        return self.comparison.closes(self.bars.times[numbers - self.bars.first])

    def prices(self, numbers: _Ints) -> _Floats:
        """The prices of the chart's market at which it is drawn there."""
        return self.closes(numbers) * (self.base / self.own_base)

    def widened(self, low: float, high: float, numbers: _Ints) -> tuple[float, float]:
        """The range of prices from ``low`` to ``high``, and of those."""
        prices = self.prices(numbers)
        prices = prices[~np.isnan(prices)]
        return float(prices.min(initial=low)), float(prices.max(initial=high))

    def at(self, number: int) -> ComparedPoint | None:
        """What there is at a bar of the chart, None before its first."""
        close = float(self.closes(np.array([number]))[0])
        if math.isnan(close):
            return None
        ratio = close / self.own_base
        return ComparedPoint(close, ratio - 1, self.base * ratio)

    def key(self, growing: int) -> ComparedKey:
        """What the part before the chart's bar ``growing`` depends on."""
        own = self.comparison.bars
        # Its newest close may change without a new revision; it may have been carried on.
        is_before = int(own.times[-1]) < int(self.bars.times[growing - self.bars.first])
        newest = float(own.figures[CLOSE, -1]) if is_before else None
        return ComparedKey(own, own.revision, newest, self.base, self.own_base)
