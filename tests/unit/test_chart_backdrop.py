"""The backdrop: settled bars, averages, axes and grid. Pure."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from tests.chart_bars import DAY, chart, rows, wave
from upbit_ws_qt_widgets.models.bars import VALUE
from upbit_ws_qt_widgets.models.chart_backdrop import (
    average_segments,
    backdrop_of,
    empty_backdrop,
    widest_price_labels,
)
from upbit_ws_qt_widgets.models.chart_picture import Backdrop
from upbit_ws_qt_widgets.models.chart_scene import Scene, sight_of
from upbit_ws_qt_widgets.models.chart_state import ChartState


def scene_of(state: ChartState) -> Scene:
    sight = sight_of(state)
    settled = sight.settled_columns(state.bars, state.amount)
    growing = sight.growing_column(state.bars, state.amount)
    low = settled.lowest() if len(settled) else None
    high = settled.highest() if len(settled) else None
    if low is not None and high is not None:
        state.scale = state.scale.fitted(low.price, high.price, 1.0, 0.1)
    return Scene(sight, settled, growing, low, high, state.layout, state.scale, 12_345.0)


def backdrop(state: ChartState) -> Backdrop:
    return backdrop_of(state, scene_of(state))


def test_an_empty_chart_has_a_layout_and_nothing_else() -> None:
    made = empty_backdrop(chart())
    assert made.shapes is None
    assert (made.price_labels, made.time_labels, made.averages) == ((), (), ())


def test_all_settled_bars_in_view_are_painted() -> None:
    state = chart(wave(300))
    made = backdrop(state)
    start, stop = state.view.range(state.layout.view_width, 0, 300)
    assert made.shapes is not None
    assert sum(map(len, made.shapes.amounts)) == stop - start - 1


def test_a_single_bar_is_not_settled() -> None:
    made = backdrop(chart(rows([0])))
    assert made.shapes is None
    assert [len(line) for line in made.averages] == [0, 0, 0]


def test_averages_are_lines_from_column_to_column() -> None:
    state = chart(wave(40))
    state.averages = (5, 20, 60)
    scene = scene_of(state)
    five, twenty, sixty = average_segments(state, scene, scene.settled.last)
    assert (len(five), len(twenty), len(sixty)) == (39 - 5, 39 - 20, 0)
    assert (five[1:, :2] == five[:-1, 2:]).all(), "each begins where the one before ended"
    assert np.diff(five[:, 0]).min() > 0
    closes = state.bars.figures[3]
    expected = scene.scale.y(closes[:5].mean(), 0, state.layout.price_bottom) + 0.5
    assert five[0, 1] == expected


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


def test_the_lower_pane_says_what_it_shows() -> None:
    state = chart(wave(300))
    assert (backdrop(state).amount_caption, backdrop(state).amount_label) == ("Volume", "12.3K")
    state.amount = VALUE
    assert backdrop(state).amount_caption == "Value"


def test_the_axis_has_room_for_the_last_price_too() -> None:
    state = chart(wave(300))
    scene_of(state)
    state.stretch_prices(0.001)
    labels = widest_price_labels(state)
    last = float(state.bars.figures[3, -1])
    assert f"{last:,.0f}" in labels
    assert len(labels) == 3
