"""A second market is matched by the starts of bars and counted from the first in view. Pure."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chart_bars import MINUTE, START, chart, rows, second
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_resources import translations
from upbit_ws_qt_widgets.models.bars import Bar
from upbit_ws_qt_widgets.models.candle_input import page_of
from upbit_ws_qt_widgets.models.chart_compare import Compared, Comparison
from upbit_ws_qt_widgets.models.chart_picture import Front
from upbit_ws_qt_widgets.models.chart_resolve import ChartResolver
from upbit_ws_qt_widgets.models.chart_scale import ScaleKind
from upbit_ws_qt_widgets.models.chart_scene import compared_of, sight_of
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.live_bars import Trade


def compared(indices: list[int], count: int = 300) -> ChartState:
    state = chart(rows(range(count)))
    state.comparison = second(indices)
    state.set_scale_kind(ScaleKind.PERCENT)
    return state


def at(*indices: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return START + np.array(indices, np.int64) * MINUTE


def naive(indices: list[int], wanted: int) -> float:
    """The last close up to a bar, by looking at each."""
    before = [index for index in indices if index <= wanted]
    return 1000.0 + before[-1] if before else math.nan


@given(st.sets(st.integers(0, 60), min_size=1), st.lists(st.integers(0, 60), max_size=20))
def test_closes_are_those_of_the_last_bar_that_began_by_then(
    indices: set[int], wanted: list[int]
) -> None:
    known = sorted(indices)
    closes = second(known).closes(at(*wanted))
    np.testing.assert_array_equal(closes, [naive(known, one) for one in wanted])


def test_both_are_counted_from_the_first_bar_in_view() -> None:
    state = compared(list(range(300)))
    made = compared_of(state)
    assert made is not None
    start, _ = state.view.range(state.layout.view_width, 0, 300)
    assert (made.base, made.own_base) == (1000.0 + start, 1000.0 + start)
    state.comparison = second(list(range(0, 300, 7)))
    made = compared_of(state)
    assert made is not None
    assert made.own_base == 1000.0 + start // 7 * 7, "it carries the close on"
    point = made.at(299)
    assert point is not None
    assert point.close == 1294.0
    assert point.change == 1294.0 / made.own_base - 1
    assert point.price == pytest.approx(made.base * (1 + point.change))


def test_one_that_begins_later_is_counted_from_its_first_close() -> None:
    state = compared(list(range(280, 300)))
    made = compared_of(state)
    assert made is not None
    assert made.own_base == 1280.0
    assert made.at(279) is None
    point = made.at(280)
    assert point is not None
    assert (point.change, point.price) == (0.0, made.base)
    assert made.prices(np.array([280, 299])) == pytest.approx([made.base, made.base * 1299 / 1280])
    assert np.isnan(made.prices(np.array([279]))).all()
    assert made.widened(5.0, 6.0, np.array([279])) == (5.0, 6.0)


def test_without_a_second_market_or_a_bar_of_it_there_is_nothing_to_draw() -> None:
    bars = chart(rows([0])).bars
    assert Compared.of(None, bars, 0, 1.0) is None
    assert Compared.of(Comparison("KRW-ETH", Timeframe.MINUTE_1), bars, 0, 1.0) is None
    waiting = second([0])
    assert Compared.of(waiting, bars, 0, 1.0) is not None
    waiting.is_waiting = True
    assert Compared.of(waiting, bars, 0, 1.0) is None


def test_prices_have_the_steps_of_its_own_currency() -> None:
    assert Comparison("USDT-BTC", Timeframe.MINUTE_1).tick_size(65_000.0) == 0.01
    assert Comparison("BTC-XRP", Timeframe.MINUTE_1).tick_size(1e-5) == 1e-8


def test_another_unit_forgets_its_bars_and_the_same_keeps_them() -> None:
    state = compared([0, 1])
    comparison = state.comparison
    assert comparison is not None
    state.restart(Timeframe.MINUTE_1)
    assert len(comparison.bars) == 2
    state.restart(Timeframe.DAY)
    assert len(comparison.bars) == 0
    assert comparison.series.timeframe is Timeframe.DAY


# -- in the picture --------------------------------------------------------------------------------


def front(state: ChartState) -> Front:
    return ChartResolver().resolve(state, 0.0).front


def test_its_line_goes_through_its_closes_and_its_tag_says_the_change() -> None:
    state = compared(list(range(0, 300, 3)))
    picture = ChartResolver().resolve(state, 0.0)
    made = compared_of(state)
    assert made is not None
    settled, live = (
        next(line for line in strokes.lines if line.role == "comparison").segments
        for strokes in (picture.backdrop.overlays, picture.front.live_overlays)
    )
    sight, height = sight_of(state), state.layout.price_bottom
    numbers = sight.settled_ends(sight.start, sight.stop)
    expected = state.scale.y(made.prices(numbers), 0, height) + sight.grid.wick / 2
    np.testing.assert_allclose(settled[:, 1], expected[:-1])
    np.testing.assert_allclose(settled[:, 3], expected[1:])
    assert (live[0, :2] == settled[-1, 2:]).all(), "it goes on to the newest bar"
    tag, last = picture.front.compared, made.at(299)
    assert tag is not None
    assert last is not None
    assert tag.text == f"{100 * last.change:+.2f}%"
    assert picture.front.price is not None
    assert tag.y > picture.front.price.y, "it is below, and lies beside that of the last price"
    item = picture.front.legend[1][0]
    assert (item.label, item.role, item.essential) == ("KRW-ETH", "comparison", True)
    assert item.value == f"1,297  {100 * last.change:+.2f}%"


def test_the_axis_fits_both_and_a_tag_out_of_sight_is_at_the_edge() -> None:
    state = compared([])
    assert state.comparison is not None
    far = rows(range(300))
    for name in ("open", "high", "low", "close"):
        far[name][250:] *= 2
    state.comparison.series.load(page_of(far), keep_newer=False)
    tag = front(state).compared
    assert tag is not None
    point = compared_of(state)
    assert point is not None
    assert (last := point.at(299)) is not None
    assert tag.y == round(float(state.scale.y(last.price, 0, state.layout.price_bottom)))
    assert state.scale.high > 2 * 1299
    state.stretch_prices(0.05)
    tag = front(state).compared
    assert tag is not None
    assert tag.y in (0, state.layout.price_bottom - 1)


def test_the_legend_says_what_is_the_matter_and_the_pointers_bar() -> None:
    state = compared(list(range(280, 300)))
    assert state.comparison is not None
    state.pointer = (20.0, 200.0)
    assert front(state).legend[1][0][1] == "–", "there is nothing of it yet"
    state.comparison.note = "Loading…"
    items = front(state).legend[1][:2]
    assert [(item.label, item.value) for item in items] == [("KRW-ETH", ""), ("", "Loading…")]
    assert items[1].role == "warning"
    state.pointer = None
    items = front(state).legend[1][:2]
    assert items[0].value == "1,299  +1.48%"
    state.comparison = None
    assert front(state).legend[1][0].label == "MA5"
    assert front(state).compared is None


def test_before_its_first_bar_there_is_no_tag() -> None:
    state = compared(list(range(280, 300)))
    state.series.load(page_of(rows(range(100))), keep_newer=False)
    state.show_latest()
    made = front(state)
    assert made.compared is None
    assert made.legend[1][0].value == "–"


def test_a_tick_of_either_leaves_the_backdrop_and_older_bars_do_not() -> None:
    state, resolver = compared(list(range(300))), ChartResolver()
    comparison = state.comparison
    assert comparison is not None
    before = resolver.resolve(state, 0.0).backdrop
    state.trade(Trade(START + 299 * MINUTE + 1, 1, 1299.5, 0.1))
    comparison.series.trade(Trade(START + 299 * MINUTE + 1, 1, 1299.5, 0.1))
    assert resolver.resolve(state, 0.0).backdrop is before
    comparison.series.candle(Bar(START + 280 * MINUTE, 990, 990, 990, 990, 1, 990), None)
    changed = resolver.resolve(state, 0.0).backdrop
    assert changed is not before
    state.words = translations("ko")
    assert resolver.resolve(state, 0.0).backdrop is not changed


def test_where_its_last_bar_is_carried_on_a_change_of_it_is_painted() -> None:
    """Its newest bar lies among the settled ones of a market that trades more."""
    state, resolver = compared(list(range(290))), ChartResolver()
    comparison = state.comparison
    assert comparison is not None
    before = resolver.resolve(state, 0.0).backdrop
    revision = comparison.bars.revision
    comparison.series.trade(Trade(START + 289 * MINUTE + 1, 1, 1288.0, 0.1))
    assert comparison.bars.revision == revision
    after = resolver.resolve(state, 0.0).backdrop
    assert after is not before
    last = [line.segments[-1, 3] for line in after.overlays.lines if line.role == "comparison"]
    former = [line.segments[-1, 3] for line in before.overlays.lines if line.role == "comparison"]
    assert last > former


def test_older_bars_of_it_are_wanted_as_far_as_the_user_looks() -> None:
    state = compared(list(range(295, 300)))
    assert state.older_wanted_of_comparison() == START + 295 * MINUTE
    state.comparison = second(list(range(300)))
    assert state.older_wanted_of_comparison() is None
    state.comparison = second(list(range(150, 300)))
    assert state.older_wanted_of_comparison() is None, "half a screen before what is in view"
    state.pan(800.0)
    assert state.older_wanted_of_comparison() == START + 150 * MINUTE
    state.comparison = second([])
    assert state.older_wanted_of_comparison() is None
    state.comparison = None
    assert state.older_wanted_of_comparison() is None
