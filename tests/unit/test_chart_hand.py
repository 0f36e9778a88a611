"""Pointer, wheel and keys. Pure."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest

from tests.chart_bars import MINUTE, START, chart, wave
from upbit_ws_qt_widgets.models.chart_hand import ChartHand, Part
from upbit_ws_qt_widgets.models.chart_keys import ChartKey
from upbit_ws_qt_widgets.models.chart_place import Aim
from upbit_ws_qt_widgets.models.chart_resolve import ChartResolver
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
    hand.rest()
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
    assert hand.part_at(790.0, y + 20) is Part.PANE_AXIS
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


def test_the_axis_of_a_pane_is_stretched_and_a_double_click_undoes_it(
    paned: ChartState, hand: ChartHand
) -> None:
    ChartResolver().resolve(paned, 0.0)
    box = paned.layout.panes[1]
    before, others = paned.pane_scales[box.subject], dict(paned.pane_scales)
    y = box.top + 20.0
    assert not paned.is_scaled_by_hand
    hand.press(790.0, y)
    hand.move(790.0, y + 200)
    hand.release(790.0, y + 200)
    scale = paned.pane_scales[box.subject]
    assert scale.high - scale.low == pytest.approx(math.e * (before.high - before.low))
    assert paned.is_scaled_by_hand
    assert paned.pane_scales == {**others, box.subject: scale}
    hand.press(300.0, y)
    hand.move(300.0, y + 10)
    moved = paned.pane_scales[box.subject]
    assert moved.low > scale.low, "what is in it goes down with the pointer"
    hand.release(300.0, y + 10)
    hand.double_click(790.0, y)
    assert box.subject not in paned.pane_scales


def test_the_axis_of_the_amounts_keeps_them_on_the_ground(
    paned: ChartState, hand: ChartHand
) -> None:
    ChartResolver().resolve(paned, 0.0)
    box, top = paned.layout.panes[0], paned.pane_scales[None].high
    hand.press(790.0, box.top + 20.0)
    hand.move(790.0, box.top + 220.0)
    hand.release(790.0, box.top + 220.0)
    scale = paned.pane_scales[None]
    assert (scale.low, scale.high, scale.auto) == (0.0, pytest.approx(top * math.e), False)
    hand.press(300.0, box.top + 20.0)
    hand.move(300.0, box.top + 60.0)
    assert paned.pane_scales[None] == scale, "they are not moved"
    hand.release(300.0, box.top + 60.0)
    hand.key(ChartKey.RESET)
    assert not paned.pane_scales


@pytest.mark.parametrize("x", [300.0, 790.0])
def test_a_pane_that_was_closed_or_never_shown_is_not_scaled(
    paned: ChartState, hand: ChartHand, x: float
) -> None:
    y = paned.layout.panes[2].top + 20.0
    hand.press(x, y)
    hand.move(x, y + 10)
    assert paned.pane_scales == {}, "nothing has been shown"
    ChartResolver().resolve(paned, 0.0)
    before = dict(paned.pane_scales)
    for subject in (MACD.chosen(), RSI.chosen()):
        paned.close_pane(subject)
    paned.fit_panes()
    hand.move(x, y + 20)
    assert paned.pane_scales == before


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


# -- running on ------------------------------------------------------------------------------------


def flick(hand: ChartHand, place: tuple[float, float] = PLOT, *, speed: float = 1.0) -> None:
    """Drag to the right at so many px/ms and let go in motion."""
    hand.press(*place, 1000.0)
    for now in (1010.0, 1020.0, 1030.0):
        hand.move(place[0] + (now - 1000) * speed, place[1], now)
    hand.release(place[0] + 40 * speed, place[1], 1040.0)


def test_a_chart_let_go_in_motion_runs_on_and_comes_to_rest(
    state: ChartState, hand: ChartHand
) -> None:
    flick(hand)
    assert hand.is_gliding
    assert not state.is_held
    rights = [state.view.right]
    now = 0.0
    while hand.is_gliding:
        hand.glide(now)
        rights.append(state.view.right)
        now += 16
    steps = [former - later for former, later in itertools.pairwise(rights[1:])]
    assert steps == sorted(steps, reverse=True), "ever slower"
    assert sum(steps) * state.view.spacing == pytest.approx(325, rel=0.03)
    assert now < 1500


def test_frames_at_the_same_moment_do_not_end_it(state: ChartState, hand: ChartHand) -> None:
    flick(hand)
    for _ in range(3):
        hand.glide(5.0)
    assert hand.is_gliding
    hand.glide(21.0)
    assert state.view.right < 500


def test_at_the_end_of_the_bars_it_stops(state: ChartState, hand: ChartHand) -> None:
    state.show_oldest()
    state.pan(1e6)
    flick(hand, speed=6.0)
    hand.glide(0.0)
    hand.glide(16.0)
    assert not hand.is_gliding


@pytest.mark.parametrize(
    "stopping",
    [
        lambda hand: hand.press(*PLOT, 0.0),
        lambda hand: hand.wheel(300.0, 0.0, 0.0),
        lambda hand: hand.rest(),
        lambda hand: hand.pinch(300.0, 0.0, 1.0),
        lambda hand: hand.key(ChartKey.OLDER),
        lambda hand: hand.drop(),
        lambda hand: hand.stop(),
    ],
)
def test_whatever_the_user_does_next_stops_it(hand: ChartHand, stopping: Any) -> None:
    flick(hand)
    hand.glide(0.0)
    stopping(hand)
    assert not hand.is_gliding


def test_only_a_drag_of_the_bars_runs_on_and_only_if_wanted(
    state: ChartState, hand: ChartHand
) -> None:
    flick(hand, PRICE_AXIS)
    assert not hand.is_gliding
    flick(hand, TIME_AXIS)
    assert not hand.is_gliding
    flick(hand, (300.0, state.layout.plot_bottom - 10.0))
    assert hand.is_gliding, "in a pane too"
    hand.is_kinetic = False
    flick(hand)
    assert not hand.is_gliding


# -- fingers ---------------------------------------------------------------------------------------


def test_two_fingers_keep_the_way_they_set_out_until_they_are_lifted(
    state: ChartState, hand: ChartHand
) -> None:
    state.pan(1000)
    hand.rest()
    hand.touchpad(300.0, 10.0, 2.0)
    right, spacing = state.view.right, state.view.spacing
    hand.touchpad(300.0, 1.0, 30.0)
    assert (state.view.right, state.view.spacing) == (pytest.approx(right - 1 / 8), spacing)
    hand.rest()
    hand.touchpad(300.0, 1.0, 10.0)
    spacing = state.view.spacing
    hand.touchpad(300.0, 50.0, 8.0)
    assert state.view.spacing > spacing
    assert state.view.spacing == pytest.approx(8 * 1.15 ** (18 / 40))


def test_what_runs_on_after_the_fingers_only_moves_and_only_if_wanted(
    state: ChartState, hand: ChartHand
) -> None:
    state.pan(1000)
    hand.rest()
    hand.touchpad(300.0, 0.0, 20.0)
    view = state.view
    hand.touchpad(300.0, 0.0, 20.0, runs_on=True)
    assert state.view == view, "zooming ends with the fingers"
    hand.rest()
    hand.touchpad(300.0, 20.0, 0.0)
    view = state.view
    hand.touchpad(300.0, 20.0, 0.0, runs_on=True)
    assert state.view.right < view.right
    view, hand.is_kinetic = state.view, False
    hand.touchpad(300.0, 20.0, 0.0, runs_on=True)
    assert state.view == view


def test_a_pinch_zooms_between_the_fingers_and_moves_with_them(
    state: ChartState, hand: ChartHand
) -> None:
    width = state.layout.view_width
    state.pan(1000)
    place = state.view.place(300.0, width)
    hand.pinch(300.0, 0.0, 2.0)
    assert state.view.spacing == 16.0
    assert state.view.place(300.0, width) == pytest.approx(place)
    hand.pinch(340.0, 40.0, 0.5)
    assert state.view.spacing == 8.0
    assert state.view.place(340.0, width) == pytest.approx(place)
    view = state.view
    hand.pinch(300.0, 0.0, -1.0)
    assert state.view == view, "no such thing"


# -- the crosshair ---------------------------------------------------------------------------------


def test_keys_move_the_crosshair_and_let_it_go(state: ChartState, hand: ChartHand) -> None:
    state.scale = PriceScale(90_000.0, 110_000.0)
    assert not hand.key(ChartKey.CROSSHAIR_OFF), "there is none"
    assert hand.key(ChartKey.CROSSHAIR_OLDER)
    assert hand.key(ChartKey.CROSSHAIR_OLDER)
    assert state.aim is not None
    assert state.aim.time == START + 498 * MINUTE
    assert hand.key(ChartKey.CROSSHAIR_NEWER)
    price = state.aim.price
    assert hand.key(ChartKey.CROSSHAIR_UP)
    assert state.aim.price != price
    assert hand.key(ChartKey.CROSSHAIR_DOWN)
    assert state.aim.time == START + 499 * MINUTE
    assert hand.key(ChartKey.CROSSHAIR_OFF)
    assert state.aim is None
    state.aim = Aim(START, None, is_given=True)
    assert not hand.key(ChartKey.CROSSHAIR_OFF), "it is not the user's"
    assert state.aim is not None


def test_the_pointer_takes_over_from_whatever_was_set(state: ChartState, hand: ChartHand) -> None:
    hand.key(ChartKey.CROSSHAIR_OLDER)
    hand.move(*PLOT)
    assert state.aim is None
