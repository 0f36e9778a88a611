"""The window on bars: held still, clamped, zoomed where the pointer is. Pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt_widgets.models.chart_view import ChartView

WIDTH = 800.0


def latest(end: int = 1000) -> ChartView:
    return ChartView().at_latest(end)


def test_the_latest_bar_is_in_view_with_room_to_its_right() -> None:
    view = latest()
    assert view.follow
    assert view.right == 1000 + 40 / 8
    assert view.left(WIDTH) == view.right - 100
    assert view.place(WIDTH, WIDTH) == view.right
    assert view.place(0, WIDTH) == view.left(WIDTH)
    assert view.range(WIDTH, 0, 1000) == (905, 1000)


def test_panning_moves_by_pixels_and_stops_following_when_the_last_bar_is_gone() -> None:
    view = latest().panned(80, WIDTH, 0, 1000)
    assert view.right == 995.0
    assert not view.follow
    assert view.panned(-80, WIDTH, 0, 1000).follow


def test_it_cannot_be_moved_off_the_bars() -> None:
    past = latest().panned(1e9, WIDTH, 0, 1000)
    assert past.range(WIDTH, 0, 1000) == (0, 3)
    future = latest().panned(-1e9, WIDTH, 0, 1000)
    assert future.range(WIDTH, 0, 1000) == (997, 1000)
    assert future.follow


@pytest.mark.parametrize("count", [0, 1, 2])
def test_with_hardly_any_bars_all_stay_in_view(count: int) -> None:
    view = latest(count)
    for pixels in (1e6, -1e6):
        moved = view.panned(pixels, WIDTH, 0, count)
        assert moved.range(WIDTH, 0, count) == (0, count)
        assert moved.zoomed(1e-6, 10.0, WIDTH, 0, count).range(WIDTH, 0, count) == (0, count)


@given(st.floats(0.2, 5), st.floats(100, 700))
def test_zooming_holds_what_is_under_the_pointer(factor: float, x: float) -> None:
    view = latest().panned(2000, WIDTH, 0, 1000)
    zoomed = view.zoomed(factor, x, WIDTH, 0, 1000)
    assert zoomed.spacing == pytest.approx(min(8 * factor, 96.0))
    assert zoomed.place(x, WIDTH) == pytest.approx(view.place(x, WIDTH))


def test_zooming_ends_where_everything_is_seen_and_where_bars_are_huge() -> None:
    view = latest().zoomed(1e-9, WIDTH / 2, WIDTH, 0, 1000)
    assert view.spacing == WIDTH / 1250
    assert view.range(WIDTH, 0, 1000) == (0, 1000)
    assert latest().zoomed(1e9, WIDTH, WIDTH, 0, 1000).spacing == 96.0
    assert latest(10).zoomed(1e-9, 0, WIDTH, 0, 10).spacing == 2.0


def test_zooming_by_key_holds_the_last_bar_while_following_else_the_middle() -> None:
    followed = latest().zoomed_at_edge(2.0, WIDTH, 0, 1000)
    assert followed.follow
    assert (followed.right - 1000) * followed.spacing == pytest.approx(40.0)
    view = latest().panned(3000, WIDTH, 0, 1000)
    zoomed = view.zoomed_at_edge(2.0, WIDTH, 0, 1000)
    assert zoomed.place(WIDTH / 2, WIDTH) == pytest.approx(view.place(WIDTH / 2, WIDTH))
    assert not zoomed.follow


def test_the_oldest_bar_is_at_the_left_edge() -> None:
    view = latest().at_oldest(WIDTH, -500, 1000)
    assert view.left(WIDTH) == -500
    assert not view.follow
    assert latest(20).at_oldest(WIDTH, 0, 20).follow, "all of few bars are in view"


def test_spacing_can_be_set_within_bounds() -> None:
    assert ChartView().with_spacing(12.0, 50).spacing == 12.0
    assert ChartView().with_spacing(1e9, 50).spacing == 96.0
    assert ChartView().with_spacing(0.0, 50).spacing == 1e-4
    assert ChartView().with_spacing(10.0, 50).right == 54.0


def test_whole_bars_shift_it_and_nothing_else_changes() -> None:
    assert latest().shifted(-3) == ChartView(8.0, 1002.0, follow=True)


def test_a_view_that_fits_is_left_alone() -> None:
    view = latest()
    assert view.clamped(WIDTH, 0, 1000) is view
    assert view.clamped(WIDTH, 0, 200).right == 200 - 3 + 100
    assert view.clamped(WIDTH, 0, 10).right == 100, "few bars stay in view, all of them"


def test_zooming_may_hold_the_newest_bar_in_view_wherever_the_pointer_is() -> None:
    followed = latest().zoomed_at_newest(2.0, WIDTH, 0, 1000)
    assert (followed.right - 1000) * followed.spacing == pytest.approx(40.0)
    view = latest().panned(3000, WIDTH, 0, 1000)
    zoomed = view.zoomed_at_newest(2.0, WIDTH, 0, 1000)
    assert (zoomed.spacing, zoomed.right) == (16.0, pytest.approx(view.right))


def test_a_stretch_of_the_axis_can_be_shown_from_edge_to_edge() -> None:
    view = latest().between(400.0, 500.0, WIDTH, 0, 1000)
    assert (view.left(WIDTH), view.right, view.spacing) == (400.0, 500.0, 8.0)
    assert not view.follow
    assert latest().between(900.0, 1010.0, WIDTH, 0, 1000).follow
    assert latest().between(499.0, 500.0, WIDTH, 0, 1000) == ChartView(96.0, 500.0, follow=False)
    assert latest().between(500.0, 500.0, WIDTH, 0, 1000).spacing == 96.0
    assert latest().between(-1e6, 500.0, WIDTH, 0, 1000).spacing == WIDTH / 1250
    assert latest().reaching(700.5, WIDTH, 0, 1000) == ChartView(8.0, 700.5, follow=False)


def test_a_bar_is_brought_into_view_by_no_more_than_it_takes() -> None:
    view = latest().panned(2000, WIDTH, 0, 1000)
    left, right = view.left(WIDTH), view.right
    for number in (int(left) + 1, int(right) - 1):
        assert view.revealing(number, WIDTH, 0, 1000) is view
    assert view.revealing(900, WIDTH, 0, 1000).right == 901.0
    assert view.revealing(100, WIDTH, 0, 1000).left(WIDTH) == 100.0
    huge = ChartView(96.0, 500.0, follow=False)
    assert huge.revealing(600, 50.0, 0, 1000).left(50.0) == 600.0, "wider than the view"
