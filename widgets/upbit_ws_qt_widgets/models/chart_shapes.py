"""The rectangles of candles, bars and amounts in device pixels. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .chart_columns import UNTRADED, Columns
from .chart_kinds import ChartKind
from .chart_layout import BarGrid, ChartLayout
from .chart_scale import PriceScale

__all__ = ["Shapes", "Widths", "shapes", "widths"]

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """Rectangles (x, y, width, height in device pixels) by direction: fall, even, rise.

    Candles have a fourth array, of those without a trade. Shapes (n, 4); all parts of one colour
    stand in one array.
    """

    candles: tuple[_Floats, _Floats, _Floats, _Floats]
    amounts: tuple[_Floats, _Floats, _Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Widths:
    """The left edges and widths of the wicks and bodies of columns."""

    wick_x: _Ints
    wick: _Ints
    body_x: _Ints
    body: _Ints


def widths(numbers: _Ints, grid: BarGrid) -> Widths:
    """For the columns that begin with these bars; what touches is as wide as its place."""
    if grid.is_dense:
        x = grid.left(numbers)
        width = grid.left(numbers + grid.size) - x
        return Widths(x, width, x, width)
    x, body = grid.wick_left(numbers), max(grid.body, grid.wick)
    return Widths(x, np.full(len(x), grid.wick), x - (body - grid.wick) // 2, np.full(len(x), body))


def shapes(
    columns: Columns,
    grid: BarGrid,
    layout: ChartLayout,
    scale: PriceScale,
    top: float,
    kind: ChartKind,
) -> Shapes:
    """Where the bars and amounts of ``columns`` are painted; ``top`` is the amount scale's."""
    place = widths(columns.numbers, grid)
    sides = [columns.direction == side for side in (-1, 0, 1, UNTRADED)]
    parts = () if kind.is_line else _bars(columns, grid, place, layout, scale, kind)
    amounts = _amounts(columns, place, layout, top)
    fall, even, rise, flat = (_together([part[side] for part in parts]) for side in sides)
    amount_fall, amount_even, amount_rise = (amounts[side] for side in sides[:3])
    return Shapes((fall, even, rise, flat), (amount_fall, amount_even, amount_rise))


def _together(parts: list[_Floats]) -> _Floats:
    found = np.concatenate(parts) if parts else np.empty((0, 4))
    # The parts that a bar lacks are empty.
    return found[found[:, 3] > 0]


def _bars(
    columns: Columns,
    grid: BarGrid,
    place: Widths,
    layout: ChartLayout,
    scale: PriceScale,
    kind: ChartKind,
) -> tuple[_Floats, ...]:
    """The parts of each bar, one array with a rectangle for each bar for each part."""
    height, line = layout.price_bottom, grid.wick
    # Far outside the pane nothing is seen, and huge numbers would overflow in the painter.
    limits = -2.0, height + 2.0
    edges = scale.y((columns.high, columns.low, columns.open, columns.close), 0, height)
    high, low, open_, close = np.rint(np.clip(edges, *limits))
    # On an inverted scale the high is below.
    high, low = np.minimum(high, low), np.maximum(high, low)
    wick = _rectangles(place.wick_x, high, place.wick, np.maximum(low - high, line))
    if not grid.body or grid.is_dense:
        return (wick,)
    if kind is ChartKind.BARS:
        reach = place.wick_x - place.body_x
        level = np.full(len(high), line)
        return (
            wick,
            _rectangles(place.body_x, open_, reach, level),
            _rectangles(place.wick_x + line, close, reach, level),
        )
    top = np.minimum(open_, close)
    tall = np.maximum(np.abs(open_ - close), line)
    body = _rectangles(place.body_x, top, place.body, tall)
    empty = _empty_bodies(columns, kind) & (tall > 2 * line)
    if grid.body <= 2 * line or not empty.any():
        return wick, body
    # An empty body is a frame, with the wick only above and below it.
    body[empty, 3] = line
    foot = body.copy()
    foot[:, 1], foot[:, 3] = top + tall - line, np.where(empty, line, 0)
    side = np.where(empty, tall - 2 * line, 0)
    left = _rectangles(place.body_x, top + line, np.full(len(top), line), side)
    right = left.copy()
    right[:, 0] += grid.body - line
    below = wick.copy()
    below[:, 1], below[:, 3] = top + tall, np.where(empty, low - top - tall, 0)
    wick[empty, 3] = (top - high)[empty]
    return wick, below, body, foot, left, right


def _empty_bodies(columns: Columns, kind: ChartKind) -> npt.NDArray[np.bool_]:
    """Of which columns only the outline of the body is drawn."""
    if kind is ChartKind.HOLLOW:
        return columns.close >= columns.open
    if kind is ChartKind.DOWN_HOLLOW:
        return columns.close < columns.open
    return np.full(len(columns), kind is ChartKind.OUTLINE)


def _amounts(columns: Columns, place: Widths, layout: ChartLayout, top: float) -> _Floats:
    pane = layout.volume
    if pane is None:
        return np.zeros((len(columns), 4))
    tall = np.ceil(np.minimum(columns.amount / top, 1.0) * max(pane.bottom - pane.top - 2, 0))
    return _rectangles(place.body_x, pane.bottom - tall, place.body, tall)


def _rectangles(x: npt.NDArray[Any], y: _Floats, width: _Ints, height: _Floats | _Ints) -> _Floats:
    return np.column_stack((x, y, width, height)).astype(np.float64)
