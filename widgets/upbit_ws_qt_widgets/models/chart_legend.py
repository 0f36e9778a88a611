"""The texts at the top of the chart. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from upbit_ws_qt.markets import format_price

from .chart_compare import Compared, Comparison
from .chart_ground import hole_at, hole_text
from .chart_kinds import ChartKind
from .chart_overlays import Overlay, OverlayPlot
from .chart_picture import LegendItem
from .chart_scene import PaneScene
from .chart_state import ChartState
from .chart_text import compact, percent, value_text, volume_text

__all__ = ["direction_at", "direction_of", "legend_of", "pane_legend"]

_ROLES: Mapping[int, str] = {1: "rise", 0: "even", -1: "fall"}


def direction_of(change: float) -> int:
    """1 up, -1 down, 0 neither."""
    return (change > 0) - (change < 0)


def direction_at(state: ChartState, number: int) -> int:
    """The direction of the bar with this number, by the rule for its colour."""
    bar = state.bars.bar(number)
    if state.look.by_previous and number > state.bars.first:
        return direction_of(bar.close - state.bars.bar(number - 1).close)
    return direction_of(bar.close - bar.open)


def legend_of(
    state: ChartState, overlays: Sequence[Overlay], number: int, compared: Compared | None = None
) -> tuple[tuple[LegendItem, ...], ...]:
    """The rows for the bar with this number: its prices and amount, then all that is over them."""
    bars, words = state.bars, state.words
    bar = bars.bar(number)
    tick = state.tick_size(bar.close)
    # Upbit compares with the bar before, which is what a holder of the coin gained.
    before = bars.bar(number - 1).close if number > bars.first else bar.open
    change = direction_of(bar.close - before)
    role = _ROLES[direction_at(state, number)]
    prices = [
        LegendItem(words[f"chart.{name}"], format_price(getattr(bar, name), tick), role)
        for name in ("open", "high", "low")
    ]
    if state.look.kind is ChartKind.HEIKIN_ASHI:
        # What is drawn are averages; nobody can trade at those.
        prices.insert(0, LegendItem(words["chart.real_prices"], "", "text", essential=True))
    close = LegendItem(words["chart.close"], format_price(bar.close, tick), role, essential=True)
    arrow = {1: "▲", -1: "▼", 0: ""}[change]
    ratio = f"{arrow}{percent(bar.close / before - 1)}"
    gain = LegendItem("", ratio, _ROLES[change], essential=True)
    rows = [*prices, close, gain, _amount_item(state, number)]
    hole = hole_at(state, number)
    if hole is not None:
        rows.append(LegendItem("", hole_text(state, hole), "warning", essential=True))
    second = _comparison_items(state.comparison, compared, number)
    return tuple(rows), (*second, *_overlay_items(state, overlays, number, tick))


def pane_legend(state: ChartState, pane: PaneScene, number: int) -> tuple[LegendItem, ...]:
    """What the indicator of a pane has at the bar with this number."""
    if pane.overlay is None:
        # The amount stands beside the prices.
        return ()
    unit = pane.overlay.indicator.spec.unit
    items: list[LegendItem] = []
    for plot, value in _values_at(state, pane.overlay, number):
        label = pane.overlay.indicator.label if not items else ""
        role = plot.role
        if role == "direction":
            role = _ROLES[direction_of(value)]
        text = value_text(value, unit, pane.scale, state.words)
        items.append(LegendItem(label, text, role, essential=True))
    return tuple(items)


def _amount_item(state: ChartState, number: int) -> LegendItem:
    bar, words = state.bars.bar(number), state.words
    if state.series.intervals is not None and not bar.volume:
        return LegendItem(words["chart.untraded"], "", "text", essential=True)
    if state.shows_value:
        return LegendItem(words["chart.value"], compact(bar.value, words), "text")
    return LegendItem(words["chart.volume"], volume_text(bar.volume), "text")


def _comparison_items(
    comparison: Comparison | None, compared: Compared | None, number: int
) -> Iterator[LegendItem]:
    """The second market where the bar is, and what there is to say about it."""
    if comparison is None:
        return
    point, role = None if compared is None else compared.at(number), "comparison"
    if point is None:
        value = "" if comparison.note else "–"
    else:
        price = format_price(point.close, comparison.tick_size(point.close))
        value = f"{price}  {percent(point.change)}"
    yield LegendItem(comparison.market, value, role, essential=True)
    if comparison.note:
        yield LegendItem("", comparison.note, "warning", essential=True)


def _overlay_items(
    state: ChartState, overlays: Sequence[Overlay], number: int, tick: float
) -> Iterator[LegendItem]:
    """What the indicators on the price have where the bar is; a label for each, not each line."""
    for overlay in overlays:
        label = overlay.indicator.label
        for plot, value in _values_at(state, overlay, number):
            text = "–" if math.isnan(value) else format_price(value, tick)
            yield LegendItem(label, text, plot.role)
            label = ""


def _values_at(
    state: ChartState, overlay: Overlay, number: int
) -> Iterator[tuple[OverlayPlot, float]]:
    """The values that are drawn where the bar is, NaN for none."""
    for plot in overlay.plots:
        at = number - plot.shift - state.bars.first
        yield plot, float(plot.values[at]) if 0 <= at < len(plot.values) else math.nan
