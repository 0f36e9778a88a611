"""Amounts by price: every amount in its rows, once, and the row with the most. Pure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt_widgets.models.chart_columns import UNTRADED, Columns
from upbit_ws_qt_widgets.models.volume_profile import VolumeProfile, volume_profile


def columns(*given: tuple[float, float, float, float]) -> Columns:
    """Columns of a low, a high, an amount and a direction each."""
    low, high, amount, direction = np.array(given, np.float64).reshape(-1, 4).T
    none = np.arange(len(low), dtype=np.int64)
    return Columns(1, none, none, none, low, high, low, high, direction, high, low, amount)


def made(
    *given: tuple[float, float, float, float], low: float = 100.0, high: float = 149.0
) -> VolumeProfile:
    profile = volume_profile(columns(*given), 10.0, low, high)
    assert profile is not None
    return profile


def test_without_trades_there_is_none() -> None:
    assert volume_profile(columns(), 10.0, 100.0, 200.0) is None
    assert volume_profile(columns((100, 110, 0.0, UNTRADED)), 10.0, 100.0, 200.0) is None
    assert volume_profile(columns((300, 310, 5.0, 1)), 10.0, 100.0, 200.0) is None
    assert volume_profile(columns((50, 90, 5.0, 1)), 10.0, 100.0, 200.0) is None


def test_rows_begin_at_multiples_of_the_step_and_reach_over_the_scale() -> None:
    profile = made((112, 113, 1.0, 1))
    assert profile.edges.tolist() == [100.0, 110.0, 120.0, 130.0, 140.0, 150.0]
    assert profile.rise.tolist() == [0.0, 1.0, 0.0, 0.0, 0.0]


def test_an_amount_is_spread_over_the_rows_of_its_candle_and_falls_are_apart() -> None:
    profile = made((105, 125, 3.0, 1), (120, 139, 4.0, -1), (121, 122, 0.5, 0))
    assert profile.rise.tolist() == [1.0, 1.0, 1.5, 0.0, 0.0]
    assert profile.fall.tolist() == [0.0, 0.0, 2.0, 2.0, 0.0]
    assert profile.control == 2


def test_on_a_logarithm_rows_are_of_one_factor() -> None:
    profile = volume_profile(
        columns((2, 900, 3.0, 1), (20, 30, 4.0, -1)), 1.0, 1.5, 999.0, is_log=True
    )
    assert profile is not None
    assert profile.edges == pytest.approx([1.0, 10.0, 100.0, 1000.0])
    assert profile.rise == pytest.approx([1.0, 1.0, 1.0])
    assert profile.fall == pytest.approx([0.0, 4.0, 0.0])


def test_what_lies_outside_the_scale_keeps_its_share() -> None:
    profile = made((80, 119, 4.0, 1), (140, 189, 5.0, -1))
    assert profile.rise.tolist() == [1.0, 1.0, 0.0, 0.0, 0.0]
    assert profile.fall.tolist() == [0.0, 0.0, 0.0, 0.0, 1.0]


def test_a_price_on_an_edge_belongs_to_the_row_above_whatever_the_step() -> None:
    for step in (0.1, 0.0001, 0.3):
        for index in range(1, 60):
            price = index * step
            profile = volume_profile(columns((price, price, 1.0, 1)), step, 0.0, 60 * step)
            assert profile is not None
            assert profile.control == index


@given(
    st.lists(
        st.tuples(
            st.integers(0, 400), st.integers(0, 80), st.integers(0, 9), st.sampled_from([-1, 0, 1])
        ),
        min_size=1,
        max_size=30,
    )
)
def test_it_is_what_adding_row_by_row_gives(given_: list[tuple[int, int, int, int]]) -> None:
    candles = [(float(low), float(low + more), float(v), float(d)) for low, more, v, d in given_]
    profile = volume_profile(columns(*candles), 10.0, 0.0, 499.0)
    rows = np.zeros((2, 50))
    for low, high, amount, direction in candles:
        touched = range(int(low // 10), int(high // 10) + 1)
        for row in touched:
            rows[int(direction < 0), row] += amount / len(touched)
    if profile is None:
        assert not rows.any()
        return
    assert profile.rise == pytest.approx(rows[0], abs=1e-9)
    assert profile.fall == pytest.approx(rows[1], abs=1e-9)
    assert (profile.rise + profile.fall)[profile.control] == pytest.approx(rows.sum(axis=0).max())
