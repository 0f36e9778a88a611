"""VWAP against pandas, OBV against TA-Lib, and both in blocks. Pure."""

from __future__ import annotations

import numpy as np
import pytest

from tests.chart_bars import DAY, MINUTE, START
from tests.indicator_bars import at_once, in_blocks, pandas, ta_lib, walk
from upbit_ws_qt_widgets.models.indicators import IndicatorSpec
from upbit_ws_qt_widgets.models.indicators.trading import OBV, VWAP


@pytest.mark.parametrize("step", [1000, MINUTE, 240 * MINUTE, DAY])
def test_average_price_is_that_of_pandas(step: int) -> None:
    """Of the day by the exchange's calendar: from nine in the morning in Korea."""
    rows = walk(5000, step=step, price=150_000_000.0)
    table = pandas()
    frame = table.DataFrame({"value": rows["value"].copy(), "volume": rows["volume"].copy()})
    korean = table.to_datetime(rows["time"].copy(), unit="ms", utc=True).tz_convert("Asia/Seoul")
    sums = frame.groupby((korean - table.Timedelta(hours=9)).date).cumsum()
    [values] = at_once(VWAP.chosen(), rows)
    np.testing.assert_allclose(values, sums["value"] / sums["volume"], rtol=1e-10)


def test_average_price_begins_anew_at_nine_in_korea() -> None:
    rows = walk(4)
    rows["time"] = START + np.array([-2, -1, 0, 1]) * MINUTE
    rows["value"], rows["volume"] = [10.0, 40.0, 30.0, 90.0], [1.0, 1.0, 1.0, 1.0]
    [values] = at_once(VWAP.chosen(), rows)
    assert values.tolist() == [10.0, 25.0, 30.0, 60.0]


def test_nothing_traded_has_no_average_price() -> None:
    rows = walk(3)
    rows["volume"], rows["value"] = [0.0, 2.0, 0.0], [0.0, 10.0, 0.0]
    np.testing.assert_array_equal(at_once(VWAP.chosen(), rows), [[np.nan, 5.0, 5.0]])


def test_balance_is_that_of_ta_lib() -> None:
    rows = walk(2000)
    rows["close"][100:110] = rows["close"][100]
    [values] = at_once(OBV.chosen(), rows)
    expected = ta_lib().OBV(rows["close"].copy(), rows["volume"].copy())
    np.testing.assert_allclose(values, expected, rtol=1e-10)


@pytest.mark.parametrize("spec", [VWAP, OBV], ids=lambda spec: spec.key)
def test_blocks_change_no_bit(spec: IndicatorSpec) -> None:
    chosen, rows = spec.chosen(), walk(900, step=10 * MINUTE)
    cuts = [*range(1, 60), 300, 555, *range(800, 900)]
    np.testing.assert_array_equal(in_blocks(chosen, rows, cuts), at_once(chosen, rows))
