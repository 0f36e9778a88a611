"""Sums, extremes and deviations over the last N values, in blocks of any length. Pure.

Each kernel takes what it kept from the values before, the next values (at least one) and the length
of the window, and gives one result for each value and what to keep. Its time does not depend on the
length: values are laid out in rows as long as the window, counted from the first value of all; then
every window is the end of one row and the beginning of the next, and both come from running sums.
Because rows begin at the same values however the values were split into blocks, so do the sums:
results are the same to the last bit. (The idea is van Herk's and Gil and Werman's, for extremes.)

A window that is not full yet, or that holds a NaN, gives NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = [
    "Kept",
    "before",
    "deviations",
    "highest",
    "lowest",
    "sums",
    "weighted_means",
    "windows",
]

Floats = npt.NDArray[np.float64]


class Kept(NamedTuple):
    """How many values there were, and the newest of them, from the beginning of a row."""

    total: int
    values: Floats


_NOTHING = Kept(0, np.empty(0))


def sums(kept: Kept | None, values: Floats, length: int) -> tuple[Floats, Kept]:
    """The sum of each window."""
    return _slide(kept, values, length, lambda ends, starts: _joined(np.add, ends, starts))


def highest(kept: Kept | None, values: Floats, length: int) -> tuple[Floats, Kept]:
    """The greatest value of each window."""
    return _slide(kept, values, length, lambda ends, starts: _joined(np.maximum, ends, starts))


def lowest(kept: Kept | None, values: Floats, length: int) -> tuple[Floats, Kept]:
    """The smallest value of each window."""
    return _slide(kept, values, length, lambda ends, starts: _joined(np.minimum, ends, starts))


def weighted_means(kept: Kept | None, values: Floats, length: int) -> tuple[Floats, Kept]:
    """The mean of each window in which the oldest value counts once and the newest N times."""
    return _slide(kept, values, length, _weighted_means)


def deviations(kept: Kept | None, values: Floats, length: int) -> tuple[Floats, Kept]:
    """The standard deviation of each window, as of a whole population."""
    return _slide(kept, values, length, _deviations)


def windows(kept: Floats | None, values: Floats, length: int) -> tuple[Floats, Floats]:
    """The windows themselves, shape (n, length), the oldest value first; NaN where too few."""
    data = np.concatenate((_blank(length - 1) if kept is None else kept, values))
    found = np.lib.stride_tricks.sliding_window_view(data, length)
    return found, data[len(values) :].copy()


def before(kept: Floats | None, values: Floats, distance: int) -> tuple[Floats, Floats]:
    """The value so many places before each; NaN where there is none."""
    data = np.concatenate((_blank(distance) if kept is None else kept, values))
    return data[: len(values)], data[len(values) :].copy()


def _blank(count: int) -> Floats:
    return np.full(count, np.nan)


def _slide(
    kept: Kept | None,
    values: Floats,
    length: int,
    reduce: Callable[[Floats, Floats], Floats],
) -> tuple[Floats, Kept]:
    kept = kept or _NOTHING
    data = np.concatenate((kept.values, values))
    count = kept.total + len(values)
    results = np.full(len(values), np.nan)
    full = len(data) - length + 1
    if full > 0:
        # One row for each place a window can begin at, and one more for where the last one ends.
        rows = np.zeros((-(-full // length) + 1, length))
        rows.flat[: len(data)] = data
        found = reduce(rows[:-1], rows[1:]).ravel()[:full]
        new = min(full, len(values))
        results[len(values) - new :] = found[full - new :]
    begin = max(count - length + 1, 0) // length * length
    return results, Kept(count, data[begin - count + len(data) :].copy())


def _joined(combine: np.ufunc, ends: Floats, starts: Floats) -> Floats:
    """Reduce each row of ``ends`` from every column on, with the row of ``starts`` up to there."""
    whole = _backwards(combine, ends)
    whole[:, 1:] = combine(whole[:, 1:], combine.accumulate(starts, axis=1)[:, :-1])
    return whole


def _backwards(combine: np.ufunc, rows: Floats) -> Floats:
    reversed_: Floats = combine.accumulate(rows[:, ::-1], axis=1)
    return reversed_[:, ::-1]


def _weighted_means(ends: Floats, starts: Floats) -> Floats:
    length = ends.shape[1]
    weights = np.arange(1.0, length + 1)
    # Summing sums counts each value once more than the one before it.
    whole = _backwards(np.add, _backwards(np.add, ends))
    climbing = np.add.accumulate(starts * weights, axis=1)
    level = np.add.accumulate(starts, axis=1)
    # The row of starts goes on where the row of ends stopped: N - column values are before it.
    whole[:, 1:] += climbing[:, :-1] + level[:, :-1] * weights[-2::-1]
    whole /= length * (length + 1) / 2
    return whole


def _deviations(ends: Floats, starts: Floats) -> Floats:
    # Distances from a value that is in all windows of the row: squares of prices would drown them.
    middle = ends[:, -1:]
    ends, starts = ends - middle, starts - middle
    mean = _joined(np.add, ends, starts) / ends.shape[1]
    variance = _joined(np.add, ends * ends, starts * starts) / ends.shape[1] - mean * mean
    deviation: Floats = np.sqrt(np.maximum(variance, 0.0))
    return deviation
