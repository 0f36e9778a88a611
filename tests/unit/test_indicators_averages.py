"""MA, EMA and WMA: against TA-Lib, and in blocks. Pure."""

from __future__ import annotations

import numpy as np
import pytest

from tests.indicator_bars import at_once, in_blocks, ta_lib, walk
from upbit_ws_qt_widgets.models.indicators import IndicatorSpec
from upbit_ws_qt_widgets.models.indicators.averages import EMA, MA, WMA

EACH = pytest.mark.parametrize(
    ("spec", "name"), [(MA, "SMA"), (EMA, "EMA"), (WMA, "WMA")], ids=["MA", "EMA", "WMA"]
)


@EACH
@pytest.mark.parametrize("length", [2, 5, 20, 60, 200])
@pytest.mark.parametrize("price", [0.00000123, 100.0, 150_000_000.0])
def test_values_are_those_of_ta_lib(
    spec: IndicatorSpec, name: str, length: int, price: float
) -> None:
    rows = walk(2000, price=price)
    [values] = at_once(spec.chosen({"length": length}), rows)
    expected = getattr(ta_lib(), name)(rows["close"].copy(), length)
    np.testing.assert_allclose(values, expected, rtol=1e-10)


@EACH
def test_average_of_one_bar_is_its_close(spec: IndicatorSpec, name: str) -> None:
    rows = walk(50)
    [values] = at_once(spec.chosen({"length": 1}), rows)
    np.testing.assert_allclose(values, rows["close"], rtol=1e-15)


@EACH
def test_blocks_change_no_bit(spec: IndicatorSpec, name: str) -> None:
    chosen, rows = spec.chosen({"length": 20}), walk(900)
    cuts = [*range(1, 60), 300, 555, *range(800, 900)]
    np.testing.assert_array_equal(in_blocks(chosen, rows, cuts), at_once(chosen, rows))


@EACH
def test_too_few_bars_have_no_average(spec: IndicatorSpec, name: str) -> None:
    [values] = at_once(spec.chosen({"length": 20}), walk(20))
    assert np.isnan(values[:19]).all()
    assert not np.isnan(values[19])
