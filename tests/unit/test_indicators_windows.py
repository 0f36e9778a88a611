"""Sliding windows: against one window at a time, and split into blocks in any way. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt_widgets.models.indicators import windows

LENGTHS = st.integers(1, 9)
NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False)
VALUES = st.lists(st.one_of(NUMBERS, st.just(float("nan"))), min_size=1, max_size=60)
CUTS = st.lists(st.integers(0, 60), max_size=5)


def weighted_mean(window: Any) -> Any:
    return np.average(window, weights=np.arange(1, len(window) + 1))


PLAIN: dict[Callable[..., Any], Callable[[Any], Any]] = {
    windows.sums: np.sum,
    windows.highest: np.max,
    windows.lowest: np.min,
    windows.weighted_means: weighted_mean,
    windows.deviations: np.std,
}


def in_blocks(kernel: Callable[..., Any], values: Any, cuts: Sequence[int], *settings: int) -> Any:
    kept, parts = None, []
    edges = [0, *sorted({cut for cut in cuts if 0 < cut < len(values)}), len(values)]
    for start, stop in itertools.pairwise(edges):
        results, kept = kernel(kept, values[start:stop], *settings)
        parts.append(results)
    return np.concatenate(parts)


@pytest.mark.parametrize("kernel", PLAIN)
@given(values=VALUES, length=LENGTHS)
def test_each_result_is_that_of_its_window(
    kernel: Callable[..., Any], values: list[float], length: int
) -> None:
    results, _ = kernel(None, np.array(values, float), length)
    plain = [
        PLAIN[kernel](values[end - length : end]) if end >= length else np.nan
        for end in range(1, len(values) + 1)
    ]
    # Squares of a million, of which about ten digits are left when a window is flat.
    tolerance = 0.05 if kernel is windows.deviations else 1e-6
    np.testing.assert_allclose(results, plain, rtol=1e-12, atol=tolerance)


@pytest.mark.parametrize("kernel", [*PLAIN, windows.before, windows.windows])
@given(values=VALUES, length=LENGTHS, cuts=CUTS)
def test_blocks_change_no_bit(
    kernel: Callable[..., Any], values: list[float], length: int, cuts: list[int]
) -> None:
    array = np.array(values, float)
    whole, _ = kernel(None, array, length)
    np.testing.assert_array_equal(in_blocks(kernel, array, cuts, length), whole)


def test_deviations_of_large_prices_are_exact() -> None:
    """The mean of squares less the square of the mean would have no digit left."""
    steps = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    results, _ = windows.deviations(None, 1e9 + steps, 5)
    assert results[-1] == pytest.approx(np.sqrt(2.0), rel=1e-15)


def test_deviation_of_equal_values_is_nothing() -> None:
    results, _ = windows.deviations(None, np.full(10, 0.1), 3)
    assert results[2:].tolist() == [0.0] * 8


def test_values_before_are_those_so_many_places_back() -> None:
    results, kept = windows.before(None, np.array([1.0, 2.0, 3.0]), 2)
    np.testing.assert_array_equal(results, [np.nan, np.nan, 1.0])
    assert kept.tolist() == [2.0, 3.0]


def test_windows_are_oldest_first() -> None:
    results, _ = windows.windows(None, np.array([1.0, 2.0, 3.0]), 2)
    np.testing.assert_array_equal(results, [[np.nan, 1.0], [1.0, 2.0], [2.0, 3.0]])


@pytest.mark.parametrize("kernel", PLAIN)
def test_little_is_kept(kernel: Callable[..., Any]) -> None:
    """Less than two windows, and no view of the values, which would keep them all alive."""
    _, kept = kernel(None, np.arange(10_000.0), 20)
    assert len(kept.values) < 40
    assert kept.values.base is None
