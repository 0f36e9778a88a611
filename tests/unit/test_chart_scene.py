"""What is in view: settled columns, and the growing one apart. Pure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.chart_bars import chart, rows, second, wave
from upbit_ws_qt_widgets.models.candle_input import page_of
from upbit_ws_qt_widgets.models.chart_scene import Scene, base_of, compared_of, sight_of


def test_the_newest_bar_is_a_column_of_its_own() -> None:
    state = chart(wave(300))
    sight = sight_of(state)
    assert (sight.growing, sight.shows_growing, sight.stop) == (299, True, 299)
    growing = sight.growing_column(state)
    assert growing is not None
    assert growing.numbers.tolist() == [299]
    assert sight.settled_columns(state).numbers[-1] == 298


def test_zoomed_out_the_column_of_the_newest_bar_holds_its_neighbours_too() -> None:
    state = chart(wave(5003))
    state.set_spacing(0.2)
    sight = sight_of(state)
    assert sight.grid.size == 8
    assert sight.growing == 5000
    growing = sight.growing_column(state)
    assert growing is not None
    assert growing.last.tolist() == [5002]


def test_in_the_past_there_is_no_growing_column() -> None:
    state = chart(wave(500))
    state.pan(1000)
    sight = sight_of(state)
    assert not sight.shows_growing
    assert sight.growing_column(state) is None
    start, stop = state.view.range(state.layout.view_width, 0, 500)
    assert (sight.start, sight.stop) == (start, stop)


def test_a_single_bar_is_the_growing_one() -> None:
    state = chart(wave(1))
    sight = sight_of(state)
    assert sight.shows_growing
    assert len(sight.settled_columns(state)) == 0


@pytest.mark.parametrize(
    ("shift", "expected"),
    [
        (0, (157, 251)),
        (26, (131, 225)),
        (-26, (183, 277)),
        (200, (0, 51)),
        (-60, (217, 300)),
    ],
)
def test_what_is_drawn_later_comes_from_earlier_bars(shift: int, expected: tuple[int, int]) -> None:
    """Bars cut by an edge of the view count as in view; there are bars 0 to 299."""
    state = chart(wave(300))
    state.view = replace(state.view, right=250.5, follow=False)
    sight = sight_of(state)
    assert (sight.left, sight.right) == (157.5, 250.5)
    assert sight.reach(shift) == expected


@pytest.mark.parametrize("shift", [252, 400, -143, -400])
def test_what_is_drawn_later_than_the_view_or_before_it_has_no_columns(shift: int) -> None:
    state = chart(wave(300))
    state.view = replace(state.view, right=250.5, follow=False)
    sight = sight_of(state)
    start, stop = sight.reach(shift)
    assert start >= stop
    assert sight.settled_ends(start, stop).tolist() == []
    assert sight.live_ends(start, stop).tolist() == []


def test_zoomed_out_it_comes_from_whole_columns() -> None:
    state = chart(wave(5003))
    state.merge(page_of(rows(range(-3, 0))))
    state.set_spacing(0.2)
    state.view = replace(state.view, right=3721.0, follow=False)
    sight = sight_of(state)
    assert (sight.grid.size, sight.left, sight.first) == (8, 1.0, -3)
    assert sight.reach(0) == (0, 3728)
    assert sight.reach(1) == (0, 3720)
    assert sight.reach(2) == (-3, 3720), "the column of the first bar is not a whole one"
    assert sight.reach(-1281) == (1280, 5003), "nor is that of the newest one"


def test_a_settled_column_ends_before_the_next_one_begins() -> None:
    state = chart(wave(5003))
    state.merge(page_of(rows(range(-3, 0))))
    state.set_spacing(0.2)
    sight = sight_of(state)
    assert (sight.grid.size, sight.growing) == (8, 5000)
    assert sight.settled_ends(-3, 24).tolist() == [-1, 7, 15, 23]
    assert sight.settled_ends(4984, 5003).tolist() == [4991, 4999], "the growing one is not settled"


def test_lines_go_on_from_the_last_settled_column_to_the_newest_bar() -> None:
    state = chart(wave(5003))
    state.set_spacing(0.2)
    sight = sight_of(state)
    assert sight.live_ends(4984, 5003).tolist() == [4999, 5002]
    assert sight.live_ends(4984, 5000).tolist() == [], "the newest bar is out of reach"


def test_to_a_single_bar_no_column_leads() -> None:
    sight = sight_of(chart(wave(1)))
    assert sight.reach(0) == (0, 1)
    assert sight.settled_ends(0, 1).tolist() == []
    assert sight.live_ends(0, 1).tolist() == [0]


def test_changes_are_counted_from_the_close_of_the_first_bar_in_view() -> None:
    state = chart(rows(range(300)))
    start, _ = state.view.range(state.layout.view_width, 0, 300)
    assert start > 0
    assert base_of(state) == 1000.0 + start
    state.pan(80.0)
    assert base_of(state) == 1000.0 + start - 10
    state.show_oldest()
    assert base_of(state) == 1000.0
    state.view = state.view.shifted(10_000)
    assert base_of(state) == 1299.0, "where there is none, from the nearest"


def test_a_second_market_is_counted_from_the_same_bar() -> None:
    state = chart(rows(range(300)))
    assert compared_of(state) is None
    state.comparison = second(range(300))
    compared = compared_of(state)
    assert compared is not None
    assert (compared.base, compared.own_base) == (base_of(state), base_of(state))


def test_a_scene_places_its_columns() -> None:
    state = chart(wave(100))
    sight = sight_of(state)
    settled = sight.settled_columns(state)
    scene = Scene(
        sight,
        settled,
        None,
        settled.lowest(),
        settled.highest(),
        state.layout,
        state.scale,
        7.0,
        (),
        (),
        state.look.kind,
    )
    assert sum(map(len, scene.shapes(settled).amounts)) == len(settled)
    assert scene.axis(state).scale is state.scale
