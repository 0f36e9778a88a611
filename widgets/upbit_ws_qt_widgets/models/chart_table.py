"""The bars of a chart in words, a row for each: what a table of them says. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from upbit_ws_qt.markets import format_price

from .bars import NEWEST, Bars
from .chart_export import indicator_plots, overlays_of
from .chart_legend import direction_of
from .chart_overlays import OverlayPlot
from .chart_state import ChartState
from .chart_text import compact, full_time, percent, volume_text
from .chart_time import TimeZone
from .indicators import Indicator, IndicatorSpec, ValueUnit

__all__ = ["CHANGE", "BarRows", "RowChange"]

#: The columns before those of indicators.
_COLUMNS = ("time", "open", "high", "low", "close", "change", "volume", "value")
CHANGE = _COLUMNS.index("change")
"""The column with the change from the close before."""

_WHOLE_FROM = 1000
_FINER = 100


@dataclass(frozen=True, slots=True)
class RowChange:
    """What a table has to do to be as the bars are: all anew, or the rest in this order.

    ``newer`` rows come at the top and ``older`` ones at the end; then the first ``changed`` rows
    say something else.
    """

    anew: bool = False
    newer: int = 0
    older: int = 0
    changed: int = 0


class _Stand(NamedTuple):
    """What rows are of and how they say it; all of them are others when one of these is."""

    bars: Bars
    words: Mapping[str, str]
    zone: TimeZone
    chosen: tuple[Indicator, ...]


class _Column(NamedTuple):
    """What an indicator draws."""

    head: str
    plot: OverlayPlot
    spec: IndicatorSpec


# State: what rows are of, the numbers and times at both ends when that was told last, and what the
# indicators had then.
class BarRows:
    """What the rows of a table of a chart's bars say, by the numbers of the bars.

    Nothing is copied. ``update`` says what changed since the last time; rows may be asked for in
    between, while the bars have gone on already.
    """

    def __init__(self, state: ChartState) -> None:
        self._state = state
        self._stand: _Stand | None = None
        self._bars = Bars()
        self._times = (0, 0)
        self._told = (-1, -1)
        self._columns: tuple[_Column, ...] = ()
        self.first = 0
        """The number of the oldest bar."""
        self.end = 0
        """The number after the newest bar's."""

    @property
    def heads(self) -> tuple[str, ...]:
        """The names of the columns."""
        words = self._state.words
        own = tuple(words[f"chart.column.{name}"] for name in _COLUMNS)
        return own + tuple(column.head for column in self._columns)

    def update(self) -> RowChange:
        """Say what changed."""
        state, before = self._state, (self.first, self.end)
        revision, history = self._told
        stand = _Stand(state.bars, state.words, state.zone, state.overlays.chosen)
        goes_on = stand == self._stand and self._goes_on()
        self._take(stand)
        bars = self._bars
        if not goes_on:
            return RowChange(anew=True)
        if bars.revision == revision:
            return RowChange(changed=min(1, len(bars)))
        newer = bars.end - before[1]
        # A change to settled bars changes averages over all of them.
        changed = len(bars) if bars.history != history else min(newer + NEWEST, len(bars))
        return RowChange(newer=newer, older=before[0] - bars.first, changed=changed)

    def _goes_on(self) -> bool:
        """Whether the bars told of have their numbers still, with others around them at most."""
        bars = self._bars
        if not (bars.first <= self.first and self.end <= bars.end):
            return False
        return self.first == self.end or self._times == (
            int(bars.times[self.first - bars.first]),
            int(bars.times[self.end - 1 - bars.first]),
        )

    def _take(self, stand: _Stand) -> None:
        bars = stand.bars
        self._stand, self._bars = stand, bars
        self.first, self.end = bars.first, bars.end
        self._times = (int(bars.times[0]), int(bars.times[-1])) if bars else (0, 0)
        self._told = bars.revision, bars.history
        specs = [one.indicator.spec for one in overlays_of(self._state) for _ in one.plots]
        self._columns = tuple(
            _Column(head, plot, spec)
            for (head, plot), spec in zip(indicator_plots(self._state), specs, strict=True)
        )

    def cells(self, number: int) -> tuple[str, ...]:
        """The texts of one bar, one for each head; empty ones if it is there no more."""
        state, bars = self._state, self._bars
        if not bars.first <= number < bars.end:
            return ("",) * (len(_COLUMNS) + len(self._columns))
        bar = bars.bar(number)
        tick = state.tick_size(bar.close)
        before = bars.bar(number - 1).close if number > bars.first else bar.open
        whole = bar.value >= _WHOLE_FROM
        return (
            full_time(bar.time, state.timeframe, state.words, state.zone),
            *(format_price(price, tick) for price in (bar.open, bar.high, bar.low, bar.close)),
            percent(bar.close / before - 1),
            volume_text(bar.volume),
            f"{bar.value:,.0f}" if whole else volume_text(bar.value),
            *(self._text(column, number, tick) for column in self._columns),
        )

    def direction(self, number: int) -> int:
        """Whether a bar closed above (1) or below (-1) the one before, or at its price (0)."""
        bars = self._bars
        if not bars.first < number < bars.end:
            return 0
        return direction_of(bars.bar(number).close - bars.bar(number - 1).close)

    def _text(self, column: _Column, number: int, tick: float) -> str:
        plot, spec = column.plot, column.spec
        at = number - plot.shift - self.first
        value = float(plot.values[at]) if 0 <= at < len(plot.values) else math.nan
        if math.isnan(value):
            return ""
        if spec.unit is ValueUnit.AMOUNT:
            return ("-" if value < 0 else "") + compact(abs(value), self._state.words)
        if spec.unit is ValueUnit.NUMBER:
            return f"{value:z,.2f}"
        # A difference of prices is finer than a price.
        return format_price(value, tick if spec.on_price else tick / _FINER)
