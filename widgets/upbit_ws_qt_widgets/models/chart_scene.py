"""The part of a chart that is in view, with the places and scales it is painted with. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from .bars import Bars
from .chart_columns import Columns, Extreme, Shapes, column_range, columns_of, shapes
from .chart_layout import BarGrid, ChartLayout
from .chart_scale import PriceScale
from .chart_state import ChartState

__all__ = ["Scene", "Sight", "sight_of"]


@dataclass(frozen=True, slots=True)
class Sight:
    """Which bars are in view: ``start … stop - 1`` in settled columns, then the growing one.

    The column of the newest bar, from ``growing``, is apart because every tick changes it.
    """

    grid: BarGrid
    start: int
    stop: int
    growing: int
    shows_growing: bool

    def settled_columns(self, bars: Bars, amount: int) -> Columns:
        """All columns but that of the newest bar."""
        return columns_of(bars, self.start, self.stop, self.grid.size, amount)

    def growing_column(self, bars: Bars, amount: int) -> Columns | None:
        """The column of the newest bar, or None if it is out of view."""
        if not self.shows_growing:
            return None
        return columns_of(bars, self.growing, bars.end, self.grid.size, amount)


def sight_of(state: ChartState) -> Sight:
    """Which bars of ``state`` are in view."""
    bars, layout, view = state.bars, state.layout, state.view
    grid = BarGrid.of(view.spacing, view.right, layout)
    in_view = view.range(layout.view_width, bars.first, bars.end)
    start, stop = column_range(*in_view, grid.size, bars)
    growing = max((bars.end - 1) // grid.size * grid.size, bars.first)
    shows_growing = in_view[0] < in_view[1] and stop > growing
    return Sight(grid, start, max(start, min(stop, growing)), growing, shows_growing)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What is in view and the scales that fit it; there is at least one bar, maybe out of view."""

    sight: Sight
    settled: Columns
    growing: Columns | None
    low: Extreme | None
    high: Extreme | None
    layout: ChartLayout
    scale: PriceScale
    top: float

    def shapes(self, columns: Columns) -> Shapes:
        """Where ``columns`` are painted."""
        return shapes(columns, self.sight.grid, self.layout, self.scale, self.top)
