"""Spread, imbalance, microprice, fills and reaches. Pure."""

from __future__ import annotations

import pytest

from upbit_ws_qt.markets import table_tick_size
from upbit_ws_qt_widgets.models.ladder_figures import (
    Reach,
    fill,
    imbalance,
    microprice,
    reach,
    spread,
)
from upbit_ws_qt_widgets.models.ladder_sides import Level, Sides


def side(*levels: tuple[float, float]) -> tuple[Level, ...]:
    return tuple(Level(price, size, price * size) for price, size in levels)


SIDES = Sides(side((100, 1.0), (110, 2.0), (120, 3.0)), side((90, 3.0), (80, 1.0)))


def krw(price: float) -> float:
    return table_tick_size("KRW-BTC", price)


def test_spread_in_currency_ticks_and_bps() -> None:
    both = spread(Sides(side((116_542_000, 1)), side((116_539_000, 1))), krw)
    assert both is not None
    assert both[:4] == (116_542_000, 116_539_000, 3000, 3)
    assert both.bps == pytest.approx(3000 / 116_540_500 * 1e4)


def test_spread_counts_the_ticks_of_the_bid_at_the_edge_of_a_band() -> None:
    both = spread(Sides(side((1_000_000, 1)), side((999_500, 1))), krw)
    assert both is not None
    assert both.ticks == 1


def test_spread_survives_binary_fractions() -> None:
    both = spread(Sides(side((0.00001236, 1)), side((0.00001234, 1))), lambda _: 1e-8)
    assert both is not None
    assert both.ticks == 2


@pytest.mark.parametrize("one_sided", [Sides(), Sides(SIDES.asks, ()), Sides((), SIDES.bids)])
def test_no_spread_and_no_microprice_without_both_sides(one_sided: Sides) -> None:
    assert spread(one_sided, krw) is None
    assert microprice(one_sided) is None


def test_imbalance_counts_as_many_levels_as_asked() -> None:
    assert imbalance(SIDES, 1) == pytest.approx((3 - 1) / 4)
    assert imbalance(SIDES, 2) == pytest.approx((4 - 3) / 7)
    assert imbalance(SIDES, 30) == pytest.approx((4 - 6) / 10)
    assert imbalance(Sides(SIDES.asks, ()), 5) == -1
    assert imbalance(Sides(), 5) is None


def test_the_microprice_leans_away_from_the_thicker_side() -> None:
    micro = microprice(SIDES)
    assert micro == pytest.approx((100 * 3 + 90 * 1) / 4)
    assert micro is not None
    assert micro > 95
    assert microprice(Sides(side((100, 0.0)), side((90, 0.0)))) is None


@pytest.mark.parametrize(
    ("amount", "in_value", "size", "value", "is_whole"),
    [
        (0.5, False, 0.5, 50.0, True),
        (1.0, False, 1.0, 100.0, True),
        (2.0, False, 2.0, 210.0, True),
        (50.0, True, 0.5, 50.0, True),
        (210.0, True, 2.0, 210.0, True),
        (100.0, False, 6.0, 680.0, False),
        (1e9, True, 6.0, 680.0, False),
    ],
)
def test_a_fill_takes_the_best_prices_first(
    amount: float, in_value: bool, size: float, value: float, is_whole: bool
) -> None:
    filled = fill(SIDES.asks, amount, in_value=in_value)
    assert filled is not None
    assert (filled.size, filled.value) == pytest.approx((size, value))
    assert filled.average == pytest.approx(value / size)
    assert filled.slippage_bps == pytest.approx((value / size / 100 - 1) * 1e4)
    assert filled.is_whole is is_whole


def test_selling_slips_downwards() -> None:
    filled = fill(SIDES.bids, 4.0, in_value=False)
    assert filled is not None
    assert filled.average == pytest.approx(350 / 4)
    assert filled.slippage_bps == pytest.approx((1 - 350 / 4 / 90) * 1e4)
    assert fill((), 1.0, in_value=False) is None


def test_moving_the_price_takes_everything_up_to_there() -> None:
    assert reach(SIDES.asks, 110, up=True) == Reach(110, 3.0, 320.0, 320 / 3, pytest.approx(1000.0))
    assert reach(SIDES.asks, 119, up=True) == Reach(119, 3.0, 320.0, 320 / 3, pytest.approx(1900.0))
    down = reach(SIDES.bids, 80, up=False)
    assert down is not None
    assert (down.size, down.value) == (4.0, 350.0)
    assert down.change_bps == pytest.approx((80 / 90 - 1) * 1e4)
    single = reach(SIDES.bids[:1], 80, up=False)
    assert single is not None
    assert single.size == 3.0


def test_within_the_spread_nothing_is_taken() -> None:
    assert reach(SIDES.asks, 95, up=True) is None
    assert reach(SIDES.bids, 95, up=False) is None
    assert reach((), 95, up=True) is None
