"""The texts at the top of the chart. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from upbit_ws_qt.markets import format_price

from .bars import CLOSE
from .chart_columns import moving_average
from .chart_picture import LegendItem
from .chart_state import ChartState
from .chart_text import compact, percent, volume_text

__all__ = ["direction_of", "legend_of"]

_ROLES: Mapping[int, str] = {1: "rise", 0: "even", -1: "fall"}


def direction_of(change: float) -> int:
    """1 up, -1 down, 0 neither."""
    return (change > 0) - (change < 0)


def legend_of(state: ChartState, number: int) -> tuple[tuple[LegendItem, ...], ...]:
    """The rows for the bar with this number: its prices and amount, then the averages."""
    bars, words = state.bars, state.words
    bar = bars.bar(number)
    tick = state.tick_size(bar.close)
    # Upbit compares with the bar before, which is what a holder of the coin gained.
    before = bars.bar(number - 1).close if number > bars.first else bar.open
    change = direction_of(bar.close - before)
    role = _ROLES[direction_of(bar.close - bar.open)]
    prices = [
        LegendItem(words[f"chart.{name}"], format_price(getattr(bar, name), tick), role)
        for name in ("open", "high", "low")
    ]
    close = LegendItem(words["chart.close"], format_price(bar.close, tick), role, essential=True)
    arrow = {1: "▲", -1: "▼", 0: ""}[change]
    ratio = f"{arrow}{percent(bar.close / before - 1)}"
    gain = LegendItem("", ratio, _ROLES[change], essential=True)
    if state.shows_value:
        amount = LegendItem(words["chart.value"], compact(bar.value, words), "text")
    else:
        amount = LegendItem(words["chart.volume"], volume_text(bar.volume), "text")
    closes, at = bars.figures[CLOSE], np.array([number - bars.first])
    means = [(period, float(moving_average(closes, at, period)[0])) for period in state.averages]
    averages = tuple(
        LegendItem(
            words["chart.average"].format(period=period),
            "–" if np.isnan(mean) else format_price(mean, tick),
            f"average_{index}",
        )
        for index, (period, mean) in enumerate(means, 1)
    )
    return (*prices, close, gain, amount), averages
