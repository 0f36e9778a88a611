"""The backdrop: settled bars, averages, axes and grid. Pure."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from tests.chart_bars import DAY, MINUTE, chart, rows, second, wave
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_widgets.models.bars import VALUE
from upbit_ws_qt_widgets.models.candle_input import page_of
from upbit_ws_qt_widgets.models.chart_backdrop import (
    backdrop_of,
    empty_backdrop,
    price_strokes,
    widest_price_labels,
)
from upbit_ws_qt_widgets.models.chart_kinds import ChartKind, Look
from upbit_ws_qt_widgets.models.chart_picture import Backdrop, PanePicture, Strokes
from upbit_ws_qt_widgets.models.chart_resolve import ChartResolver
from upbit_ws_qt_widgets.models.chart_scale import PriceScale
from upbit_ws_qt_widgets.models.chart_scene import PaneScene, Scene, sight_of
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.chart_time import TimeZone
from upbit_ws_qt_widgets.models.indicators.ichimoku import ICHIMOKU
from upbit_ws_qt_widgets.models.indicators.momentum import MACD, RSI
from upbit_ws_qt_widgets.models.indicators.trading import OBV
from upbit_ws_qt_widgets.models.indicators.volatility import ATR, BOLLINGER


def scene_of(state: ChartState) -> Scene:
    sight = sight_of(state)
    settled = sight.settled_columns(state)
    growing = sight.growing_column(state)
    low = settled.lowest() if len(settled) else None
    high = settled.highest() if len(settled) else None
    if low is not None and high is not None:
        state.scale = state.scale.fitted(low.price, high.price, 1.0, 0.1)
    panes = tuple(PaneScene(box, PriceScale(0.0, 12_345.0), None) for box in state.layout.panes)
    return Scene(
        sight,
        settled,
        growing,
        low,
        high,
        state.layout,
        state.scale,
        12_345.0,
        tuple(state.overlays.on_price(state.bars)),
        panes,
        state.look.kind,
    )


def backdrop(state: ChartState) -> Backdrop:
    return backdrop_of(state, scene_of(state))


def test_an_empty_chart_has_a_layout_and_nothing_else() -> None:
    made = empty_backdrop(chart())
    assert made.shapes is None
    assert (made.price_labels, made.time_labels, made.overlays) == ((), (), Strokes())


def test_all_settled_bars_in_view_are_painted() -> None:
    state = chart(wave(300))
    made = backdrop(state)
    start, stop = state.view.range(state.layout.view_width, 0, 300)
    assert made.shapes is not None
    assert sum(map(len, made.shapes.amounts)) == stop - start - 1


def test_a_single_bar_is_not_settled() -> None:
    made = backdrop(chart(rows([0])))
    assert made.shapes is None
    assert [len(line.segments) for line in made.overlays.lines] == [0, 0, 0]


def test_averages_are_lines_from_column_to_column() -> None:
    state = chart(wave(40))
    scene = scene_of(state)
    lines = price_strokes(state, scene, live=False).lines
    five, twenty, sixty = (line.segments for line in lines)
    assert (len(five), len(twenty), len(sixty)) == (39 - 5, 39 - 20, 0)
    assert (five[1:, :2] == five[:-1, 2:]).all(), "each begins where the one before ended"
    assert np.diff(five[:, 0]).min() > 0
    closes = state.bars.figures[3]
    expected = scene.scale.y(closes[:5].mean(), 0, state.layout.price_bottom) + 0.5
    assert five[0, 1] == expected
    assert [line.role for line in lines] == ["average_1", "average_2", "average_3"]


def cloud(state: ChartState, *, live: bool) -> list[npt.NDArray[np.float64]]:
    """The five lines of an Ichimoku cloud displaced by three bars."""
    settings = {"conversion": 2, "base": 3, "span": 4, "displacement": 4}
    state.overlays.choose([ICHIMOKU.chosen(settings)])
    lines = price_strokes(state, scene_of(state), live=live).lines
    return [line.segments for line in lines]


def ends_of(state: ChartState, segments: npt.NDArray[np.float64]) -> tuple[float, float]:
    """The numbers of the bars where a line begins and ends."""
    grid = sight_of(state).grid
    middle = grid.wick_left(np.arange(-50, 400)) + grid.wick / 2
    first, last = (
        int(np.flatnonzero(middle == x)[0]) - 50 for x in (segments[0, 0], segments[-1, 2])
    )
    return first, last


def test_displaced_lines_end_ahead_of_the_bars_or_behind_them() -> None:
    state = chart(wave(40))
    turning, _, leading, _, lagging = cloud(state, live=False)
    assert ends_of(state, turning) == (1, 38)
    assert ends_of(state, leading) == (2 + 3, 38 + 3)
    assert ends_of(state, lagging) == (0 - 3, 38 - 3)
    turning, _, leading, _, lagging = cloud(state, live=True)
    assert ends_of(state, turning) == (38, 39)
    assert ends_of(state, leading) == (41, 42)
    assert ends_of(state, lagging) == (35, 36)


def test_displaced_line_is_there_where_its_bars_are_out_of_view() -> None:
    """The newest bar is just out of view at the right, and in view is what lags behind it."""
    state = chart(wave(300))
    state.view = replace(state.view, right=298.0, follow=False)
    assert [len(line) for line in cloud(state, live=True)] == [0, 0, 0, 0, 1]
    state.view = replace(state.view, right=290.0)
    assert [len(line) for line in cloud(state, live=True)] == [0, 0, 0, 0, 0]
    settled = cloud(state, live=False)
    assert ends_of(state, settled[0])[1] == 289
    assert ends_of(state, settled[2])[1] == ends_of(state, settled[4])[1] == 289


def test_out_of_view_of_all_bars_there_are_no_lines() -> None:
    state = chart(wave(300))
    state.view = state.view.shifted(10_000)
    assert [len(line) for line in cloud(state, live=True)] == [0] * 5
    assert [len(line) for line in cloud(state, live=False)] == [0] * 5


def test_no_line_leads_to_the_first_bar_of_all() -> None:
    state = chart(rows([0]))
    state.overlays.choose_averages((1,))
    scene = scene_of(state)
    for live in (False, True):
        assert [len(one.segments) for one in price_strokes(state, scene, live=live).lines] == [0]


def test_zoomed_out_a_line_goes_from_column_to_column() -> None:
    state = chart(wave(5000))
    state.set_spacing(0.2)
    scene = scene_of(state)
    lines = price_strokes(state, scene, live=False).lines
    assert scene.sight.grid.size > 1
    assert len(lines[0].segments) == len(scene.settled) - 1
    grid = scene.sight.grid
    last = grid.wick_left(scene.settled.numbers[-1]) + grid.wick / 2
    assert lines[0].segments[-1, 2] == last
    mean = state.bars.figures[3, scene.settled.last[-1] - 4 : scene.settled.last[-1] + 1].mean()
    y = scene.scale.y(mean, 0, state.layout.price_bottom) + grid.wick / 2
    assert lines[0].segments[-1, 3] == pytest.approx(float(y))


def test_price_labels_are_round_and_keep_off_the_edges() -> None:
    state = chart(wave(300))
    labels = backdrop(state).price_labels
    assert len(labels) >= 4
    prices = [float(label.text.replace(",", "")) for label in labels]
    steps = {b - a for a, b in pairwise(prices)}
    assert len(steps) == 1
    assert all(8 <= label.y <= state.layout.price_bottom - 8 for label in labels)


def test_time_labels_name_days_and_mark_them() -> None:
    state = chart(wave(300, step=DAY))
    labels = backdrop(state).time_labels
    assert all(label.is_day for label in labels)
    assert "Oct" in [label.text for label in labels]
    minutes = backdrop(chart(wave(300))).time_labels
    assert not any(label.is_day for label in minutes)


def test_the_oldest_bar_has_no_bar_before_it() -> None:
    state = chart(wave(300))
    state.show_oldest()
    assert backdrop(state).time_labels[0].is_day


def test_out_of_view_of_all_bars_there_are_no_time_labels() -> None:
    state = chart(wave(300))
    state.view = state.view.shifted(10_000)
    assert backdrop(state).time_labels == ()


def test_the_pane_of_the_amounts_says_how_high_it_is() -> None:
    state = chart(wave(300))
    (pane,) = backdrop(state).panes
    assert pane.box == state.layout.volume
    assert [label.text for label in pane.labels] == ["12.3K"]


def test_the_axis_has_room_for_the_last_price_too() -> None:
    state = chart(wave(300))
    scene_of(state)
    state.stretch_prices(0.001)
    labels = widest_price_labels(state, scene_of(state))
    last = float(state.bars.figures[3, -1])
    assert f"{last:,.0f}" in labels
    assert len(labels) == 3


def pane_of(state: ChartState, index: int) -> PanePicture:
    return ChartResolver().resolve(state, 0.0).backdrop.panes[index]


def test_a_pane_of_fixed_limits_has_its_levels_marked_and_named() -> None:
    state = chart(wave(300), height=700.0)
    state.overlays.choose([RSI.chosen()])
    pane = pane_of(state, 1)
    assert [label.text for label in pane.labels] == ["30.00", "70.00"]
    assert pane.levels == tuple(label.y for label in pane.labels)
    assert pane.box.top < pane.levels[1] < pane.levels[0] < pane.box.bottom
    assert [len(line.segments) for line in pane.strokes.lines] == [len(scene_of(state).settled) - 1]


def test_a_pane_that_follows_its_values_has_round_ones_named() -> None:
    state = chart(wave(300), height=700.0)
    state.overlays.choose([MACD.chosen(), OBV.chosen()])
    pane = pane_of(state, 1)
    values = [float(label.text.replace(",", "")) for label in pane.labels]
    assert 0 in values
    assert len(values) >= 3
    assert len({b - a for a, b in pairwise(values)}) == 1
    assert len(pane.levels) == 1
    assert sum(len(one.rects) for one in pane.strokes.rects) > 50
    assert all(pane.box.top < label.y < pane.box.bottom for label in pane.labels)
    assert len(pane_of(state, 2).labels) >= 2


def test_a_pane_without_a_value_has_no_labels() -> None:
    """The MACD has its first value at the 26th bar: before, its axis has nothing to name."""
    state = chart(wave(25), height=700.0)
    state.overlays.choose([MACD.chosen()])
    assert pane_of(state, 1).labels == ()
    state.load(page_of(wave(26)), keep_newer=False)
    assert len(pane_of(state, 1).labels) == 3


def test_levels_out_of_a_panes_scale_are_not_drawn() -> None:
    state = chart(wave(300), height=700.0)
    state.overlays.choose([replace(ATR, levels=(0.0, 1e9)).chosen()])
    assert pane_of(state, 1).levels == ()


def test_levels_at_the_edge_of_a_pane_have_no_label() -> None:
    state = chart(wave(300), height=700.0)
    state.overlays.choose([replace(RSI, levels=(0.0, 50.0)).chosen()])
    pane = pane_of(state, 1)
    assert len(pane.levels) == 2
    assert [label.text for label in pane.labels] == ["50.00"]


def test_in_a_low_pane_labels_do_not_overlap() -> None:
    state = chart(wave(300), height=265.0)
    state.overlays.choose([RSI.chosen()])
    pane = pane_of(state, 1)
    assert pane.box.bottom - pane.box.top < 50
    assert len(pane.levels) == 2
    assert [label.text for label in pane.labels] == ["30.00"]


def test_the_pane_of_the_amounts_is_named_by_its_caption() -> None:
    state = chart(wave(300))
    assert pane_of(state, 0).caption == "Volume"
    state.look = Look(amount=VALUE)
    assert pane_of(state, 0).caption == "Value"


def test_a_second_market_is_a_line_over_the_indicators_and_under_the_price() -> None:
    state = chart(wave(300))
    state.comparison = second(range(300))
    state.look = Look(ChartKind.LINE)
    roles = [line.role for line in ChartResolver().resolve(state, 0.0).backdrop.overlays.lines]
    assert roles[-2:] == ["comparison", "accent"]


def test_bands_are_filled_under_the_lines() -> None:
    state = chart(wave(300))
    state.overlays.choose([BOLLINGER.chosen()])
    made = backdrop(state).overlays
    assert [area.role for area in made.areas] == ["average_2"]
    assert [line.role for line in made.lines] == ["average_1", "average_2", "average_2"]


def test_a_line_chart_is_one_line_over_its_area_and_the_indicators() -> None:
    state = chart(wave(300))
    state.overlays.choose([BOLLINGER.chosen()])
    state.look = Look(ChartKind.AREA)
    made = backdrop(state)
    assert [area.role for area in made.overlays.areas] == ["accent", "average_2"]
    assert made.overlays.lines[-1].role == "accent"
    assert made.shapes is not None
    assert sum(map(len, made.shapes.candles)) == 0
    state.look = Look(ChartKind.LINE)
    assert [area.role for area in backdrop(state).overlays.areas] == ["average_2"]


def test_an_empty_chart_has_its_panes() -> None:
    state = chart()
    assert [pane.box for pane in empty_backdrop(state).panes] == list(state.layout.panes)


def hourly(count: int, spacing: float, zone: TimeZone) -> Backdrop:
    state = chart(wave(count, step=60 * MINUTE), timeframe=Timeframe.MINUTE_60)
    state.zone = zone
    state.set_spacing(spacing)
    return backdrop(state)


def test_the_exchanges_days_have_a_line_where_only_dates_have_a_label() -> None:
    made = hourly(300, 3.0, TimeZone.KST)
    lines = [label for label in made.time_labels if label.is_day]
    assert lines
    assert {label.text for label in lines} == {""}
    dates = [label for label in made.time_labels if label.is_date]
    assert dates
    assert not any(label.is_day for label in dates)
    in_utc = hourly(300, 3.0, TimeZone.UTC)
    days = [label for label in in_utc.time_labels if label.is_date and label.is_day]
    assert len(days) == len([label for label in in_utc.time_labels if label.is_date])
    assert {label.x for label in in_utc.time_labels if label.is_day} == {label.x for label in lines}


def test_a_day_of_the_exchange_with_room_says_the_hour_of_the_zone() -> None:
    for zone, hour in ((TimeZone.KST, "09:00"), (TimeZone.UTC, None)):
        lines = [label for label in hourly(300, 20.0, zone).time_labels if label.is_day]
        assert lines
        assert all(label.text == hour if hour else label.is_date for label in lines)


def test_days_too_close_to_each_other_have_no_lines_of_their_own() -> None:
    made = hourly(3000, 0.5, TimeZone.KST)
    assert made.time_labels
    assert not [label for label in made.time_labels if not label.text]
