"""Pointer, wheel and keys. Pure."""

from __future__ import annotations

import math

import pytest

from tests.chart_bars import MINUTE, chart, wave
from upbit_ws_qt_widgets.models.chart_hand import ChartHand, ChartKey, Part
from upbit_ws_qt_widgets.models.chart_scale import PriceScale
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.indicators.momentum import MACD, RSI
from upbit_ws_qt_widgets.models.live_bars import Trade

PLOT = (300.0, 200.0)
PRICE_AXIS = (780.0, 200.0)
TIME_AXIS = (300.0, 470.0)


@pytest.fixture
def state() -> ChartState:
    return chart(wave(500))


@pytest.fixture
def hand(state: ChartState) -> ChartHand:
    return ChartHand(state)


def button(state: ChartState) -> tuple[float, float]:
    x, y, width, height = state.layout.latest_button
    return x + width / 2, y + height / 2


def test_every_place_is_a_part(state: ChartState, hand: ChartHand) -> None:
    assert hand.part_at(*PLOT) is Part.PLOT
    assert hand.part_at(*PRICE_AXIS) is Part.PRICE_AXIS
    assert hand.part_at(*TIME_AXIS) is Part.TIME_AXIS
    assert hand.part_at(*button(state)) is Part.PLOT, "there is no button while following"
    state.pan(1000)
    assert hand.part_at(*button(state)) is Part.LATEST


def test_dragging_the_plot_moves_the_bars_with_the_pointer(
    state: ChartState, hand: ChartHand
) -> None:
    width = state.layout.view_width
    hand.press(*PLOT)
    assert hand.held is Part.PLOT
    assert state.is_held
    before = state.view.place(300, width)
    hand.move(380.0, 260.0)
    assert state.view.place(380, width) == before
    assert state.scale == PriceScale(), "up and down does nothing while the scale is automatic"
    hand.release(380.0, 260.0)
    assert hand.held is None
    assert not state.is_held


def test_dragging_moves_prices_too_once_the_scale_is_the_users(
    state: ChartState, hand: ChartHand
) -> None:
    state.scale = PriceScale(100.0, 200.0, auto=False)
    hand.press(*PLOT)
    hand.move(300.0, 210.0)
    assert state.scale.low > 100.0


def test_moving_without_the_button_only_points(state: ChartState, hand: ChartHand) -> None:
    view = state.view
    hand.move(*PLOT)
    assert state.pointer == PLOT
    assert state.view == view
    hand.leave()
    assert state.pointer is None


def test_the_price_axis_is_stretched_and_a_double_click_undoes_it(
    state: ChartState, hand: ChartHand
) -> None:
    state.scale = PriceScale(100.0, 200.0)
    hand.press(*PRICE_AXIS)
    hand.move(780.0, 400.0)
    assert state.scale.high - state.scale.low == pytest.approx(100 * math.e)
    assert not state.scale.auto
    hand.release(780.0, 400.0)
    hand.double_click(*PRICE_AXIS)
    assert state.scale.auto


def test_the_time_axis_is_stretched_and_a_double_click_undoes_it(
    state: ChartState, hand: ChartHand
) -> None:
    hand.press(*TIME_AXIS)
    hand.move(400.0, 470.0)
    assert state.view.spacing == pytest.approx(8 * math.exp(0.5))
    hand.release(400.0, 470.0)
    hand.double_click(*TIME_AXIS)
    assert state.view.spacing == 8.0


def test_a_double_click_on_the_plot_changes_nothing(state: ChartState, hand: ChartHand) -> None:
    view = state.view
    hand.double_click(*PLOT)
    assert state.view == view


def test_the_button_goes_to_the_newest_bar_when_released_on_it(
    state: ChartState, hand: ChartHand
) -> None:
    state.pan(1000)
    place = button(state)
    hand.press(*place)
    hand.release(*PLOT)
    assert not state.view.follow, "let go elsewhere it does nothing"
    hand.press(*place)
    view = state.view
    hand.move(place[0] + 1, place[1])
    assert state.view == view
    hand.release(*place)
    assert state.view.follow


def test_being_hidden_lets_go(state: ChartState, hand: ChartHand) -> None:
    state.pan(1000)
    hand.press(*button(state))
    hand.drop()
    assert hand.held is None
    assert not state.is_held
    assert not state.view.follow


def test_the_wheel_zooms_at_the_pointer_and_moves_sideways(
    state: ChartState, hand: ChartHand
) -> None:
    width = state.layout.view_width
    state.pan(1000)
    place = state.view.place(300, width)
    hand.wheel(300.0, 0.0, 2.0)
    assert state.view.spacing == pytest.approx(8 * 1.15**2)
    assert state.view.place(300, width) == pytest.approx(place)
    hand.wheel(300.0, 0.0, -2.0)
    assert state.view.spacing == pytest.approx(8.0)
    right = state.view.right
    hand.wheel(300.0, 1.0, 0.5)
    assert state.view.right == pytest.approx(right - 60 / 8)
    view = state.view
    hand.wheel(300.0, 0.0, 0.0)
    assert state.view == view


def test_a_touchpad_moves_by_pixels_and_zooms_smoothly(state: ChartState, hand: ChartHand) -> None:
    state.pan(1000)
    right = state.view.right
    hand.touchpad(300.0, 16.0, 3.0)
    assert state.view.right == right - 2
    hand.touchpad(300.0, 0.0, 40.0)
    assert state.view.spacing == pytest.approx(8 * 1.15)


