"""Lines, areas and histograms in a pane. Pure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from tests.chart_bars import chart, rows, wave
from upbit_ws_qt_widgets.models.chart_overlays import Overlay, OverlayFill, OverlayPlot
from upbit_ws_qt_widgets.models.chart_picture import Area, Line, Rects, Strokes
from upbit_ws_qt_widgets.models.chart_scale import PriceScale
from upbit_ws_qt_widgets.models.chart_scene import Sight, sight_of
from upbit_ws_qt_widgets.models.chart_strokes import Canvas, together, values_in_view
from upbit_ws_qt_widgets.models.indicators.averages import MA

TOP, BOTTOM = 300, 400
SCALE = PriceScale(0.0, 100.0)
"""One value is one pixel."""

NAN = float("nan")


def sight(count: int = 5, spacing: float = 10.0) -> Sight:
    state = chart(wave(count))
    state.set_spacing(spacing)
    return sight_of(state)


def overlay(*plots: OverlayPlot, fills: tuple[OverlayFill, ...] = ()) -> Overlay:
    return Overlay(MA.chosen(), plots, fills)


def plot(values: list[float], *, shift: int = 0, role: str = "average_1") -> OverlayPlot:
    return OverlayPlot(role, shift, np.array(values))


def histogram(values: list[float], role: str = "direction") -> OverlayPlot:
    return OverlayPlot(role, 0, np.array(values), is_histogram=True)


def strokes(given: Overlay, *, live: bool = False, of: Sight | None = None) -> Strokes:
    return Canvas(of or sight(), SCALE, TOP, BOTTOM, live).strokes(given)


def area(corners: npt.NDArray[np.float64]) -> float:
    """The size of a polygon."""
    x, y = corners.T
    return abs(float(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))) / 2


BAND = OverlayFill(0, 1, "average_2", "average_2")
CLOUD = OverlayFill(0, 1, "rise", "fall")


def test_a_band_is_one_polygon_between_its_lines() -> None:
    upper, lower = plot([60, 60, 60, 60, 60]), plot([40, 40, 40, 40, 40])
    made = strokes(overlay(upper, lower, fills=(BAND,)))
    ((role, corners),) = made.areas
    assert role == "average_2"
    assert area(corners) == pytest.approx(3 * 10 * 20), "to the last settled bar"
    assert corners[:, 1].min() == BOTTOM - 60 + 0.5
    assert len(made.lines) == 2
    ((_, live),) = strokes(overlay(upper, lower, fills=(BAND,)), live=True).areas
    assert area(live) == pytest.approx(10 * 20), "and from there to the newest"
    assert live[:, 0].min() == corners[:, 0].max()


def test_a_cloud_changes_its_colour_where_its_lines_cross() -> None:
    first, second = plot([60, 60, 40, 40, 50]), plot([50, 50, 50, 50, 50])
    areas = strokes(overlay(first, second, fills=(CLOUD,))).areas
    assert [one.role for one in areas] == ["rise", "fall"]
    crossing = areas[0].corners[:, 0].max()
    assert crossing == areas[1].corners[:, 0].min()
    x = np.unique(np.concatenate([one.corners[:, 0] for one in areas]))
    assert x[1] < crossing < x[3]
    assert area(areas[0].corners) == pytest.approx(10 * 10 + 5 * 10 / 2)
    assert area(areas[1].corners) == pytest.approx(5 * 10 / 2 + 10 * 10)
    swapped = strokes(overlay(second, first, fills=(CLOUD,))).areas
    assert [one.role for one in swapped] == ["fall", "rise"]


def test_a_band_whose_lines_cross_stays_one_area() -> None:
    first, second = plot([60, 60, 40, 40, 50]), plot([50, 50, 50, 50, 50])
    assert len(strokes(overlay(first, second, fills=(BAND,))).areas) == 1


def test_where_a_line_has_no_value_there_is_no_area() -> None:
    upper, lower = plot([NAN, NAN, 60, 60, 60]), plot([40, 40, 40, 40, 40])
    ((_, corners),) = strokes(overlay(upper, lower, fills=(BAND,))).areas
    assert area(corners) == pytest.approx(10 * 20)
    assert strokes(overlay(plot([NAN] * 5), lower, fills=(BAND,))).areas == ()


def test_an_area_between_lines_displaced_otherwise_is_where_both_are() -> None:
    upper, lower = plot([60] * 5, shift=1), plot([40] * 5, shift=-1)
    ((_, corners),) = strokes(overlay(upper, lower, fills=(BAND,))).areas
    grid = sight().grid
    assert corners[:, 0].max() == grid.wick_left(3) + 0.5, "the lower one ends there"
    assert corners[:, 0].min() == grid.wick_left(1) + 0.5, "and there the upper one begins"


def test_far_away_values_stay_within_what_a_painter_can_draw() -> None:
    made = strokes(overlay(plot([1e12] * 5), plot([-1e12] * 5), fills=(BAND,)))
    assert np.abs(made.areas[0].corners).max() <= 20_000
    assert all(np.abs(line.segments).max() <= 20_000 for line in made.lines)


def test_a_histogram_stands_on_zero_with_a_colour_for_each_side() -> None:
    scale, values = PriceScale(-50.0, 50.0), [10.0, -20.0, 0.0, 30.0, -5.0]
    canvas = Canvas(sight(), scale, TOP, BOTTOM, live=False)
    made = canvas.strokes(overlay(histogram(values)))
    rise, fall = made.rects
    assert (rise.role, fall.role) == ("rise", "fall")
    assert rise.rects[:, 1:].tolist() == [[340.0, 7.0, 10.0], [320.0, 7.0, 30.0]]
    assert fall.rects[:, 1:].tolist() == [[350.0, 7.0, 20.0]]
    assert made.lines == ()
    live = canvas._replace(live=True).strokes(overlay(histogram(values)))
    assert [len(one.rects) for one in live.rects] == [0, 1], "the newest alone"
    plain = canvas.strokes(overlay(histogram(values, "even")))
    assert [(one.role, len(one.rects)) for one in plain.rects] == [("even", 4)]


def test_a_histogram_leaves_out_what_is_missing_and_keeps_to_its_pane() -> None:
    made = strokes(overlay(histogram([NAN, 1e12, 5.0, 5.0, 5.0])))
    rects = made.rects[0].rects
    assert len(rects) == 3
    assert rects[:, 1].min() >= TOP - 2
    assert (rects[:, 1] + rects[:, 3]).max() <= BOTTOM + 2


def test_upside_down_a_cloud_keeps_its_colours_and_turns() -> None:
    upper, lower = plot([60, 60, 60, 60, 60]), plot([40, 40, 40, 40, 40])
    given = overlay(upper, lower, fills=(CLOUD,))
    turned = Canvas(sight(), replace(SCALE, is_inverted=True), TOP, BOTTOM, live=False)
    (made,), (upright,) = turned.strokes(given).areas, strokes(given).areas
    assert made.role == upright.role == "rise"
    assert area(made.corners) == pytest.approx(area(upright.corners))


def test_a_trace_goes_through_the_ends_of_columns_and_past_what_is_missing() -> None:
    canvas = Canvas(sight(), SCALE, TOP, BOTTOM, live=False)

    def values(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        return np.where(numbers == 1, NAN, 10.0 * numbers)

    made = canvas.trace("comparison", values)
    line = canvas.line(plot([0, NAN, 20, 30, 40], role="comparison"))
    assert made.role == "comparison"
    assert (made.segments == line.segments).all()
    assert len(made.segments) == 2


def test_the_space_below_a_line_reaches_the_bottom() -> None:
    canvas = Canvas(sight(), SCALE, TOP, BOTTOM, live=False)
    ((role, corners),) = canvas.down_to_bottom(plot([50] * 5, role="accent")).areas
    assert role == "accent"
    assert area(corners) == pytest.approx(3 * 10 * 49.5)
    assert corners[:, 1].max() == BOTTOM


def test_the_values_in_view_are_those_that_are_drawn() -> None:
    values = np.arange(300.0)
    state = chart(wave(300))
    given = overlay(OverlayPlot("average_1", 0, values))
    start, _ = state.view.range(state.layout.view_width, 0, 300)
    assert values_in_view(given, sight_of(state)) == (start, 299)
    later = overlay(OverlayPlot("average_1", 4, values))
    assert values_in_view(later, sight_of(state)) == (start - 4, 299)
    state.view = state.view.shifted(10_000)
    assert values_in_view(given, sight_of(state)) is None
    assert values_in_view(overlay(plot([NAN] * 5)), sight()) is None


def test_zero_is_in_view_of_a_histogram_alone() -> None:
    values = [5.0, 6.0, 7.0, 8.0, 9.0]
    assert values_in_view(overlay(plot(values)), sight()) == (5, 9)
    assert values_in_view(overlay(histogram(values)), sight()) == (0, 9)
    both = overlay(plot(values), histogram([-2.0, -1.0, -1.0, -1.0, -3.0]))
    assert values_in_view(both, sight()) == (-3, 9)


def test_zoomed_out_everything_goes_from_column_to_column() -> None:
    seen = sight(5000, 0.2)
    values = np.arange(5000.0) % 50
    given = overlay(
        OverlayPlot("average_1", 0, values + 50),
        OverlayPlot("average_1", 0, values),
        OverlayPlot("direction", 0, values + 1, is_histogram=True),
        fills=(BAND,),
    )
    made = strokes(given, of=seen)
    columns = len(seen.settled_ends(*seen.reach(0)))
    assert columns < 700
    assert len(made.lines[0].segments) == columns - 1
    assert len(made.areas[0].corners) == 2 * columns
    assert len(made.rects[0].rects) == columns


def test_strokes_are_put_together_kind_by_kind() -> None:
    one = Strokes((Area("a", np.zeros((3, 2))),), (), (Line("l", np.zeros((1, 4))),))
    two = Strokes((Area("b", np.zeros((3, 2))),), (Rects("r", np.zeros((1, 4))),), ())
    made = together([one, two])
    assert [area.role for area in made.areas] == ["a", "b"]
    assert [len(part) for part in made] == [2, 1, 1]


def test_the_only_bar_has_no_line_and_no_area() -> None:
    state = chart(rows([0]))
    given = overlay(plot([50.0]), plot([40.0]), fills=(BAND,))
    for live in (False, True):
        made = strokes(given, live=live, of=sight_of(state))
        assert made.areas == ()
        assert [len(line.segments) for line in made.lines] == [0, 0]
