"""The scales of all panes follow what is in view, where the user has not taken them. Pure."""

from __future__ import annotations

import pytest

from tests.chart_bars import MINUTE, START, chart, rows, second, wave
from upbit_ws_qt_widgets.models.candle_input import page_of
from upbit_ws_qt_widgets.models.chart_fit import fit_prices, fitted_pane
from upbit_ws_qt_widgets.models.chart_layout import PaneBox
from upbit_ws_qt_widgets.models.chart_resolve import ChartResolver
from upbit_ws_qt_widgets.models.chart_scale import PriceScale, ScaleKind
from upbit_ws_qt_widgets.models.chart_scene import compared_of, sight_of
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.indicators.momentum import MACD, RSI
from upbit_ws_qt_widgets.models.indicators.volatility import BOLLINGER
from upbit_ws_qt_widgets.models.live_bars import Trade


def fit(state: ChartState) -> PriceScale:
    sight = sight_of(state)
    fit_prices(state, sight, [sight.settled_columns(state)], state.overlays.on_price(state.bars))
    return state.scale


def banded(kind: ScaleKind = ScaleKind.LINEAR) -> ChartState:
    """A chart whose lower band reaches far below its prices, and below 0."""
    candles = rows(range(300))
    for name in ("open", "high", "low", "close"):
        candles[name][::2] += 9000
    state = chart(candles)
    state.overlays.choose([BOLLINGER.chosen({"length": 20, "width": 10.0})])
    state.set_scale_kind(kind)
    return state


def test_without_a_column_the_scale_stays() -> None:
    state = chart(wave(300))
    fit_prices(state, sight_of(state), [], ())
    assert state.scale == PriceScale()


def test_the_axis_fits_the_prices_and_the_indicators_where_that_is_wished() -> None:
    state = banded()
    prices = fit(state)
    assert prices.low > 0
    state.fits_indicators = True
    both = fit(state)
    (overlay,) = state.overlays.on_price(state.bars)
    start, stop = state.view.range(state.layout.view_width, 0, 300)
    bands = [plot.values[start : stop - 1] for plot in overlay.plots]
    assert both.low < min(float(band.min()) for band in bands) < 0
    assert both.high > max(float(band.max()) for band in bands) > prices.high


def test_the_axis_fits_a_second_market_always() -> None:
    state = chart(rows(range(300)))
    alone = fit(state)
    state.comparison = second([280, 299])
    state.comparison.series.trade(Trade(START + 299 * MINUTE + 1, 1, 2600.0, 1.0))
    compared = compared_of(state)
    sight = sight_of(state)
    fit_prices(state, sight, [sight.settled_columns(state)], (), compared)
    assert compared is not None
    point = compared.at(299)
    assert point is not None
    assert alone.high < point.price < state.scale.high


def test_an_indicator_without_a_value_in_view_changes_nothing() -> None:
    state = chart(rows(range(10)))
    state.overlays.choose([BOLLINGER.chosen()])
    alone = fit(state)
    state.fits_indicators = True
    assert fit(state) is alone


def test_a_band_below_nothing_leaves_a_log_axis_to_the_prices() -> None:
    state = banded(ScaleKind.LOG)
    state.fits_indicators = True
    scale = fit(state)
    assert 20 < scale.low < 130


def test_a_scale_by_hand_is_not_fitted() -> None:
    state = chart(wave(300))
    state.stretch_prices(2.0)
    scale = state.scale
    assert fit(state) is scale


@pytest.mark.parametrize("subject", [None, MACD.chosen(), RSI.chosen()])
def test_a_pane_by_hand_keeps_its_scale(subject: object) -> None:
    state = chart(wave(300), height=700.0)
    state.overlays.choose([MACD.chosen(), RSI.chosen()])
    resolver = ChartResolver()
    resolver.resolve(state, 0.0)
    box = next(pane for pane in state.layout.panes if pane.subject == subject)
    before = state.pane_scales[box.subject]
    state.stretch_pane(box.subject, 2.0)
    resolver.resolve(state, 0.0)
    scale = state.pane_scales[box.subject]
    assert not scale.auto
    assert scale.high - scale.low == pytest.approx(2 * (before.high - before.low))
    state.load(page_of(wave(301)), keep_newer=False)
    resolver.resolve(state, 0.0)
    assert state.pane_scales[box.subject] == scale
    state.reset_pane(box.subject)
    resolver.resolve(state, 0.0)
    assert state.pane_scales[box.subject] == before


def test_amounts_stand_on_nothing_and_keep_a_top_that_serves() -> None:
    state = chart(wave(300))
    (box,) = state.layout.panes
    sight = sight_of(state)
    made = fitted_pane(state, sight, box, 10.0)
    assert (made.scale.low, made.scale.high) == (0.0, pytest.approx(11.5))
    state.pane_scales[None] = made.scale
    assert fitted_pane(state, sight, box, 9.0).scale == made.scale
    assert fitted_pane(state, sight, box, 3.0).scale.high == pytest.approx(3.45)


def test_a_pane_without_a_value_has_a_scale_all_the_same() -> None:
    state = chart(rows([0, 1]), height=700.0)
    state.overlays.choose([MACD.chosen()])
    box = PaneBox(MACD.chosen(), 300, 400)
    made = fitted_pane(state, sight_of(state), box, 0.0)
    assert not made.has_values
    assert made.scale == PriceScale()
