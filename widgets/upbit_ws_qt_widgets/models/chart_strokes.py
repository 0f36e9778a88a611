"""Lines, areas and histograms through the ends of columns, in one pane. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .chart_overlays import Overlay, OverlayPlot
from .chart_picture import Area, Line, Rects, Strokes
from .chart_scale import PriceScale
from .chart_scene import Sight
from .chart_shapes import widths

__all__ = ["Canvas", "together", "values_in_view"]

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]

_FARTHEST = 20_000.0
_NONE: npt.NDArray[np.intp] = np.empty(0, np.intp)


def values_in_view(overlay: Overlay, sight: Sight) -> tuple[float, float] | None:
    """The lowest and highest value that is drawn, or None if there is none.

    A histogram stands on zero, so that zero is one of them.
    """
    lows: list[float] = []
    highs: list[float] = []
    for plot in overlay.plots:
        start, stop = sight.reach(plot.shift)
        at = np.append(sight.settled_ends(start, stop), sight.live_ends(start, stop))
        values = plot.values[at - sight.first]
        values = values[~np.isnan(values)]
        if len(values):
            zero = 0.0 if plot.is_histogram else float(values[0])
            lows.append(min(float(values.min()), zero))
            highs.append(max(float(values.max()), zero))
    return (min(lows), max(highs)) if lows else None


class Canvas(NamedTuple):
    """One pane: which columns are in view, and the scale from ``top`` to ``bottom``.

    ``live`` asks for the parts that lead to the newest bar, else for all that is settled.
    """

    sight: Sight
    scale: PriceScale
    top: int
    bottom: int
    live: bool

    def strokes(self, overlay: Overlay) -> Strokes:
        """Everything an indicator draws."""
        rects: list[Rects] = []
        lines: list[Line] = []
        for plot in overlay.plots:
            if plot.is_histogram:
                rects += self._histogram(plot)
            else:
                lines.append(self.line(plot))
        areas: list[Area] = []
        for first, second, role, below in overlay.fills:
            upper, lower = overlay.plots[first], overlay.plots[second]
            at, x = self._places(upper.shift)
            there = at + upper.shift - lower.shift
            known = (self.sight.first <= there) & (there < self.sight.end)
            one, two = self._y(upper, at[known]), self._y(lower, there[known])
            if self.scale.is_inverted:
                role, below = below, role
            areas += _areas(x[known], one, two, role, below)
        return Strokes(tuple(areas), tuple(rects), tuple(lines))

    def down_to_bottom(self, plot: OverlayPlot) -> Strokes:
        """The space below a line."""
        at, x = self._places(plot.shift)
        y = self._y(plot, at)
        areas = _areas(x, y, np.full(len(y), float(self.bottom)), plot.role, plot.role)
        return Strokes(tuple(areas))

    def _places(self, shift: int) -> tuple[_Ints, _Floats]:
        """The last bars of the columns, and where their values are drawn."""
        sight, grid = self.sight, self.sight.grid
        start, stop = sight.reach(shift)
        at = sight.live_ends(start, stop) if self.live else sight.settled_ends(start, stop)
        left = grid.wick_left(at // grid.size * grid.size + shift)
        return at, np.asarray(left + grid.wick / 2, np.float64)

    def _y(self, plot: OverlayPlot, at: _Ints) -> _Floats:
        return self._level(plot.values[at - self.sight.first])

    def _level(self, values: _Floats) -> _Floats:
        y = self.scale.y(values, self.top, self.bottom - self.top)
        # Through the middle of a pixel row, as the flat candles beside it. Far outside the pane
        # nothing is seen, and huge numbers would overflow in the painter.
        return np.clip(y + self.sight.grid.wick / 2, -_FARTHEST, _FARTHEST)

    def line(self, plot: OverlayPlot) -> Line:
        """One line from column to column."""
        at, x = self._places(plot.shift)
        return _joined(plot.role, x, self._y(plot, at))

    def trace(self, role: str, values: Callable[[_Ints], _Floats]) -> Line:
        """A line through what ``values`` gives for the last bars of columns."""
        at, x = self._places(0)
        return _joined(role, x, self._level(values(at)))

    def _histogram(self, plot: OverlayPlot) -> list[Rects]:
        at, _ = self._places(plot.shift)
        if self.live:
            # The column before is settled.
            at = at[at >= self.sight.growing]
        at = at[~np.isnan(plot.values[at - self.sight.first])]
        values, height = plot.values[at - self.sight.first], self.bottom - self.top
        zero, ends = (
            np.clip(np.rint(self.scale.y(y, self.top, height)), self.top - 2, self.bottom + 2)
            for y in (0.0, values)
        )
        size = self.sight.grid.size
        place = widths(at // size * size + plot.shift, self.sight.grid)
        top, tall = np.minimum(zero, ends), np.abs(ends - zero)
        rects = np.column_stack((place.body_x, top, place.body, tall)).astype(np.float64)
        if plot.role != "direction":
            return [Rects(plot.role, rects)]
        return [Rects("rise", rects[values > 0]), Rects("fall", rects[values < 0])]


def together(parts: list[Strokes]) -> Strokes:
    """All of them in one pane: areas lie under all lines."""
    return Strokes(
        tuple(area for part in parts for area in part.areas),
        tuple(rects for part in parts for rects in part.rects),
        tuple(line for part in parts for line in part.lines),
    )


def _joined(role: str, x: _Floats, y: _Floats) -> Line:
    """A line from point to point, past those that have no level."""
    points = np.column_stack((x, y))
    points = points[~np.isnan(points[:, 1])]
    return Line(role, np.hstack((points[:-1], points[1:])))


def _areas(x: _Floats, first: _Floats, second: _Floats, role: str, below: str) -> list[Area]:
    """The polygons between two lines; ``role`` where the first is the upper one."""
    known = ~(np.isnan(first) | np.isnan(second))
    x, first, second = x[known], first[known], second[known]
    if len(x) < 2:
        return []
    is_above = first <= second
    turns = np.flatnonzero(is_above[1:] != is_above[:-1]) if role != below else _NONE
    # Where the lines cross, between two columns, both begin anew from the very same point.
    gap = second - first
    part = gap[turns] / (gap[turns] - gap[turns + 1])
    cross_x = x[turns] + part * (x[turns + 1] - x[turns])
    cross_y = first[turns] + part * (first[turns + 1] - first[turns])
    x = np.insert(x, turns + 1, cross_x)
    first, second = np.insert(first, turns + 1, cross_y), np.insert(second, turns + 1, cross_y)
    edges = [0, *(turns + 1 + np.arange(len(turns))).tolist(), len(x) - 1]
    areas: list[Area] = []
    for index in range(len(edges) - 1):
        run = slice(edges[index], edges[index + 1] + 1)
        upper, lower = np.column_stack((x[run], first[run])), np.column_stack((x[run], second[run]))
        is_first = bool(is_above[0]) is (index % 2 == 0)
        areas.append(Area(role if is_first else below, np.concatenate((upper, lower[::-1]))))
    return areas