@pytest.mark.parametrize(
    ("key", "moved"),
    [
        (ChartKey.OLDER, -40 / 8),
        (ChartKey.NEWER, 40 / 8),
        (ChartKey.PAGE_OLDER, -744 * 0.9 / 8),
        (ChartKey.PAGE_NEWER, 744 * 0.9 / 8),
    ],
)
def test_keys_move(state: ChartState, hand: ChartHand, key: ChartKey, moved: float) -> None:
    state.pan(1500)
    right = state.view.right
    hand.key(key)
    assert state.view.right - right == pytest.approx(moved)


def test_huge_bars_are_passed_one_by_one(state: ChartState, hand: ChartHand) -> None:
    state.set_spacing(90.0)
    right = state.view.right
    hand.key(ChartKey.OLDER)
    assert state.view.right == pytest.approx(right - 1)


def test_keys_go_to_the_ends_zoom_and_reset(state: ChartState, hand: ChartHand) -> None:
    hand.key(ChartKey.OLDEST)
    assert state.shows_oldest()
    hand.key(ChartKey.LATEST)
    assert state.view.follow
    hand.key(ChartKey.ZOOM_IN)
    assert state.view.spacing == pytest.approx(10.0)
    hand.key(ChartKey.ZOOM_OUT)
    assert state.view.spacing == pytest.approx(8.0)
    state.pan(1000)
    state.zoom(3.0)
    state.stretch_prices(2.0)
    hand.key(ChartKey.RESET)
    assert state.view.spacing == 8.0
    assert state.view.follow
    assert state.scale.auto


def test_new_bars_do_not_pull_the_chart_from_under_the_hand(
    state: ChartState, hand: ChartHand
) -> None:
    hand.press(*PLOT)
    hand.move(310.0, 200.0)
    view = state.view
    state.trade(Trade(int(state.bars.times[-1]) + MINUTE, 1, 100.0, 1.0))
    assert state.view == view
    hand.release(310.0, 200.0)
    assert state.view.right == view.right + 1


@pytest.fixture
def paned(state: ChartState) -> ChartState:
    """The chart 700 px high with the volume, RSI and MACD below the prices."""
    state.overlays.choose([RSI.chosen(), MACD.chosen()])
    state.resize(800.0, 700.0, 1.0, state.text)
    state.fit_panes()
    return state


def edge(state: ChartState, index: int) -> tuple[float, float]:
    return 300.0, float(state.layout.panes[index].top)


def closer(state: ChartState, index: int) -> tuple[float, float]:
    x, y, width, height = state.layout.close_box(index)
    return x + width / 2, y + height / 2


def test_panes_have_parts_of_their_own(paned: ChartState, hand: ChartHand) -> None:
    x, y = edge(paned, 1)
    assert hand.part_at(x, y) is Part.GRIP
    assert hand.part_at(x, y + 20) is Part.PANE
    assert hand.part_at(790.0, y + 20) is Part.PANE
    assert hand.part_at(790.0, y) is Part.GRIP
    assert hand.part_at(*closer(paned, 1)) is Part.CLOSE
    assert hand.part_at(790.0, 100.0) is Part.PRICE_AXIS


def test_dragging_in_a_pane_moves_the_bars_and_never_the_prices(
    paned: ChartState, hand: ChartHand
) -> None:
    paned.scale = PriceScale(100.0, 200.0, auto=False)
    x, y = edge(paned, 1)
    right = paned.view.right
    hand.press(x, y + 20)
    hand.move(x + 80, y + 60)
    assert paned.view.right == right - 10
    assert paned.scale == PriceScale(100.0, 200.0, auto=False)


def test_an_edge_follows_the_pointer_and_a_double_click_resets_it(
    paned: ChartState, hand: ChartHand
) -> None:
    before = paned.layout
    x, y = edge(paned, 1)
    hand.press(x, y)
    for step in range(1, 41):
        hand.move(x, y - step)
    assert paned.layout.panes[1].top == before.panes[1].top - 40
    assert paned.layout.panes[2] == before.panes[2]
    hand.move(x, 0.0)
    hand.move(x, y - 10)
    assert paned.layout.panes[1].top == y - 10, "back from beyond its neighbour"
    hand.release(x, y - 10)
    hand.double_click(x, y - 10)
    assert paned.layout == before


def test_the_button_of_a_pane_closes_it_when_released_on_it(
    paned: ChartState, hand: ChartHand
) -> None:
    place = closer(paned, 1)
    hand.press(*place)
    hand.release(300.0, 100.0)
    assert len(paned.layout.panes) == 3, "let go elsewhere it does nothing"
    hand.press(*place)
    hand.release(*place)
    assert [pane.subject for pane in paned.layout.panes] == [None, MACD.chosen()]
    assert paned.overlays.chosen == (MACD.chosen(),)
    place = closer(paned, 0)
    hand.press(*place)
    hand.release(*place)
    assert not paned.panes.shows_amounts


def test_a_key_closes_the_pane_under_the_pointer(paned: ChartState, hand: ChartHand) -> None:
    assert not hand.key(ChartKey.CLOSE_PANE), "there is no pointer"
    hand.move(300.0, 100.0)
    assert not hand.key(ChartKey.CLOSE_PANE), "it is on the prices"
    x, y = edge(paned, 2)
    hand.move(x, y + 20)
    assert hand.key(ChartKey.CLOSE_PANE)
    assert paned.overlays.chosen == (RSI.chosen(),)
    assert hand.key(ChartKey.OLDER)


def test_panes_that_go_while_they_are_held_are_let_go(paned: ChartState, hand: ChartHand) -> None:
    for place in (edge(paned, 2), closer(paned, 2)):
        paned.overlays.choose([RSI.chosen(), MACD.chosen()])
        paned.fit_panes()
        hand.press(*place)
        paned.overlays.choose(())
        paned.fit_panes()
        before = paned.layout
        hand.move(place[0], place[1] - 30)
        hand.release(*place)
        assert paned.layout == before
