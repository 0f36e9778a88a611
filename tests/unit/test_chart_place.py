"""Which time is in view, carried from one chart to another. Pure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chart_bars import MINUTE, START
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_widgets.models.chart_place import ViewPlace, times_in_view
from upbit_ws_qt_widgets.models.chart_view import ChartView
from upbit_ws_qt_widgets.models.drawings.time_axis import TimeAxis

HOUR = 60 * MINUTE
WIDTH = 800.0


def minutes(count: int = 1000, first: int = 0) -> TimeAxis:
    return TimeAxis(START + np.arange(count) * MINUTE, first, Timeframe.MINUTE_1)


def hours(count: int = 100) -> TimeAxis:
    return TimeAxis(START + np.arange(count) * HOUR, 0, Timeframe.MINUTE_60)


def test_a_bar_covers_the_time_from_its_start_to_the_next_bars() -> None:
    assert times_in_view(ChartView(right=100.0), minutes(), WIDTH) == (START, START + 100 * MINUTE)
    gap = TimeAxis(np.array([START, START + 10 * MINUTE]), 0, Timeframe.MINUTE_1)
    view = ChartView(spacing=400.0, right=2.0)
    assert times_in_view(view, gap, WIDTH) == (START, START + 11 * MINUTE)
    assert times_in_view(ChartView(400.0, 1.5), gap, 200.0) == (
        START + 10 * MINUTE,
        START + 10.5 * MINUTE,
    )


def test_another_width_shows_the_same_time() -> None:
    axis = minutes()
    place = ViewPlace.of(ChartView(8.0, 500.0, follow=False), axis, WIDTH)
    assert place == ViewPlace(START + 500 * MINUTE, 100 * MINUTE, Timeframe.MINUTE_1)
    view = place.view(ChartView(), axis, 400.0)
    assert (view.spacing, view.right, view.follow) == (4.0, 500.0, False)


@given(
    st.lists(st.integers(1, 50), min_size=40, max_size=120),
    st.floats(5.0, 60.0),
    st.floats(0.0, 1.0),
    st.integers(300, 1500),
    st.integers(-500, 500),
)
def test_it_is_the_same_time_with_any_bars_of_the_unit(
    steps: list[int], spacing: float, share: float, width: int, first: int
) -> None:
    """Whatever intervals nobody traded in, and however the bars are numbered."""
    times = START + np.cumsum(steps) * MINUTE
    one, other = (TimeAxis(times, number, Timeframe.MINUTE_1) for number in (first, 0))
    end = first + len(times)
    view = ChartView(spacing).panned(0.0, WIDTH, first, end)
    view = view.reaching(first + 3 + share * (len(times) - 6), WIDTH, first, end)
    place = ViewPlace.of(view, one, WIDTH)
    moved = place.view(ChartView(), other, width)
    found = ViewPlace.of(moved, other, width)
    if place.room is None and 2.0 < moved.spacing < 96.0:
        px = 2 * 50 * MINUTE / moved.spacing
        assert abs(found.end - place.end) <= px
        assert abs(found.span - place.span) <= 2 * px
    again = place.view(moved, other, width)
    assert again.right == pytest.approx(moved.right)
    assert again.spacing == pytest.approx(moved.spacing)


def test_who_follows_the_newest_bar_takes_others_along_to_theirs() -> None:
    view = ChartView().at_latest(1000)
    place = ViewPlace.of(view, minutes(), WIDTH)
    assert place.room == 5.0
    moved = place.view(ChartView(), minutes(990), WIDTH)
    assert (moved.spacing, moved.right, moved.follow) == (pytest.approx(8.0), 995.0, True)
    hour = place.view(ChartView(10.0, 7.0, follow=False), hours(), WIDTH)
    assert hour == ChartView(10.0, 104.0, follow=True), "with its own zoom"


def test_another_unit_shows_the_same_newest_moment_at_its_own_zoom() -> None:
    former = ChartView(10.0, 90.0, follow=False)
    at = START + 50 * HOUR + 7 * MINUTE
    place = ViewPlace(at, 100 * MINUTE, Timeframe.MINUTE_1)
    view = place.view(former, hours(), 300.0)
    assert (view.spacing, view.right) == (10.0, 51.0), "the hour is seen whole"
    back = ViewPlace(at, 30 * HOUR, Timeframe.MINUTE_60)
    view = back.view(former, minutes(5000), 300.0)
    assert (view.spacing, view.right) == (10.0, 3007.0)


def test_a_range_holds_for_every_unit() -> None:
    place = ViewPlace(START + 50 * HOUR, 30 * HOUR)
    view = place.view(ChartView(), hours(), 600.0)
    assert (view.spacing, view.right) == (20.0, 50.0)
    view = place.view(ChartView(), minutes(5000), 3600.0)
    assert (view.spacing, view.right) == (2.0, 3000.0)


def test_the_right_edge_is_kept_where_zoom_has_its_bounds() -> None:
    near = ViewPlace(START + 50 * HOUR, 1000).view(ChartView(), hours(), 600.0)
    assert (near.spacing, near.right) == (96.0, 50.0)
    assert ViewPlace(START + 50 * HOUR, 0).view(ChartView(), hours(), 600.0) == near


def test_a_time_before_all_bars_is_as_near_as_they_go() -> None:
    place = ViewPlace(START - 100 * MINUTE, 50 * MINUTE, Timeframe.MINUTE_1)
    view = place.view(ChartView(), minutes(), WIDTH)
    assert (view.spacing, view.right) == (16.0, 3.0)
    assert place.settled(view, minutes()) is place


def test_a_range_that_ends_at_the_newest_bar_goes_along_with_it() -> None:
    axis = minutes()
    place = ViewPlace(START + 1002 * MINUTE, 100 * MINUTE)
    view = place.view(ChartView(), axis, WIDTH)
    settled = place.settled(view, axis)
    assert settled == ViewPlace(place.end, place.span, None, 2.0)
    assert settled.settled(view, axis) is settled
    assert settled.view(view, minutes(1003), WIDTH).right == 1005.0


def test_a_view_that_follows_only_because_all_is_in_sight_keeps_what_was_asked_for() -> None:
    axis = minutes(20)
    place = ViewPlace(START - 100 * MINUTE, 1000 * MINUTE)
    view = place.view(ChartView(), axis, WIDTH)
    assert view.follow
    assert place.settled(view, axis) is place
