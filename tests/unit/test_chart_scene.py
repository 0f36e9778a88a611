"""What is in view: settled columns, and the growing one apart. Pure."""

from __future__ import annotations

from tests.chart_bars import chart, wave
from upbit_ws_qt_widgets.models.chart_scene import Scene, sight_of


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
