"""How much was traded at which prices, of the bars in view. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .chart_columns import Columns

__all__ = ["VolumeProfile", "volume_profile"]

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class VolumeProfile:
    """Amounts by rows of prices; ``edges`` has one price more than there are rows.

    ``fall`` holds what was traded in falling bars, ``rise`` the rest. ``control`` is the row with
    the most of both: the point of control.
    """

    edges: _Floats
    rise: _Floats
    fall: _Floats
    control: int


def volume_profile(
    columns: Columns, step: float, low: float, high: float, *, is_log: bool = False
) -> VolumeProfile | None:
    """The profile of these columns, or None where nothing was traded between these prices.

    A candle does not say at which of its prices how much was traded: its amount is spread evenly
    over the rows from its low to its high.

    Args:
        columns: with the prices and amounts that were real.
        step: the height of a row, a multiple of the price step; rows begin at multiples of it.
        low: the least price that is of interest.
        high: the greatest.
        is_log: a row is the same factor everywhere, and ``step`` the decades of one.
    """
    trough, peak = columns.trough, columns.peak
    if is_log:
        trough, peak = np.log10(trough), np.log10(peak)
        low, high = math.log10(low), math.log10(high)
    bottom, top = np.floor(low / step), np.floor(high / step)
    # The price step may be no exact binary number, and its multiples are edges.
    first = np.floor(trough / step * (1 + 1e-12))
    last = np.floor(peak / step * (1 + 1e-12))
    share = columns.amount / (last - first + 1)
    is_seen = (last >= bottom) & (first <= top) & (columns.amount > 0)
    if not is_seen.any():
        return None
    count = int(top - bottom) + 1
    starts = np.maximum(first[is_seen] - bottom, 0).astype(np.int64)
    ends = np.minimum(last[is_seen] - bottom, count - 1).astype(np.int64) + 1
    is_fall, share = columns.direction[is_seen] < 0, share[is_seen]

    def spread(weights: _Floats) -> _Floats:
        # What begins at a row, less what has ended there, summed up from below.
        changes = np.bincount(starts, weights, count + 1) - np.bincount(ends, weights, count + 1)
        rows: _Floats = np.maximum(np.cumsum(changes)[:count], 0.0)
        return rows

    rise, fall = spread(np.where(is_fall, 0.0, share)), spread(np.where(is_fall, share, 0.0))
    edges = (bottom + np.arange(count + 1)) * step
    if is_log:
        edges = 10.0**edges
    return VolumeProfile(edges, rise, fall, int(np.argmax(rise + fall)))
