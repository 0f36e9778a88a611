"""What drawings are made of on screen. Pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chart_bars import DAY
from tests.drawing_frames import CHARACTER, LINE, at, frame
from upbit_ws_qt_resources import translations
from upbit_ws_qt_widgets.models.bars import LATEST_MS
from upbit_ws_qt_widgets.models.chart_scale import PriceScale
from upbit_ws_qt_widgets.models.drawings.clip import Point
from upbit_ws_qt_widgets.models.drawings.frame import Frame
from upbit_ws_qt_widgets.models.drawings.geometry import (
    FIBONACCI_LEVELS,
    Figure,
    Label,
    Line,
    figure_of,
)
from upbit_ws_qt_widgets.models.drawings.kinds import Anchor, Drawing, Kind
from upbit_ws_qt_widgets.models.drawings.storage import HIGHEST_PRICE


@pytest.fixture
def view() -> Frame:
    return frame()


def made(view: Frame, kind: Kind, *anchors: Anchor, text: str = "") -> Figure:
    return figure_of(Drawing(kind, anchors, text), view)


def near(line: Line, start: Point, end: Point) -> bool:
    return line.start == pytest.approx(start) and line.end == pytest.approx(end)


def texts(figure: Figure) -> list[str]:
    return [row for label in figure.labels for row in label.rows]


def inside(label: Label, view: Frame) -> bool:
    across, down = view.box
    return (
        label.x >= 0
        and label.y >= 0
        and label.x + label.width <= across
        and label.y + label.height <= down
    )


A, B, C = at(60, 950.0), at(90, 1050.0), at(70, 1000.0)


def test_a_trend_line_ends_at_its_anchors(view: Frame) -> None:
    figure = made(view, Kind.TREND, A, B)
    assert figure.lines == (Line(view.point(A), view.point(B)),)
    assert figure.handles == (view.point(A), view.point(B))
    assert (figure.areas, figure.labels, figure.direction) == ((), (), None)


def test_out_of_view_nothing_is_left_of_it(view: Frame) -> None:
    figure = made(view, Kind.TREND, at(-500, 950.0), at(-400, 960.0))
    assert figure.lines == ()
    assert len(figure.handles) == 2


def test_a_ray_goes_on_through_its_second_anchor(view: Frame) -> None:
    [line] = made(view, Kind.RAY, A, at(70, 960.0)).lines
    start, through = view.point(A), view.point(at(70, 960.0))
    assert line.start == start
    assert line.end[0] == pytest.approx(view.box[0])
    slope = (through[1] - start[1]) / (through[0] - start[0])
    assert line.end[1] - start[1] == pytest.approx(slope * (line.end[0] - start[0]))


def test_a_horizontal_line_crosses_the_pane_and_says_its_price(view: Frame) -> None:
    figure = made(view, Kind.HORIZONTAL, at(-9999, 1012.0))
    y = view.y(1012.0)
    assert near(figure.lines[0], (0.0, y), (view.box[0], y))
    [label] = figure.labels
    assert label.rows == ("1,012",)
    assert label.x + label.width == view.box[0]
    assert label.y + label.height == y
    [at_the_top] = made(view, Kind.HORIZONTAL, at(0, 1099.0)).labels
    assert at_the_top.y == view.y(1099.0)


@pytest.mark.parametrize(("index", "to_left"), [(95, True), (30, False)])
def test_a_vertical_line_crosses_the_pane_and_says_its_time(
    view: Frame, index: int, to_left: bool
) -> None:
    anchor = at(index, 1.0)
    figure = made(view, Kind.VERTICAL, anchor)
    x = view.x(anchor.time)
    assert near(figure.lines[0], (x, 0.0), (x, view.box[1]))
    [label] = figure.labels
    assert label.rows == (f"2026-01-02 (Fri) {9 + index // 60:02}:{index % 60:02}",)
    assert inside(label, view)
    assert (label.x < x) is to_left


def test_a_rectangle_has_four_edges_and_a_ground(view: Frame) -> None:
    figure = made(view, Kind.RECTANGLE, A, B)
    (x, y), (end_x, end_y) = view.point(A), view.point(B)
    [area] = figure.areas
    assert set(area) == {(x, y), (end_x, y), (end_x, end_y), (x, end_y)}
    assert len(figure.lines) == 4
    assert {line.start for line in figure.lines} == set(area)


def test_of_a_rectangle_far_larger_than_the_pane_only_the_ground_is_left(view: Frame) -> None:
    figure = made(view, Kind.RECTANGLE, at(-9999, -1e6), at(9999, 1e6))
    assert figure.lines == ()
    across, down = view.box
    corners = [0, 0, 0, down, across, 0, across, down]
    found = sorted((round(x), round(y)) for x, y in figure.areas[0])
    assert [number for corner in found for number in corner] == corners
    assert made(view, Kind.RECTANGLE, at(-99, 950.0), at(-90, 960.0)).areas == ()


def test_fibonacci_counts_from_the_second_price_back_to_the_first(view: Frame) -> None:
    figure = made(view, Kind.FIBONACCI, A, B)
    assert texts(figure) == [
        "0 (1,050)",
        "0.236 (1,026)",
        "0.382 (1,012)",
        "0.5 (1,000)",
        "0.618 (988)",
        "0.786 (971)",
        "1 (950)",
    ], "1.618 lies at 888, below the pane"
    base, *levels = figure.lines
    assert base.dashed
    assert [line.start[1] for line in levels] == pytest.approx(
        [view.y(1050.0 - 100.0 * level) for level in FIBONACCI_LEVELS[:-1]]
    )
    for line, label in zip(levels, figure.labels, strict=True):
        assert (line.start[0], line.end[0]) == (view.x(A.time), view.x(B.time))
        assert label.x + label.width == line.start[0]
        assert label.y + label.height / 2 == pytest.approx(line.start[1])


def test_fibonacci_texts_stay_in_view_as_long_as_its_lines_do(view: Frame) -> None:
    leaving = made(view, Kind.FIBONACCI, at(-10, 950.0), B)
    assert [label.x for label in leaving.labels] == [0.0] * 7
    assert made(view, Kind.FIBONACCI, at(-99, 950.0), at(-90, 990.0)).labels == ()


def test_a_channel_has_two_parallel_lines_through_its_anchors(view: Frame) -> None:
    figure = made(view, Kind.CHANNEL, A, B, C)
    one, other, middle = figure.lines
    assert near(one, view.point(A), view.point(B))
    (x, y), (end_x, end_y) = other.start, other.end
    third = view.point(C)
    assert y + (end_y - y) * (third[0] - x) / (end_x - x) == pytest.approx(third[1])
    assert end_y - y == pytest.approx(one.end[1] - one.start[1])
    assert middle.dashed
    assert middle.start[1] == pytest.approx((one.start[1] + y) / 2)
    assert len(figure.areas[0]) == 4


def test_a_channel_without_its_third_anchor_is_a_line(view: Frame) -> None:
    assert made(view, Kind.CHANNEL, A, B).lines == made(view, Kind.TREND, A, B).lines


def test_an_upright_channel_lies_beside_its_line(view: Frame) -> None:
    figure = made(view, Kind.CHANNEL, A, at(60, 1050.0), C)
    assert figure.lines[1].start[0] == pytest.approx(view.x(C.time))
    assert figure.lines[2].start[0] == pytest.approx((view.x(A.time) + view.x(C.time)) / 2)


def test_a_note_hangs_below_its_anchor(view: Frame) -> None:
    figure = made(view, Kind.TEXT, A, text="two\nlines")
    x, y = view.point(A)
    assert figure.labels == (Label(x, y, 5 * CHARACTER + 8, 2 * LINE, ("two", "lines")),)
    assert made(view, Kind.TEXT, at(60, 1200.0), text="out of view").labels == ()


def test_texts_are_twice_as_many_pixels_on_a_fine_screen() -> None:
    fine = frame(ratio=2.0)
    [label] = made(fine, Kind.TEXT, A, text="lines").labels
    assert (label.width, label.height) == (2 * (5 * CHARACTER + 8), 2 * LINE)


@pytest.mark.parametrize(
    ("end", "direction", "rows"),
    [
        (at(90, 1050.0), 1, ("+100 (+10.53%)", "30 bars, 30m")),
        (at(60 + 1440, 902.0), -1, ("-48 (-5.05%)", "1,440 bars, 1d")),
        (at(50, 950.0), 0, ("0 (+0.00%)", "-10 bars, -10m")),
    ],
)
def test_a_measure_says_the_change_and_the_time(
    view: Frame, end: Anchor, direction: int, rows: tuple[str, str]
) -> None:
    figure = made(view, Kind.MEASURE, A, end)
    assert figure.direction == direction
    [label] = figure.labels
    assert label.rows == rows
    assert label.framed
    assert inside(label, view)


def test_a_measure_in_korean() -> None:
    view = frame(language="ko")
    assert texts(made(view, Kind.MEASURE, A, at(60 + 150, 950.0)))[1] == "150봉, 2시간 30분"


def test_a_measure_from_no_price_has_no_percentage(view: Frame) -> None:
    figure = made(view, Kind.MEASURE, at(60, -100.0), B)
    assert texts(figure)[0] == "+1,150"


def test_the_text_of_a_measure_is_where_it_points_to(view: Frame) -> None:
    [up] = made(view, Kind.MEASURE, A, B).labels
    [down] = made(view, Kind.MEASURE, B, A).labels
    assert up.y + up.height < view.y(1050.0)
    assert down.y > view.y(950.0)
    assert made(view, Kind.MEASURE, at(-99, 950.0), at(-90, 990.0)).labels == ()
    assert made(view, Kind.MEASURE, at(390, 950.0), at(400, 990.0)).labels == ()


def test_arrows_need_room(view: Frame) -> None:
    wide = made(view, Kind.MEASURE, A, B)
    assert len(wide.lines) == 4 + 2 * 3
    tip = view.x(B.time), (view.y(950.0) + view.y(1050.0)) / 2
    assert sum(line.start == pytest.approx(tip) for line in wide.lines) == 2
    assert len(made(view, Kind.MEASURE, A, at(61, 951.0)).lines) == 4 + 2


def test_times_count_in_the_unit_of_the_bars() -> None:
    """Ten days measured on minutes are the same ten days on any other unit."""
    view = frame()
    later = Anchor(A.time + 10 * DAY, 950.0)
    assert texts(made(view, Kind.MEASURE, A, later))[1] == "14,400 bars, 10d"
    assert translations("ko")["chart.drawing.span"].format(bars=1, time="") == "1봉, "


def test_every_figure_moves_with_the_scale(view: Frame) -> None:
    """Prices are asked of the scale, whatever it is."""
    flat = Frame(
        view.bars,
        view.axis,
        view.grid,
        PriceScale(0.0, 2000.0, auto=False),
        view.layout,
        view.words,
        view.tick_size,
        view.text_width,
        view.line_height,
    )
    anchors = {1: (A,), 2: (A, B), 3: (A, B, C)}
    for kind in Kind:
        drawing = Drawing(kind, anchors[kind.anchor_count], "x")
        assert figure_of(drawing, flat) != figure_of(drawing, view)
        assert figure_of(drawing, flat) == figure_of(drawing, flat)


far_out = st.builds(Anchor, st.integers(1, LATEST_MS - 1), st.floats(-HIGHEST_PRICE, HIGHEST_PRICE))
close_by = st.builds(at, st.integers(0, 110), st.floats(850.0, 1150.0))


@given(st.sampled_from(Kind), st.lists(st.one_of(far_out, close_by), min_size=3, max_size=3))
def test_wherever_the_anchors_are_only_what_is_in_view_is_painted(
    kind: Kind, places: list[Anchor]
) -> None:
    view = frame()
    figure = made(view, kind, *places[: kind.anchor_count], text="text")
    across, down = view.box
    ends = [end for line in figure.lines for end in (line.start, line.end)]
    for x, y in [*ends, *(corner for area in figure.areas for corner in area)]:
        assert -1 <= x <= across + 1
        assert -1 <= y <= down + 1
    for label in figure.labels:
        assert -label.width < label.x < across
        assert -label.height < label.y < down
