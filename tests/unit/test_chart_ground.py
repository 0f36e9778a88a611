"""Under the bars: shades of holes, edges of pauses, the volume profile, the words. Pure."""

from __future__ import annotations

import numpy as np
import pytest

from tests.chart_bars import MINUTE, START, chart, rows, wave
from upbit_ws_qt_widgets.models.bars import LOW, VALUE
from upbit_ws_qt_widgets.models.candle_input import page_of
from upbit_ws_qt_widgets.models.chart_ground import (
    hole_at,
    hole_text,
    note_of,
    pauses_of,
    profile_of,
    shades_of,
)
from upbit_ws_qt_widgets.models.chart_holes import Hole
from upbit_ws_qt_widgets.models.chart_kinds import ChartKind, Look
from upbit_ws_qt_widgets.models.chart_layout import PaneBox
from upbit_ws_qt_widgets.models.chart_picture import ProfilePicture
from upbit_ws_qt_widgets.models.chart_scale import PriceScale, ScaleKind
from upbit_ws_qt_widgets.models.chart_scene import PaneScene, Scene, sight_of
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.chart_time import TimeZone

SECOND = 1000


SCALE = PriceScale(80_000.0, 120_000.0)


def scene_of(state: ChartState, scale: PriceScale = SCALE) -> Scene:
    sight = sight_of(state)
    box = PaneBox(None, 300, 400)
    return Scene(
        sight=sight,
        settled=sight.settled_columns(state),
        growing=sight.growing_column(state),
        low=None,
        high=None,
        layout=state.layout,
        scale=scale,
        top=1.0,
        overlays=(),
        panes=(PaneScene(box, PriceScale(), None),),
        kind=state.look.kind,
    )


def at(minute: float) -> int:
    return START + round(minute * MINUTE)


# -- holes -----------------------------------------------------------------------------------------


def test_where_nothing_is_missing_there_is_no_shade() -> None:
    state = chart(wave(100))
    assert shades_of(state, scene_of(state)) == ()
    assert hole_at(state, 50) is None
    assert note_of(state, scene_of(state)) == ""


def test_a_shade_covers_the_bars_that_may_lack_something() -> None:
    state = chart(wave(100))
    state.holes.found("trade", at(90.5), at(92.2))
    scene = scene_of(state)
    (shade,) = shades_of(state, scene)
    assert shade.x == int(scene.sight.grid.left(90))
    assert shade.x + shade.width == int(scene.sight.grid.left(93))
    # The first event after the hole may be the very first of its bar.
    state.holes.found("trade", at(90.5), at(92))
    assert shades_of(state, scene)[0].width == 2 * 8


def test_a_shade_ends_with_the_plot_and_the_bars() -> None:
    state = chart(wave(100))
    scene = scene_of(state)
    for since, until, left, right in (
        (-50, 2, None, None),
        (-50, -40, None, None),
        (97.5, 500, 97, 100),
        (-50, 500, 0, 100),
    ):
        state.holes.found("trade", at(since), at(until))
        shades = shades_of(state, scene)
        if left is None:
            assert shades == ()
        else:
            assert shades[0].x == max(0, int(scene.sight.grid.left(left)))
            assert shades[0].x + shades[0].width == int(scene.sight.grid.left(right))
    state = chart(wave(300))
    state.pan(800.0)
    state.holes.found("trade", at(-50), at(500))
    (shade,) = shades_of(state, scene_of(state))
    assert (shade.x, shade.width) == (0, state.layout.plot_width)


def test_zoomed_out_a_shade_covers_whole_columns() -> None:
    state = chart(wave(5000))
    state.zoom(1e-3)
    scene = scene_of(state)
    size = scene.sight.grid.size
    assert size > 1
    state.holes.lost("trade", at(size + 1), at(size + 2))
    (shade,) = shades_of(state, scene)
    assert shade.x == int(scene.sight.grid.left(size))
    assert shade.x + shade.width == int(scene.sight.grid.left(2 * size))


def test_a_hole_between_two_bars_belongs_to_the_one_before() -> None:
    state = chart(rows([0, 1, 10, 11]))
    state.holes.lost("trade", at(5), at(6))
    assert [hole_at(state, number) is not None for number in range(4)] == [
        False,
        True,
        False,
        False,
    ]
    state.holes.lost("trade", at(11.5), at(20))
    assert hole_at(state, 3) == Hole(at(11.5), at(20), is_lost=True)


@pytest.mark.parametrize(
    ("language", "lost", "asked"),
    [
        (
            "en",
            "12s not known, 09:31:02–09:31:14 · trying again",
            "09:31:02–09:31:14 may lack something · loading",
        ),
        (
            "ko",
            "09:31:02~09:31:14 (12초) 시세를 받지 못함 · 다시 요청하고 있습니다",
            "09:31:02~09:31:14 누락된 시세를 불러오는 중",
        ),
    ],
)
def test_a_hole_is_told_in_the_hours_of_the_zone(language: str, lost: str, asked: str) -> None:
    state = chart(wave(100), language=language)
    since, until = at(31) + 2 * SECOND, at(31) + 14 * SECOND
    state.is_asking = True
    assert hole_text(state, Hole(since, until, is_lost=True)) == lost
    assert hole_text(state, Hole(since, until)) == asked
    state.zone = TimeZone.UTC
    assert "00:31:02" in hole_text(state, Hole(since, until))
    assert "1" in hole_text(state, Hole(since, since + 20, is_lost=True))


def test_nobody_asks_where_there_is_no_live_data() -> None:
    state = chart(wave(100))
    told = {hole_text(state, Hole(START, START + 12_000, is_lost=lost)) for lost in (False, True)}
    assert told == {"12s not known, 09:00:00–09:00:12"}


