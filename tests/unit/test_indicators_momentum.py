"""RSI, MACD and Stochastic: against TA-Lib, and in blocks. Pure."""

from __future__ import annotations

import numpy as np
import pytest

from tests.indicator_bars import at_once, in_blocks, ta_lib, walk
from upbit_ws_qt_widgets.models.indicators import IndicatorSpec
from upbit_ws_qt_widgets.models.indicators.momentum import MACD, RSI, STOCHASTIC

PRICES = pytest.mark.parametrize("price", [0.00000123, 150_000_000.0])


@PRICES
@pytest.mark.parametrize("length", [2, 14, 60])
def test_strength_is_that_of_ta_lib(length: int, price: float) -> None:
    # As large for every market: TA-Lib takes a sum below 1e-14 for none.
    rows = walk(2000, price=price)
    [values] = at_once(RSI.chosen({"length": length}), rows)
    np.testing.assert_allclose(values, ta_lib().RSI(rows["close"].copy(), length), rtol=1e-9)


@PRICES
@pytest.mark.parametrize(("fast", "slow", "signal"), [(12, 26, 9), (3, 50, 2)])
def test_convergence_is_that_of_ta_lib(fast: int, slow: int, signal: int, price: float) -> None:
    rows = walk(2000, price=price)
    values = at_once(MACD.chosen({"fast": fast, "slow": slow, "signal": signal}), rows)
    expected = np.array(ta_lib().MACD(rows["close"].copy(), fast, slow, signal))
    # TA-Lib shows nothing before there is a signal; ours has the line from the slow average on.
    before = slow + signal - 2
    assert np.isnan(expected[:, :before]).all()
    assert not np.isnan(values[0, slow - 1 :]).any()
    np.testing.assert_allclose(values[:, before:], expected[:, before:], atol=price * 1e-12)


def test_convergence_of_swapped_lengths_is_the_opposite() -> None:
    rows = walk(200)
    line, signal, _ = at_once(MACD.chosen({"fast": 12, "slow": 26}), rows)
    swapped, its, _ = at_once(MACD.chosen({"fast": 26, "slow": 12}), rows)
    np.testing.assert_array_equal(swapped, -line)
    np.testing.assert_array_equal(its, -signal)


@PRICES
@pytest.mark.parametrize(("length", "smooth", "signal"), [(14, 3, 3), (5, 1, 3), (60, 7, 4)])
def test_stochastic_is_that_of_ta_lib(length: int, smooth: int, signal: int, price: float) -> None:
    rows = walk(2000, price=price)
    chosen = STOCHASTIC.chosen({"length": length, "smooth": smooth, "signal": signal})
    values = at_once(chosen, rows)
    figures = [rows[name].copy() for name in ("high", "low", "close")]
    expected = np.array(
        ta_lib().STOCH(*figures, fastk_period=length, slowk_period=smooth, slowd_period=signal)
    )
    # TA-Lib shows nothing before there is a %D; ours has %K from its own first value on.
    before = length + smooth + signal - 3
    assert np.isnan(expected[:, :before]).all()
    assert not np.isnan(values[0, length + smooth - 2 :]).any()
    np.testing.assert_allclose(values[:, before:], expected[:, before:], rtol=1e-8, atol=1e-8)


def test_still_prices_press_neither_way() -> None:
    rows = walk(60)
    for name in ("open", "high", "low", "close"):
        rows[name] = 100.0
    assert at_once(RSI.chosen(), rows)[0, -1] == 50.0
    assert at_once(STOCHASTIC.chosen(), rows)[:, -1].tolist() == [50.0, 50.0]


@pytest.mark.parametrize(("factor", "strength"), [(1.01, 100.0), (0.99, 0.0)])
def test_prices_that_go_one_way_are_at_the_end_of_the_scale(factor: float, strength: float) -> None:
    rows = walk(60)
    rows["close"] = 100 * factor ** np.arange(60)
    assert at_once(RSI.chosen(), rows)[0, -1] == strength


@pytest.mark.parametrize("spec", [RSI, MACD, STOCHASTIC], ids=lambda spec: spec.key)
def test_blocks_change_no_bit(spec: IndicatorSpec) -> None:
    chosen, rows = spec.chosen(), walk(900)
    cuts = [*range(1, 60), 300, 555, *range(800, 900)]
    np.testing.assert_array_equal(in_blocks(chosen, rows, cuts), at_once(chosen, rows))
