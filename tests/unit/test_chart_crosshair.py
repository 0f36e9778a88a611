"""Where the crosshair is, and how keys move it. Pure."""

from __future__ import annotations

import pytest

from tests.chart_bars import MINUTE, START, chart, wave
from upbit_ws_qt_widgets.models.chart_crosshair import (
    lift_crosshair,
    pointed_bar,
    pointed_price,
    step_crosshair,
)
from upbit_ws_qt_widgets.models.chart_place import Aim
from upbit_ws_qt_widgets.models.chart_scale import PriceScale
from upbit_ws_qt_widgets.models.chart_state import ChartState


@pytest.fixture
def state() -> ChartState:
    made = chart(wave(500))
    made.scale = PriceScale(90_000.0, 110_000.0)
    return made


def test_without_bars_there_is_none() -> None:
    empty = chart()
    empty.pointer = (100.0, 100.0)
    assert pointed_bar(empty) is None
    assert not step_crosshair(empty, 1)
    assert not lift_crosshair(empty, 1)
    assert empty.aim is None


def test_it_is_under_the_pointer(state: ChartState) -> None:
    assert pointed_bar(state) is None
    assert pointed_price(state) is None
    state.pointer = (100.0, 0.0)
    assert pointed_bar(state) == int(state.view.place(100.0, state.layout.view_width))
    assert pointed_price(state) == 110_000.0
    state.pointer = (100.0, state.layout.price_bottom + 10.0)
    assert pointed_bar(state) is not None
    assert pointed_price(state) is None, "not among the prices"
    state.pointer = (state.layout.view_width + 1, 100.0)
    assert pointed_bar(state) is None


def test_what_was_set_counts_while_it_is_in_view(state: ChartState) -> None:
    state.pointer = (100.0, 100.0)
    state.aim = Aim(START + 450 * MINUTE + 30_000, 100_000.0, is_given=True)
    assert pointed_bar(state) == 450, "the bar that holds the time"
    assert pointed_price(state) == 100_000.0
    state.aim = Aim(START + 20 * MINUTE, None, is_given=True)
    assert pointed_bar(state) is None
    assert pointed_price(state) is None
    state.aim = Aim(START - MINUTE, None, is_given=True)
    assert pointed_bar(state) is None, "before the first bar"


def test_at_the_edges_of_the_view_a_bar_is_in_it_while_any_of_it_is_seen(state: ChartState) -> None:
    state.show_oldest()
    state.pan(-4.0)
    last = int(state.view.right)
    for number, seen in ((0, True), (last, True), (last + 1, False)):
        state.aim = Aim(START + number * MINUTE, None, is_given=True)
        assert (pointed_bar(state) == number) is seen


def test_keys_begin_at_the_newest_bar_in_view_and_go_bar_by_bar(state: ChartState) -> None:
    assert step_crosshair(state, -1)
    close = state.bars.bar(499).close
    assert state.aim == Aim(START + 499 * MINUTE, close, is_given=False)
    step_crosshair(state, 1)
    assert pointed_bar(state) == 499, "there is none after it"
    step_crosshair(state, -1)
    assert pointed_bar(state) == 498
    assert pointed_price(state) == state.bars.bar(498).close


def test_keys_begin_where_the_pointer_is(state: ChartState) -> None:
    state.pointer = (200.0, 100.0)
    number = pointed_bar(state)
    assert number is not None
    step_crosshair(state, 1)
    assert pointed_bar(state) == number + 1


def test_the_view_goes_along(state: ChartState) -> None:
    state.pan(800.0)
    step_crosshair(state, 1)
    begun = pointed_bar(state)
    assert begun is not None
    right = state.view.right
    for _ in range(3):
        step_crosshair(state, 1)
    assert pointed_bar(state) == begun + 3
    assert state.view.right == pytest.approx(begun + 4)
    assert state.view.right - right < 4
    for _ in range(200):
        step_crosshair(state, -1)
    assert pointed_bar(state) == begun - 197
    assert state.view.left(state.layout.view_width) == pytest.approx(begun - 197)
    state.show_oldest()
    state.aim = Aim(START, None, is_given=False)
    step_crosshair(state, -1)
    assert pointed_bar(state) == 0


def test_the_level_goes_up_and_down_by_steps_of_the_price(state: ChartState) -> None:
    lift_crosshair(state, 1)
    close = state.bars.bar(499).close
    assert pointed_price(state) == close, "the first press shows it"
    lift_crosshair(state, 1)
    risen = pointed_price(state)
    assert risen is not None
    assert risen - close == pytest.approx(4 * 20_000 / state.layout.price_bottom, abs=1)
    state.tick_size = lambda _: 5000.0
    state.aim = Aim(START, 100_000.0, is_given=False)
    lift_crosshair(state, -1)
    assert pointed_price(state) == 95_000.0, "a whole step where that is more"
    state.aim = Aim(START, 109_000.0, is_given=False)
    lift_crosshair(state, 1)
    assert pointed_price(state) == 110_000.0
    lift_crosshair(state, 1)
    assert pointed_price(state) == 110_000.0, "and never out of sight"


def test_upwards_is_upwards_on_the_screen(state: ChartState) -> None:
    state.invert_prices(inverted=True)
    state.aim = Aim(START, 100_000.0, is_given=False)
    lift_crosshair(state, 1)
    assert pointed_price(state) is not None
    assert (pointed_price(state) or 0.0) < 100_000.0


def test_a_level_that_was_not_given_begins_at_the_close(state: ChartState) -> None:
    state.aim = Aim(START + 490 * MINUTE, None, is_given=True)
    lift_crosshair(state, 1)
    assert state.aim == Aim(START + 490 * MINUTE, state.bars.bar(490).close, is_given=False)
