"""Drawings moved by the pointer and the keys. Pure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.chart_bars import MINUTE
from tests.drawing_frames import at, frame
from upbit_ws_qt_widgets.models.chart_scale import PriceScale, ScaleKind
from upbit_ws_qt_widgets.models.drawings.clip import Point
from upbit_ws_qt_widgets.models.drawings.frame import Frame
from upbit_ws_qt_widgets.models.drawings.kinds import Anchor, Drawing, Kind
from upbit_ws_qt_widgets.models.drawings.moving import grabbed, nudged

A, B = at(60, 950.0), at(90, 1050.0)
TREND = Drawing(Kind.TREND, (A, B))


@pytest.fixture
def view() -> Frame:
    return frame()


def by(view: Frame, place: Point, bars: float, prices: float) -> Point:
    """A place so many bars and prices away."""
    return place[0] + bars * view.grid.pitch, place[1] + view.y(prices) - view.y(0.0)


def middle(view: Frame) -> Point:
    (x, y), (end_x, end_y) = view.point(A), view.point(B)
    return (x + end_x) / 2, (y + end_y) / 2


def test_an_anchor_goes_where_the_pointer_is(view: Frame) -> None:
    grab = grabbed(0, TREND, 1, view.point(B), view)
    moved = grab.moved(view.point(at(95, 1000.0)), view, magnet=False)
    assert moved == Drawing(Kind.TREND, (A, at(95, 1000.0)))


def test_an_anchor_snaps_by_choice(view: Frame) -> None:
    grab = grabbed(0, TREND, 1, view.point(B), view)
    x, y = view.point(at(95, 1096.0))
    assert grab.moved((x, y - 5), view, magnet=True).anchors[1] == at(95, 1096.0)
    assert grab.moved((x, y - 5), view, magnet=False).anchors[1] != at(95, 1096.0)


def test_the_whole_moves_by_whole_bars_and_price_steps(view: Frame) -> None:
    place = middle(view)
    grab = grabbed(0, TREND, None, place, view)
    assert grab.moved(place, view, magnet=False) == TREND
    assert grab.moved(by(view, place, 0.4, 0.0), view, magnet=False) == TREND
    moved = grab.moved(by(view, place, 3.3, -20.0), view, magnet=False)
    assert moved == Drawing(Kind.TREND, (at(63, 930.0), at(93, 1030.0)))


def test_moving_to_and_fro_leaves_no_trace(view: Frame) -> None:
    place = middle(view)
    grab = grabbed(0, TREND, None, place, view)
    for step in range(1, 30):
        grab.moved(by(view, place, step / 3, step * 0.37), view, magnet=False)
    assert grab.moved(place, view, magnet=False) == TREND


def test_between_bars_it_stays_between_bars(view: Frame) -> None:
    between = Drawing(Kind.VERTICAL, (at(60.25, 1000.0),))
    place = view.point(between.anchors[0])
    grab = grabbed(0, between, None, place, view)
    moved = grab.moved(by(view, place, 2.0, 0.0), view, magnet=False)
    assert moved.anchors[0].time == at(62.25, 0.0).time


def test_the_magnet_draws_the_anchor_that_is_nearest_to_the_hand(view: Frame) -> None:
    low = Drawing(Kind.TREND, (at(60, 1059.0), at(90, 1085.0)))
    start = view.point(low.anchors[1])
    grab = grabbed(0, low, None, (start[0] - 8.0, start[1]), view)
    assert grab.lead == 1
    place = by(view, (start[0] - 8.0, start[1]), 0.0, 2.0)
    moved = grab.moved(place, view, magnet=True)
    assert moved.anchors == (at(60, 1063.0), at(90, 1089.0)), "the low of bar 90 is 1089"
    assert grab.moved(place, view, magnet=False).anchors == (at(60, 1061.0), at(90, 1087.0))


def test_new_bars_and_another_scale_under_the_hand_do_not_move_it(view: Frame) -> None:
    grab = grabbed(0, TREND, None, middle(view), view)
    other = replace(view, scale=PriceScale(800.0, 1200.0, auto=False))
    (x, y), (end_x, end_y) = other.point(A), other.point(B)
    assert grab.moved(((x + end_x) / 2, (y + end_y) / 2), other, magnet=False) == TREND


@pytest.mark.parametrize(
    ("bars", "ticks", "moved"),
    [
        (1, 0, (at(61, 950.0), at(91, 1050.0))),
        (-10, 0, (at(50, 950.0), at(80, 1050.0))),
        (0, 1, (at(60, 951.0), at(90, 1051.0))),
        (0, -10, (at(60, 940.0), at(90, 1040.0))),
        (20, 0, (at(80, 950.0), at(110, 1050.0))),
    ],
)
def test_keys_move_by_bars_and_price_steps(
    view: Frame, bars: int, ticks: int, moved: tuple[Anchor, Anchor]
) -> None:
    assert nudged(TREND, bars, ticks, view).anchors == moved


def test_keys_move_up_and_down_the_screen_where_prices_are_inverted(view: Frame) -> None:
    turned = replace(view, scale=replace(view.scale, is_inverted=True))
    assert nudged(TREND, 0, 1, turned).anchors == (at(60, 949.0), at(90, 1049.0))


def test_on_a_log_scale_no_key_and_no_hand_moves_it_to_nothing(view: Frame) -> None:
    scale = PriceScale(0.5, 2000.0, auto=False, kind=ScaleKind.LOG)
    log = replace(view, scale=scale)
    low = Drawing(Kind.HORIZONTAL, (at(60, 3.0),))
    assert nudged(low, 0, -10, log).anchors == (at(60, 1.0),)
    grab = grabbed(0, low, None, log.point(low.anchors[0]), log)
    assert grab.moved((0.0, 1e6), log, magnet=False).anchors[0].price == 1.0


@pytest.mark.parametrize("inverted", [False, True])
def test_on_a_log_scale_a_drawing_keeps_its_looks_when_moved(view: Frame, inverted: bool) -> None:
    scale = PriceScale(10.0, 100_000.0, auto=False, kind=ScaleKind.LOG, is_inverted=inverted)
    log = replace(view, scale=scale)
    long = Drawing(Kind.TREND, (at(60, 100.0), at(90, 10_000.0)))
    place = log.point(long.anchors[0])
    grab = grabbed(0, long, None, place, log)
    moved = grab.moved((place[0], place[1] + 30.0), log, magnet=False)
    for before, after in zip(long.anchors, moved.anchors, strict=True):
        assert log.y(after.price) == pytest.approx(log.y(before.price) + 30.0, abs=1.0)


def test_a_price_off_the_grid_comes_onto_it_only_when_it_moves(view: Frame) -> None:
    odd = Drawing(Kind.HORIZONTAL, (Anchor(A.time, 950.4),))
    assert nudged(odd, 1, 0, view).anchors == (Anchor(A.time + MINUTE, 950.4),)
    assert nudged(odd, 0, 1, view).anchors == (Anchor(A.time, 951.0),)
