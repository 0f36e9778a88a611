"""The Ichimoku cloud: against pandas, where its lines are drawn, and in blocks. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.indicator_bars import at_once, in_blocks, pandas, walk
from upbit_ws_qt_widgets.models.indicators.ichimoku import ICHIMOKU


@pytest.mark.parametrize(("conversion", "base", "span"), [(9, 26, 52), (2, 7, 5)])
def test_lines_are_those_of_pandas(conversion: int, base: int, span: int) -> None:
    rows = walk(2000)
    settings = {"conversion": conversion, "base": base, "span": span}
    high, low = (pandas().Series(rows[name].copy()) for name in ("high", "low"))

    def middle(length: int) -> Any:
        return (high.rolling(length).max() + low.rolling(length).min()) / 2

    values = at_once(ICHIMOKU.chosen(settings), rows)
    turning, standard = middle(conversion), middle(base)
    expected = [turning, standard, (turning + standard) / 2, middle(span), rows["close"]]
    np.testing.assert_array_equal(values, np.array(expected))


def test_spans_lead_and_the_close_lags() -> None:
    """By 25 bars, since the bar itself is the first of 26."""
    assert ICHIMOKU.chosen().shifts == (0, 0, 25, 25, -25)
    assert ICHIMOKU.chosen({"displacement": 1}).shifts == (0, 0, 0, 0, 0)


def test_blocks_change_no_bit() -> None:
    chosen, rows = ICHIMOKU.chosen(), walk(900)
    cuts = [*range(1, 60), 300, 555, *range(800, 900)]
    np.testing.assert_array_equal(in_blocks(chosen, rows, cuts), at_once(chosen, rows))
