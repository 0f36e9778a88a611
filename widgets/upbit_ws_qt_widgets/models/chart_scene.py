"""The part of a chart that is in view, with the places and scales it is painted with. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .bars import CLOSE
from .chart_axis import PriceAxis
from .chart_columns import Columns, Extreme, column_range, columns_of
from .chart_compare import Compared
from .chart_kinds import ChartKind
from .chart_layout import BarGrid, ChartLayout, PaneBox
from .chart_overlays import Overlay
from .chart_scale import PriceScale
from .chart_shapes import Shapes, shapes
from .chart_state import ChartState

__all__ = ["PaneScene", "Scene", "Sight", "base_of", "compared_of", "sight_of"]

_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sight:
    """Which bars are in view: ``start … stop - 1`` in settled columns, then the growing one.

    The column of the newest bar, from ``growing``, is apart because every tick changes it. There
    are bars ``first … end - 1``; ``left`` and ``right`` are the edges of the view on their axis.
    """

    grid: BarGrid
    start: int
    stop: int
    growing: int
    shows_growing: bool
    first: int
    end: int
    left: float
    right: float

    def settled_columns(self, state: ChartState) -> Columns:
        """All columns but that of the newest bar."""
        prices = state.prices()
        return columns_of(state.bars, prices, self.start, self.stop, self.grid.size, state.look)

    def growing_column(self, state: ChartState) -> Columns | None:
        """The column of the newest bar, or None if it is out of view."""
        if not self.shows_growing:
            return None
        return columns_of(
            state.bars, state.prices(), self.growing, self.end, self.grid.size, state.look
        )

    def reach(self, shift: int) -> tuple[int, int]:
        """The columns of bars whose values, drawn ``shift`` bars later, are in view.

        As ``start, stop``. A line that is drawn later goes on where there are no bars yet.
        """
        start = max(math.floor(self.left) - shift, self.first)
        stop = max(start, min(math.ceil(self.right) - shift, self.end))
        size = self.grid.size
        return max(start // size * size, self.first), min(-(-stop // size) * size, self.end)

    def settled_ends(self, start: int, stop: int) -> _Ints:
        """The last bars of the settled columns of bars ``start … stop - 1``."""
        size, stop = self.grid.size, min(stop, self.growing)
        starts = np.arange(start // size * size, stop, size, dtype=np.int64)
        return np.minimum(starts + size, stop) - 1

    def live_ends(self, start: int, stop: int) -> _Ints:
        """The last bar of the column before the growing one, and the newest bar.

        From the column before, so that lines go on without a gap.
        """
        if start >= stop or stop <= self.growing:
            return np.empty(0, np.int64)
        ends = [self.growing - 1, self.end - 1]
        return np.array(ends[self.growing <= self.first :], np.int64)


def base_of(state: ChartState) -> float:
    """The close of the first bar in view; there must be a bar."""
    return float(state.bars.figures[CLOSE, _first_in_view(state) - state.bars.first])


def compared_of(state: ChartState) -> Compared | None:
    """The second market in view; there must be a bar of the chart's own."""
    return Compared.of(state.comparison, state.bars, _first_in_view(state), base_of(state))


def _first_in_view(state: ChartState) -> int:
    bars = state.bars
    start, _ = state.view.range(state.layout.view_width, bars.first, bars.end)
    return min(start, bars.end - 1)


def sight_of(state: ChartState) -> Sight:
    """Which bars of ``state`` are in view."""
    bars, layout, view = state.bars, state.layout, state.view
    grid = BarGrid.of(view.spacing, view.right, layout)
    in_view = view.range(layout.view_width, bars.first, bars.end)
    start, stop = column_range(*in_view, grid.size, bars)
    growing = max((bars.end - 1) // grid.size * grid.size, bars.first)
    shows_growing = in_view[0] < in_view[1] and stop > growing
    left = view.left(layout.view_width)
    return Sight(
        grid,
        start,
        max(start, min(stop, growing)),
        growing,
        shows_growing,
        bars.first,
        bars.end,
        left,
        view.right,
    )


class PaneScene(NamedTuple):
    """A pane with its scale; ``overlay`` is what it shows, None for the amounts.

    Without a value in view there is nothing the scale fits.
    """

    box: PaneBox
    scale: PriceScale
    overlay: Overlay | None
    has_values: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What is in view and the scales that fit it; there is at least one bar, maybe out of view.

    ``base`` is the close of the first bar in view, from which changes in per cent are counted;
    ``compared`` is the second market, None where there is nothing to draw of one.
    """

    sight: Sight
    settled: Columns
    growing: Columns | None
    low: Extreme | None
    high: Extreme | None
    layout: ChartLayout
    scale: PriceScale
    top: float
    overlays: tuple[Overlay, ...]
    panes: tuple[PaneScene, ...]
    kind: ChartKind
    base: float = 1.0
    compared: Compared | None = None

    def axis(self, state: ChartState) -> PriceAxis:
        """What the price axis says."""
        return PriceAxis(self.scale, self.base, state.tick_size)

    def shapes(self, columns: Columns) -> Shapes:
        """Where ``columns`` are painted."""
        return shapes(columns, self.sight.grid, self.layout, self.scale, self.top, self.kind)
