"""The kinds of bars and the prices they draw. Pure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from tests.indicator_bars import bars_of, walk
from upbit_ws_qt_widgets.models.bars import CLOSE, HIGH, LOW, OPEN, Bar, Bars
from upbit_ws_qt_widgets.models.chart_kinds import ChartKind, ColourRule, DrawnPrices, Look


def averaged(bars: Bars) -> npt.NDArray[np.float64]:
    """Heikin-Ashi bar by bar, straight from its definition."""
    made: list[tuple[float, float, float, float]] = []
    for open_, high, low, close in bars.figures[[OPEN, HIGH, LOW, CLOSE]].T.tolist():
        drawn_close = (open_ + high + low + close) / 4
        before = made[-1] if made else (open_, 0.0, 0.0, close)
        drawn_open = (before[0] + before[3]) / 2
        top, foot = max(high, drawn_open, drawn_close), min(low, drawn_open, drawn_close)
        made.append((drawn_open, top, foot, drawn_close))
    return np.array(made).T


def test_candles_bars_and_hollow_ones_draw_the_prices_of_their_bars() -> None:
    bars, drawn = bars_of(walk(20)), DrawnPrices()
    for kind in (ChartKind.SOLID, ChartKind.HOLLOW, ChartKind.BARS):
        prices = drawn.of(bars, kind)
        rows = prices.open, prices.high, prices.low, prices.close
        np.testing.assert_array_equal(rows, bars.figures[[OPEN, HIGH, LOW, CLOSE]])
        assert prices.peak is prices.high
        assert prices.trough is prices.low


@pytest.mark.parametrize("kind", [ChartKind.LINE, ChartKind.AREA])
def test_lines_draw_closes_alone_and_name_those(kind: ChartKind) -> None:
    bars = bars_of(walk(20))
    prices = DrawnPrices().of(bars, kind)
    for row in (prices.high, prices.low, prices.close, prices.peak, prices.trough):
        np.testing.assert_array_equal(row, bars.figures[CLOSE])
    np.testing.assert_array_equal(prices.open, bars.figures[OPEN])
    assert kind.is_line


def test_averaged_candles_are_those_of_their_definition_and_name_real_prices() -> None:
    bars = bars_of(walk(3000))
    prices = DrawnPrices().of(bars, ChartKind.HEIKIN_ASHI)
    rows = prices.open, prices.high, prices.low, prices.close
    np.testing.assert_allclose(rows, averaged(bars), rtol=1e-12)
    np.testing.assert_array_equal(prices.peak, bars.figures[HIGH])
    np.testing.assert_array_equal(prices.trough, bars.figures[LOW])


def test_averaged_candles_follow_every_change_to_the_last_bit() -> None:
    rows = walk(900)
    bars, drawn = bars_of(rows[300:600]), DrawnPrices()
    drawn.of(bars, ChartKind.HEIKIN_ASHI)

    def check() -> None:
        whole = DrawnPrices().of(bars, ChartKind.HEIKIN_ASHI)
        for one, other in zip(drawn.of(bars, ChartKind.HEIKIN_ASHI), whole, strict=True):
            np.testing.assert_array_equal(one, other)

    for row in rows[600:]:
        bars.put(Bar(*row.tolist()))
        bars.put(Bar(*row.tolist())._replace(close=float(row["low"])))
        drawn.of(bars, ChartKind.HEIKIN_ASHI)
    check()
    bars.merge(rows[:300])
    check()
    bars.put(Bar(*rows[450].tolist())._replace(close=float(rows[450]["high"])))
    check()


def test_colours_are_by_the_open_unless_asked_or_hollow() -> None:
    assert not Look().by_previous
    assert Look(rule=ColourRule.PREVIOUS).by_previous
    assert Look(ChartKind.HOLLOW).by_previous
    assert not Look(ChartKind.HEIKIN_ASHI).by_previous
    assert not ChartKind.BARS.is_line
