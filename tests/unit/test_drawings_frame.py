"""Where drawings are, and what the pointer points at. Pure."""

from __future__ import annotations

import pytest

from tests.drawing_frames import CHARACTER, LINE, at, frame, state_of
from upbit_ws_qt_widgets.models.chart_layout import BarGrid
from upbit_ws_qt_widgets.models.chart_scale import PriceScale, ScaleKind
from upbit_ws_qt_widgets.models.drawings.frame import frame_of


@pytest.mark.parametrize("ratio", [1.0, 1.25, 2.0])
def test_an_anchor_at_a_bar_is_on_its_wick(ratio: float) -> None:
    state = state_of(ratio=ratio)
    made = frame(ratio=ratio)
    grid = BarGrid.of(state.view.spacing, state.view.right, state.layout)
    for index in (50, 99):
        wick = int(grid.wick_left(index))
        assert wick <= made.x(at(index, 0.0).time) <= wick + grid.wick


def test_prices_are_where_the_scale_has_them() -> None:
    made = frame()
    assert made.point(at(99, 1100.0))[1] == 0
    assert made.y(900.0) == made.layout.price_bottom
    assert made.box == (made.layout.plot_width, made.layout.price_bottom)


def test_on_a_log_scale_and_upside_down_the_pointer_finds_what_is_there() -> None:
    for kind in ScaleKind:
        for inverted in (False, True):
            state = state_of()
            scale = PriceScale(500.0, 2000.0, auto=False, kind=kind, is_inverted=inverted)
            state.scale = scale
            made = frame_of(state, lambda text: CHARACTER * len(text), LINE)
            assert made is not None
            x, y = made.point(at(90, 1005.0))
            assert made.anchor(x, y, magnet=False) == at(90, 1005.0)
            y = made.y(1091.0) + (9 if inverted else -9)
            assert made.anchor(x, y, magnet=True) == at(90, 1091.0)


def test_the_pointer_points_at_a_bar_and_a_price_of_the_market() -> None:
    made = frame()
    x, y = made.point(at(90, 1005.0))
    for beside in (-3.0, 0.0, 3.0):
        assert made.anchor(x + beside, y + 0.3, magnet=False) == at(90, 1005.0)
    assert made.tick(-5.0) == 1.0


def test_it_points_at_bars_that_are_yet_to_come_and_that_are_not_loaded() -> None:
    made = frame(20)
    for index in (22, -8):
        x, y = made.point(at(index, 1000.0))
        for magnet in (True, False):
            assert made.anchor(x, y, magnet=magnet) == at(index, 1000.0)


def test_the_magnet_draws_to_a_price_of_the_bar_that_is_near() -> None:
    made = frame()
    x, _ = made.point(at(90, 0.0))
    high, low = 1091.0, 1089.0
    assert made.anchor(x, made.y(high) - 9, magnet=True) == at(90, high)
    assert made.anchor(x, made.y(low) + 9, magnet=True) == at(90, low)
    far = made.y(high) - 15
    assert made.anchor(x, far, magnet=True) == made.anchor(x, far, magnet=False)


def test_the_reach_of_the_magnet_is_the_same_on_a_fine_screen() -> None:
    made = frame(ratio=2.0)
    x, y = made.point(at(90, 1091.0))
    assert made.anchor(x, y - 26, magnet=True) == at(90, 1091.0)
    assert made.anchor(x, y - 30, magnet=True) != at(90, 1091.0)


def test_there_is_no_frame_without_bars_or_while_they_are_awaited() -> None:
    state = state_of()
    state.is_waiting = True
    assert frame_of(state, lambda text: CHARACTER * len(text), LINE) is None
    assert frame_of(state_of(0), lambda text: CHARACTER * len(text), LINE) is None
