"""Averages that never forget and running totals: one value at a time, and in blocks. Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upbit_ws_qt_widgets.models.indicators.recursions import follow, totals

NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False)
MISSING = st.just(float("nan"))


def plainly(values: Sequence[float], weight: float, seeds: int) -> list[float]:
    first: list[float] = []
    now, results = math.nan, []
    for value in values:
        result = math.nan
        if not math.isnan(value):
            if len(first) < seeds:
                first.append(value)
                now = result = sum(first) / seeds if len(first) == seeds else math.nan
            else:
                now = result = now + weight * (value - now)
        results.append(result)
    return results


def followed(values: Any, cuts: Sequence[int], weight: float, seeds: int) -> Any:
    kept, parts = None, []
    edges = [0, *sorted({cut for cut in cuts if 0 < cut < len(values)}), len(values)]
    for start, stop in itertools.pairwise(edges):
        results, kept = follow(kept, values[start:stop], weight, seeds)
        parts.append(results)
    return np.concatenate(parts)


@given(
    values=st.lists(st.one_of(NUMBERS, MISSING), min_size=1, max_size=50),
    seeds=st.integers(1, 6),
    weight=st.floats(0.01, 1.0),
)
def test_average_takes_in_one_value_after_another(
    values: list[float], seeds: int, weight: float
) -> None:
    results, _ = follow(None, np.array(values, float), weight, seeds)
    np.testing.assert_allclose(results, plainly(values, weight, seeds), rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("length", [1, 2, 14, 200, 1000])
def test_long_average_is_the_plain_one(length: int) -> None:
    values = 1e8 + np.random.default_rng(1).normal(0, 1e6, 5000)
    weight = 2 / (length + 1)
    results, _ = follow(None, values, weight, length)
    np.testing.assert_allclose(results, plainly(values.tolist(), weight, length), rtol=1e-13)


@settings(max_examples=60)
@given(
    cuts=st.lists(st.integers(0, 1500), max_size=8),
    missing=st.lists(st.integers(0, 1499), max_size=8),
    seeds=st.integers(1, 300),
)
def test_blocks_change_no_bit_of_an_average(
    cuts: list[int], missing: list[int], seeds: int
) -> None:
    values = np.random.default_rng(2).normal(100, 5, 1500)
    values[missing] = np.nan
    whole = followed(values, (), 0.1, seeds)
    np.testing.assert_array_equal(followed(values, cuts, 0.1, seeds), whole)


def test_average_one_by_one_is_the_same() -> None:
    values = np.random.default_rng(3).normal(100, 5, 1200)
    whole = followed(values, (), 2 / 27, 26)
    np.testing.assert_array_equal(followed(values, range(1200), 2 / 27, 26), whole)


def test_totals_begin_anew_where_told() -> None:
    values = np.array([1.0, 2.0, 4.0, np.nan, 8.0, 16.0])
    marks = np.array([False, False, True, False, False, True])
    results, kept = totals(None, values, marks)
    np.testing.assert_array_equal(results, [1.0, 3.0, 4.0, np.nan, 12.0, 16.0])
    assert kept == 16.0


def test_totals_go_on_from_what_was_kept() -> None:
    results, kept = totals(5.0, np.array([1.0, 1.0]), np.array([False, False]))
    assert (results.tolist(), kept) == ([6.0, 7.0], 7.0)
    results, kept = totals(5.0, np.array([1.0, 1.0]), np.array([True, False]))
    assert (results.tolist(), kept) == ([1.0, 2.0], 2.0)


@given(
    values=st.lists(st.tuples(st.one_of(NUMBERS, MISSING), st.booleans()), min_size=1, max_size=40),
    cuts=st.lists(st.integers(0, 40), max_size=5),
)
def test_blocks_change_no_bit_of_a_total(values: list[tuple[float, bool]], cuts: list[int]) -> None:
    figures = np.array([value for value, _ in values], float)
    marks = np.array([mark for _, mark in values], bool)
    whole, last = totals(None, figures, marks)
    kept, parts = None, []
    edges = [0, *sorted({cut for cut in cuts if 0 < cut < len(values)}), len(values)]
    for start, stop in itertools.pairwise(edges):
        results, kept = totals(kept, figures[start:stop], marks[start:stop])
        parts.append(results)
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert kept == last
