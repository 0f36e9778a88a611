"""Which drawing lies under the pointer. Pure."""

from __future__ import annotations

import math

import pytest

from upbit_ws_qt_widgets.models.drawings.clip import Point
from upbit_ws_qt_widgets.models.drawings.geometry import Figure, Label, Line
from upbit_ws_qt_widgets.models.drawings.hits import distance, handle_at, hit

LEVEL = Figure(lines=(Line((10.0, 20.0), (50.0, 20.0)),), handles=((10.0, 20.0), (50.0, 20.0)))
SLANTED = Figure(lines=(Line((0.0, 0.0), (30.0, 40.0)),), handles=((0.0, 0.0),))
POINT = Figure(lines=(Line((5.0, 5.0), (5.0, 5.0)),))
NOTE = Figure(labels=(Label(100.0, 100.0, 40.0, 20.0, ("note",)),))


@pytest.mark.parametrize(
    ("figure", "place", "far"),
    [
        (LEVEL, (30.0, 20.0), 0.0),
        (LEVEL, (30.0, 27.0), 7.0),
        (LEVEL, (5.0, 20.0), 5.0),
        (LEVEL, (53.0, 24.0), 5.0),
        (SLANTED, (30.0 + 4.0, 40.0 + 3.0), 5.0),
        (SLANTED, (15.0 + 4.0, 20.0 - 3.0), 5.0),
        (POINT, (8.0, 9.0), 5.0),
        (NOTE, (120.0, 110.0), 0.0),
        (NOTE, (97.0, 96.0), 5.0),
        (NOTE, (143.0, 124.0), 5.0),
        (Figure(), (0.0, 0.0), math.inf),
    ],
)
def test_how_far_the_nearest_part_is(figure: Figure, place: Point, far: float) -> None:
    assert distance(figure, place) == pytest.approx(far)


def test_inside_an_area_there_is_nothing_to_take_hold_of() -> None:
    corners = (0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)
    edges = tuple(Line(a, b) for a, b in zip(corners, (*corners[1:], corners[0]), strict=True))
    assert distance(Figure(edges, (corners,)), (50.0, 40.0)) == 40.0


def test_the_topmost_one_within_reach_is_hit() -> None:
    figures = [LEVEL, None, LEVEL, SLANTED]
    assert hit(figures, (40.0, 22.0), 6.0) == 2
    assert hit(figures, (12.0, 17.0), 6.0) == 3
    assert hit(figures, (40.0, 27.0), 6.0) is None
    assert hit([], (0.0, 0.0), 6.0) is None


def test_the_nearest_handle_within_reach_is_hit() -> None:
    assert handle_at(LEVEL, (11.0, 22.0), 6.0) == 0
    assert handle_at(LEVEL, (49.0, 22.0), 6.0) == 1
    assert handle_at(LEVEL, (30.0, 20.0), 6.0) is None
