"""A chart that is let go in motion runs on and comes to rest. Pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt_widgets.models.chart_flick import Flick, Glide


def dragged(*track: tuple[float, float]) -> Flick:
    """A drag through these places, each with its time."""
    flick = Flick()
    flick.begin(*track[0])
    for x, now in track[1:]:
        flick.drag(x, now)
    return flick


def test_the_speed_is_that_of_the_last_moments() -> None:
    slow_then_fast = dragged((0, 0), (10, 200), (20, 400), (60, 440), (100, 480))
    assert slow_then_fast.speed(110, 490) == pytest.approx(1.0)
    assert dragged((100, 0), (80, 10)).speed(60, 20) == pytest.approx(-2.0)


def test_who_holds_still_before_letting_go_stops_it() -> None:
    assert dragged((0, 0), (100, 50)).speed(100, 400) == 0.0
    assert dragged((0, 0)).speed(10, 90) == 0.0, "slower than anybody flicks"


def test_a_jump_of_the_pointer_is_no_motion() -> None:
    assert dragged((0, 5)).speed(300, 5) == 0.0
    assert dragged((0, 5), (100, 8)).speed(300, 12) == 0.0


def test_nothing_is_faster_than_the_eye() -> None:
    assert dragged((0, 0)).speed(-5000, 20) == -6.0


def test_a_new_drag_forgets_the_former() -> None:
    flick = dragged((0, 0), (500, 50))
    flick.begin(0, 60)
    assert flick.speed(2, 90) == 0.0


@given(st.floats(0.25, 6.0), st.lists(st.floats(1.0, 200.0), min_size=1, max_size=30))
def test_it_only_gets_slower_and_goes_as_far_however_often_it_is_painted(
    speed: float, frames: list[float]
) -> None:
    glide, now, way = Glide(speed, 1000.0), 1000.0, 0.0
    for frame in frames:
        now += frame
        step = glide.step(now)
        assert 0 <= step <= speed * frame + 1e-9
        way += step
    assert way == pytest.approx(Glide(speed, 1000.0).step(now))
    assert way < speed * 325.0


def test_it_comes_to_rest() -> None:
    glide = Glide(-1.0, 0.0)
    assert not glide.is_over(500.0)
    assert glide.is_over(2000.0)
    assert glide.step(2000.0) == pytest.approx(-325, rel=0.01)


def test_a_clock_that_is_set_back_moves_nothing() -> None:
    glide = Glide(1.0, 1000.0)
    assert glide.step(500.0) == 0.0
    assert not glide.is_over(500.0)