def test_only_what_is_in_view_is_told() -> None:
    state = chart(wave(500))
    state.holes.lost("trade", at(10), at(11))
    assert note_of(state, scene_of(state)) == ""
    state.show_oldest()
    assert "09:10:00" in note_of(state, scene_of(state))
    state.holes.found("trade", at(499.5), at(499.9))
    state.show_latest()
    assert "17:19:30" in note_of(state, scene_of(state))


# -- pauses ----------------------------------------------------------------------------------------


def test_a_pause_left_out_has_an_edge_and_is_told() -> None:
    far = 5000
    state = chart(rows([0, 2, far, far + 1]))
    state.show_empty_bars(shown=True)
    scene = scene_of(state)
    bars = state.bars
    edge = int(scene.sight.grid.left(bars.end - 2))
    assert pauses_of(state, scene) == (edge,)
    assert note_of(state, scene) == "Long pauses: their first 1,024 bars are shown"
    state.pan(2000.0)
    assert pauses_of(state, scene_of(state)) == ()
    assert note_of(state, scene_of(state)) == ""


def test_without_empty_bars_no_pause_is_told() -> None:
    state = chart(rows([0, 2, 5000, 5001]))
    assert pauses_of(state, scene_of(state)) == ()
    state.show_empty_bars(shown=True)
    state.load(page_of(rows([0])), keep_newer=False)
    assert pauses_of(state, scene_of(state)) == ()


def test_zoomed_out_columns_of_many_bars_are_no_pauses() -> None:
    state = chart(rows([*range(0, 4000, 3), 20_000, 20_001]))
    state.show_empty_bars(shown=True)
    state.zoom(1e-3)
    scene = scene_of(state)
    assert scene.sight.grid.size > 1
    assert len(pauses_of(state, scene)) == 1


# -- volume profile --------------------------------------------------------------------------------


def profile(state: ChartState) -> ProfilePicture:
    found = profile_of(state, scene_of(state))
    assert found is not None
    return found


def test_a_profile_is_there_when_it_is_wanted_and_something_was_traded() -> None:
    state = chart(wave(300))
    assert profile_of(state, scene_of(state)) is None
    state.shows_profile = True
    assert profile_of(state, scene_of(state)) is not None
    assert profile_of(state, scene_of(state, PriceScale(1.0, 2.0))) is None


def test_its_rows_stand_at_the_right_edge_and_the_longest_is_marked() -> None:
    state = chart(wave(300))
    state.shows_profile = True
    made, plot = profile(state), state.layout.plot_width
    for rects in (made.rise, made.fall):
        assert len(rects)
        assert (rects[:, 0] >= 0.75 * plot - 1).all()
        assert (rects[:, 3] >= 1).all()
    assert (made.rise[:, 0] + made.rise[:, 2] == plot).all()
    whole = np.concatenate((made.rise, made.fall))
    assert int(whole[:, 0].min()) == made.x == plot - round(plot / 4)
    longest = whole[whole[:, 0] == made.x][0]
    assert longest[1] <= made.y <= longest[1] + longest[3]
    price = scene_of(state).scale.price(made.y, 0, state.layout.price_bottom)
    told = float(made.text.removeprefix("Most traded ").replace(",", ""))
    assert told == pytest.approx(price, abs=200)


def test_rows_do_not_touch_and_none_is_upside_down() -> None:
    state = chart(wave(300))
    state.shows_profile = True
    for inverted in (False, True):
        scale = PriceScale(80_000.0, 120_000.0, is_inverted=inverted)
        made = profile_of(state, scene_of(state, scale))
        assert made is not None
        tops = np.sort(made.rise[:, 1])
        assert (np.diff(tops) >= made.rise[0, 3] + 1).all()


def test_on_a_logarithm_its_rows_are_as_high_everywhere_and_stay_in_the_pane() -> None:
    state = chart(wave(300))
    state.shows_profile = True
    lows = state.bars.figures[LOW]
    scale = PriceScale(float(lows.min()) / 50, float(lows.max()) * 2, kind=ScaleKind.LOG)
    made = profile_of(state, scene_of(state, scale))
    assert made is not None
    rects = np.concatenate((made.rise, made.fall))
    assert np.ptp(rects[:, 3]) <= 1
    for low, high in ((0.9, 1.1), (0.999, 1.001)):
        middle = float(np.median(lows))
        near = PriceScale(middle * low, middle * high, kind=ScaleKind.LOG)
        made = profile_of(state, scene_of(state, near))
        assert made is not None
        rects = np.concatenate((made.rise, made.fall))
        assert (rects[:, 1] >= 0).all()
        assert (rects[:, 1] + rects[:, 3] <= state.layout.price_bottom).all()


def test_it_counts_real_prices_whatever_is_drawn_and_the_amount_on_show() -> None:
    state = chart(wave(300))
    state.shows_profile = True
    solid = profile(state)
    for kind in (ChartKind.HEIKIN_ASHI, ChartKind.LINE):
        state.look = Look(kind)
        made = profile(state)
        assert made.text == solid.text
        assert made.rise.tolist() == solid.rise.tolist()
    state.look = Look(amount=VALUE)
    assert profile(state).rise.tolist() != solid.rise.tolist()


def test_it_leaves_out_the_bar_that_grows_and_what_is_out_of_view() -> None:
    state = chart(wave(300))
    state.shows_profile = True
    before = profile(state)
    last = state.bars.bar(state.bars.end - 1)
    state.candle(last._replace(volume=1e9), None)
    assert profile(state).rise.tolist() == before.rise.tolist()
    state.pan(300.0)
    assert profile(state).rise.tolist() != before.rise.tolist()
