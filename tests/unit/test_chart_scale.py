"""Scales that fit what is in view, calmly, with round ticks on the price grid. Pure."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt_widgets.models.chart_scale import (
    PriceScale,
    ScaleKind,
    nice_step,
    round_to_tick,
    tick_prices,
    volume_top,
)


@given(
    st.floats(1e-8, 1e9),
    st.floats(0, 1e6),
    st.sampled_from([1e-8, 0.1, 1, 1000]),
    st.floats(0, 0.5),
)
def test_what_is_in_view_fits_below_the_headroom(
    low: float, span: float, tick: float, headroom: float
) -> None:
    scale = PriceScale().fitted(low, low + span, tick, headroom)
    room = scale.high - scale.low
    assert scale.low < low
    assert low + span < scale.high - headroom * room
    assert room > 0
    again = scale.fitted(low, low + span, tick, headroom)
    assert again is scale, "what fits is kept"


def test_a_flat_market_gets_some_ticks_around_its_price() -> None:
    scale = PriceScale().fitted(500.0, 500.0, 1.0, 0.0)
    assert 8 <= scale.high - scale.low <= 12
    assert scale.low < 500 < scale.high


def test_the_scale_stays_until_prices_leave_it_or_fill_too_little() -> None:
    scale = PriceScale().fitted(1000.0, 2000.0, 1.0, 0.2)
    assert scale.fitted(1010.0, 2000.0, 1.0, 0.2) is scale
    assert scale.fitted(1000.0, 1800.0, 1.0, 0.2) is scale
    assert scale.fitted(900.0, 2000.0, 1.0, 0.2) is not scale
    assert scale.fitted(1000.0, 2300.0, 1.0, 0.2) is not scale
    assert scale.fitted(1400.0, 1500.0, 1.0, 0.2) is not scale


def test_prices_and_places_are_two_views_of_one_scale() -> None:
    scale = PriceScale(100.0, 200.0)
    assert scale.y([200.0, 150.0, 100.0], 10, 400).tolist() == [10.0, 210.0, 410.0]
    assert scale.price(210.0, 10, 400) == 150.0


KINDS = [(kind, inverted) for kind in ScaleKind for inverted in (False, True)]


@given(
    st.sampled_from(KINDS),
    st.floats(1e-8, 1e9),
    st.floats(1e-3, 1e4),
    st.floats(0.0, 1.0),
    st.integers(50, 4000),
)
def test_every_price_is_found_again_at_its_place(
    mode: tuple[ScaleKind, bool], low: float, factor: float, share: float, height: int
) -> None:
    kind, inverted = mode
    scale = PriceScale(low, low * (1 + factor), kind=kind, is_inverted=inverted)
    price = low * (1 + share * factor)
    y = float(scale.y(price, 20, height))
    assert 20 - 1e-6 <= y <= 20 + height + 1e-6
    found = scale.price(y, 20, height)
    assert found > 0
    assert float(scale.y(found, 20, height)) == pytest.approx(y, abs=1e-3)
    pixel = abs(scale.price(y + 1, 20, height) - scale.price(y - 1, 20, height))
    assert abs(found - price) <= pixel / 2


@given(
    st.sampled_from(KINDS),
    st.lists(st.floats(1e-8, 1e9), min_size=2, max_size=9),
    st.floats(0, 0.5),
)
def test_every_scale_keeps_order_and_what_is_in_view(
    mode: tuple[ScaleKind, bool], prices: list[float], headroom: float
) -> None:
    kind, inverted = mode
    prices.sort()
    scale = PriceScale(kind=kind, is_inverted=inverted)
    scale = scale.fitted(prices[0], prices[-1], 1e-8, headroom)
    places = scale.y(prices, 0, 400)
    steps = np.diff(places)
    assert (steps >= 0 if inverted else steps <= 0).all()
    assert 400 * headroom < places.min()
    assert places.max() < 400
    assert scale.fitted(prices[0], prices[-1], 1e-8, headroom) is scale, "what fits is kept"
    assert (scale.kind, scale.is_inverted) == mode


def test_on_a_log_scale_the_same_factor_has_the_same_height() -> None:
    scale = PriceScale(1.0, 10_000.0, kind=ScaleKind.LOG)
    assert scale.y([1, 10, 100, 1000, 10_000], 0, 400).tolist() == [400, 300, 200, 100, 0]
    turned = PriceScale(1.0, 10_000.0, kind=ScaleKind.LOG, is_inverted=True)
    assert turned.y([1, 100, 10_000], 0, 400).tolist() == [0, 200, 400]
    assert turned.price(100, 0, 400) == pytest.approx(10)


def test_no_logarithm_is_taken_of_nothing_or_less() -> None:
    scale = PriceScale(1.0, 10.0, kind=ScaleKind.LOG)
    far = scale.y([0.0, -5.0, math.nan], 0, 100)
    assert far[0] == far[1] > 1e4
    assert math.isnan(far[2])
    assert np.isfinite(PriceScale(kind=ScaleKind.LOG).y([0.0, 1.0], 0, 100)).all()
    assert PriceScale(1.0, 10.0, kind=ScaleKind.LOG).price(1e9, 0, 100) > 0
    assert math.isfinite(PriceScale(1.0, 10.0, kind=ScaleKind.LOG).price(-1e9, 0, 100))


@pytest.mark.parametrize(("kind", "inverted"), KINDS)
def test_a_tick_inside_moves_no_scale_and_much_wasted_room_does(
    kind: ScaleKind, inverted: bool
) -> None:
    scale = PriceScale(kind=kind, is_inverted=inverted).fitted(1000.0, 2000.0, 1.0, 0.2)
    assert scale.fitted(995.0, 2000.0, 1.0, 0.2) is scale
    assert scale.fitted(1000.0, 1800.0, 1.0, 0.2) is scale
    assert scale.fitted(700.0, 2000.0, 1.0, 0.2) is not scale
    assert scale.fitted(1000.0, 2700.0, 1.0, 0.2) is not scale
    assert scale.fitted(1400.0, 1500.0, 1.0, 0.2) is not scale


def test_the_smallest_price_of_all_fits_a_log_scale() -> None:
    scale = PriceScale(kind=ScaleKind.LOG).fitted(1e-8, 1e-8, 1e-8, 0.1)
    assert 0 < scale.low < 1e-8 < scale.high < 1e-7


def test_stretched_and_moved_by_hand_a_log_scale_keeps_factors() -> None:
    scale = PriceScale(10.0, 1000.0, kind=ScaleKind.LOG).stretched(2.0)
    assert (scale.low, scale.high) == pytest.approx((1.0, 10_000.0))
    up = scale.moved(0.25)
    assert (up.low, up.high, up.auto) == (pytest.approx(10.0), pytest.approx(100_000.0), False)
    down = PriceScale(1.0, 10_000.0, kind=ScaleKind.LOG, is_inverted=True).moved(0.25)
    assert (down.low, down.high) == pytest.approx((0.1, 1000.0)), "up the screen is down in price"
    assert scale.stretched(1e30).high < math.inf
    assert scale.stretched(1e-30).low < scale.stretched(1e-30).high
    far = scale.moved(200.0)
    assert far.moved(200.0) is far, "there it ends"


def test_another_kind_fits_anew_where_an_edge_may_have_no_place() -> None:
    by_hand = PriceScale(-10.0, 200.0, auto=False, is_inverted=True)
    assert by_hand.of_kind(ScaleKind.LOG) == PriceScale(kind=ScaleKind.LOG, is_inverted=True)
    percent = by_hand.of_kind(ScaleKind.PERCENT)
    assert (percent.low, percent.high, percent.auto) == (-10.0, 200.0, False)
    assert percent.of_kind(ScaleKind.PERCENT) == percent
    assert percent.released() == PriceScale(kind=ScaleKind.PERCENT, is_inverted=True)


def test_by_hand_the_scale_is_the_users() -> None:
    scale = PriceScale(100.0, 200.0).stretched(2.0)
    assert (scale.low, scale.high, scale.auto) == (50.0, 250.0, False)
    assert scale.moved(0.1) == PriceScale(70.0, 270.0, auto=False)
    assert scale.fitted(1.0, 2.0, 1.0, 0.0) is scale


def test_a_scale_can_be_neither_turned_around_nor_lost() -> None:
    tight = PriceScale(100.0, 200.0).stretched(1e-30)
    assert tight.low < tight.high
    wide = PriceScale(100.0, 200.0).stretched(1e30)
    assert wide.high < 1e20
    assert PriceScale(-1.0, 1.0).stretched(1e-30).high > 0
    around_zero = PriceScale(-5e6, 5e6).stretched(0.1).stretched(20.0)
    assert (around_zero.low, around_zero.high) == pytest.approx((-1e7, 1e7))


@pytest.mark.parametrize(
    ("least", "tick", "step"),
    [
        (0.4, 1.0, 1.0),
        (1.0, 1.0, 1.0),
        (3.0, 1.0, 5.0),
        (6.0, 1.0, 10.0),
        (120_000.0, 1000.0, 200_000.0),
        (7.0, 5.0, 10.0),
        (11.0, 5.0, 25.0),
        (0.00000003, 0.00000001, 0.00000005),
    ],
)
def test_steps_are_round_and_whole_ticks(least: float, tick: float, step: float) -> None:
    assert nice_step(least, tick) == pytest.approx(step)


@given(st.floats(1e-9, 1e9), st.sampled_from([1e-8, 0.1, 1.0, 5.0, 1000.0]))
def test_every_step_is_enough_and_not_far_too_much(least: float, tick: float) -> None:
    step = nice_step(least, tick)
    assert step >= least * (1 - 1e-6)
    assert step <= max(tick, 2.5 * least) * (1 + 1e-6)


def test_ticks_lie_inside_the_scale_and_above_nothing() -> None:
    assert tick_prices(PriceScale(97.0, 143.0), 1.0, 5) == [100.0, 110.0, 120.0, 130.0, 140.0]
    assert tick_prices(PriceScale(-5.0, 10.0), 1.0, 3) == [5.0, 10.0]
    assert tick_prices(PriceScale(0.6, 1.6), 0.1, 5) == [0.6, 0.8, 1.0, 1.2, 1.4, 1.6]


def test_rounding_leaves_no_dust() -> None:
    assert round_to_tick(0.1 + 0.2, 0.1) == 0.3
    assert round_to_tick(116_539_400.0, 1000.0) == 116_539_000.0
    assert round_to_tick(6.014e-6, 1e-8) == 6.01e-6


def test_the_volume_scale_is_kept_while_it_serves() -> None:
    assert volume_top(0.0, 0.0) == 1.0
    assert volume_top(5.0, 0.0) == 5.0
    assert volume_top(0.0, 10.0) == pytest.approx(11.5)
    assert volume_top(11.5, 11.0) == 11.5
    assert volume_top(11.5, 6.0) == 11.5
    assert volume_top(11.5, 5.0) == pytest.approx(5.75)
    assert volume_top(11.5, 12.0) == pytest.approx(13.8)
