"""Lines and areas cut to what is in view. Pure."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt_widgets.models.drawings.clip import Point, clipped_area, clipped_line

BOX = (100.0, 50.0)
points = st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))


@pytest.mark.parametrize(
    ("start", "end", "cut"),
    [
        ((10, 10), (90, 40), ((10, 10), (90, 40))),
        ((-100, 25), (200, 25), ((0, 25), (100, 25))),
        ((50, 500), (50, -500), ((50, 50), (50, 0))),
        ((-50, -25), (150, 75), ((0, 0), (100, 50))),
        ((0, 60), (100, 60), None),
        ((120, 0), (120, 50), None),
        ((-11, 40), (20, 71), None),
        ((30, 30), (30, 30), ((30, 30), (30, 30))),
    ],
)
def test_only_the_part_in_the_box_is_left(
    start: Point, end: Point, cut: tuple[Point, Point] | None
) -> None:
    assert clipped_line(start, end, BOX) == cut


def test_an_endless_line_goes_on_to_the_edge() -> None:
    assert clipped_line((10, 10), (20, 10), BOX, endless=True) == ((10, 10), (100, 10))
    assert clipped_line((10, 10), (10, 5), BOX, endless=True) == ((10, 10), (10, 0))
    assert clipped_line((-30, 25), (-20, 25), BOX, endless=True) == ((0, 25), (100, 25))
    assert clipped_line((-20, 25), (-30, 25), BOX, endless=True) is None
    assert clipped_line((10, 10), (10, 10), BOX, endless=True) == ((10, 10), (10, 10))


@given(points, points, st.booleans())
def test_what_is_left_lies_in_the_box_and_on_the_line(
    start: Point, end: Point, endless: bool
) -> None:
    cut = clipped_line(start, end, BOX, endless=endless)
    if cut is None:
        return
    length = math.dist(start, end) or 1.0
    for x, y in cut:
        assert -1e-3 <= x <= BOX[0] + 1e-3
        assert -1e-3 <= y <= BOX[1] + 1e-3
        cross = (end[0] - start[0]) * (y - start[1]) - (end[1] - start[1]) * (x - start[0])
        assert abs(cross) / length < 1e-3 * max(1.0, math.dist(start, (x, y)) / length)


def test_an_area_is_cut_at_the_edges() -> None:
    square = (20.0, 10.0), (40.0, 10.0), (40.0, 30.0), (20.0, 30.0)
    assert clipped_area(square, BOX) == square
    touching = (0.0, 0.0), (100.0, 0.0), (100.0, 50.0), (0.0, 50.0)
    assert clipped_area(touching, BOX) == touching
    huge = (-1e6, -1e6), (1e6, -1e6), (1e6, 1e6), (-1e6, 1e6)
    assert set(clipped_area(huge, BOX)) == {(0, 0), (100, 0), (100, 50), (0, 50)}
    assert clipped_area([(x + 200, y) for x, y in square], BOX) == ()
    assert clipped_area((), BOX) == ()


def test_a_slanted_area_gets_the_corners_it_needs() -> None:
    triangle = (50.0, -50.0), (150.0, 25.0), (50.0, 100.0)
    cut = clipped_area(triangle, BOX)
    assert len(cut) == 4
    assert set(cut) == {(100.0, 0.0), (50.0, 0.0), (50.0, 50.0), (100.0, 50.0)}
