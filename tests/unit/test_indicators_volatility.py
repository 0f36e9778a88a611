"""Bollinger bands and ATR: against TA-Lib, and in blocks. Pure."""

from __future__ import annotations

import numpy as np
import pytest

from tests.indicator_bars import at_once, in_blocks, ta_lib, walk
from upbit_ws_qt_widgets.models.indicators import IndicatorSpec
from upbit_ws_qt_widgets.models.indicators.volatility import ATR, BOLLINGER


@pytest.mark.parametrize(("length", "width"), [(20, 2.0), (5, 1.5), (100, 3.0)])
def test_bands_are_those_of_ta_lib(length: int, width: float) -> None:
    rows = walk(2000)
    chosen = BOLLINGER.chosen({"length": length, "width": width})
    middle, upper, lower = at_once(chosen, rows)
    expected = ta_lib().BBANDS(rows["close"].copy(), length, width, width)
    for band, its in zip((upper, middle, lower), expected, strict=True):
        np.testing.assert_allclose(band, its, rtol=1e-9)


@pytest.mark.parametrize("length", [2, 14, 50])
@pytest.mark.parametrize("price", [0.00000123, 150_000_000.0])
def test_range_is_that_of_ta_lib(length: int, price: float) -> None:
    rows = walk(2000, price=price)
    # Gaps between a bar's open and the close before it are what makes the range a true one.
    rows["high"] *= 1 - 0.012 * (np.arange(2000) % 5 == 0)
    rows["high"] = np.maximum(rows["high"], rows["low"])
    [values] = at_once(ATR.chosen({"length": length}), rows)
    expected = ta_lib().ATR(*(rows[name].copy() for name in ("high", "low", "close")), length)
    np.testing.assert_allclose(values, expected, rtol=1e-10)


def test_range_reaches_to_the_close_before() -> None:
    rows = walk(2)
    rows["close"][0], rows["high"], rows["low"] = 100.0, [101.0, 93.0], [99.0, 91.0]
    [values] = at_once(ATR.chosen({"length": 1}), rows)
    np.testing.assert_array_equal(values, [np.nan, 9.0])


def test_bands_of_still_prices_are_one() -> None:
    rows = walk(30)
    rows["close"] = 0.1
    middle, upper, lower = at_once(BOLLINGER.chosen({"length": 20}), rows)
    assert middle[-1] == pytest.approx(0.1)
    assert (upper[-1], lower[-1]) == (middle[-1], middle[-1])


@pytest.mark.parametrize("spec", [BOLLINGER, ATR], ids=lambda spec: spec.key)
def test_blocks_change_no_bit(spec: IndicatorSpec) -> None:
    chosen, rows = spec.chosen(), walk(900)
    cuts = [*range(1, 60), 300, 555, *range(800, 900)]
    np.testing.assert_array_equal(in_blocks(chosen, rows, cuts), at_once(chosen, rows))
