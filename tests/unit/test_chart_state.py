"""The chart's state: the view holds still, whatever the data do. Pure."""

from __future__ import annotations

import math

import pytest

from tests.chart_bars import MINUTE, START, TEXT, bar, candle, chart, rows, second, wave
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_widgets.models.bars import VALUE
from upbit_ws_qt_widgets.models.candle_input import page_of
from upbit_ws_qt_widgets.models.chart_kinds import ChartKind, Look
from upbit_ws_qt_widgets.models.chart_place import Aim, ViewPlace
from upbit_ws_qt_widgets.models.chart_scale import PriceScale, ScaleKind
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.indicators.momentum import MACD, RSI
from upbit_ws_qt_widgets.models.live_bars import Trade

WIDTH = 800 - 56


def shown_time(state: ChartState) -> int:
    """The start of the bar at the right edge, to see whether the view moved."""
    number = min(int(state.view.right), state.bars.end) - 1
    return int(state.bars.times[number - state.bars.first])


def looking_back() -> ChartState:
    state = chart(wave(500))
    state.pan(1000)
    assert not state.view.follow
    return state


def next_trade(state: ChartState, bars: int = 1) -> Trade:
    return Trade(int(state.bars.times[-1]) + bars * MINUTE, 10_000 + bars, 100.0, 1.0)


def test_it_begins_empty_with_the_defaults() -> None:
    state = ChartState()
    assert state.timeframe is Timeframe.MINUTE_1
    assert len(state.bars) == 0
    assert not state.shows_value
    assert not state.wants_older()
    assert not state.shows_oldest()
    assert state.overlays.averages == (5, 20, 60)
    state.look = Look(amount=VALUE)
    assert state.shows_value
    assert state.tick_size(5.0) == 1e-8


def test_what_is_drawn_of_the_bars_is_up_to_the_look() -> None:
    state = chart(rows([0, 1]))
    assert state.prices().high.tolist() == [1001.0, 1002.0]
    state.look = Look(ChartKind.LINE)
    assert state.prices().high.tolist() == [1000.0, 1001.0]
    state.look = Look(ChartKind.HEIKIN_ASHI)
    state.candle(bar(2, 1002.0), None)
    prices = state.prices()
    assert prices.open.tolist() == [1000.0, 1000.0, 1000.5]
    assert prices.close.tolist() == [1000.0, 1001.0, 1002.0]
    assert prices.peak.tolist() == [1001.0, 1002.0, 1003.0]


def test_the_surface_is_laid_out_for_its_size_and_font() -> None:
    state = chart()
    layout = state.layout
    assert layout.plot_width == WIDTH
    assert state.text == TEXT
    state.resize(800.0, 480.0, 1.0, TEXT)
    assert state.layout is layout
    state.resize(900.0, 480.0, 1.0, TEXT)
    assert state.layout.plot_width == WIDTH + 100


def test_the_price_axis_is_as_wide_as_its_labels() -> None:
    state = chart()
    assert not state.fit_axis([])
    assert not state.fit_axis(["1"])
    assert state.fit_axis(["1", "116,539,000"])
    assert state.layout.plot_width == 800 - (9 * 8 + 2 * 4 + 16)
    assert not state.fit_axis(["116,540,000"])


def test_panes_are_laid_out_when_others_are_wanted() -> None:
    state = chart(wave(300))
    layout, view = state.layout, state.view
    state.fit_panes()
    assert state.layout is layout
    state.overlays.choose([RSI.chosen()])
    assert [pane.subject for pane in state.layout.panes] == [None]
    state.fit_panes()
    assert [pane.subject for pane in state.layout.panes] == [None, RSI.chosen()]
    assert state.layout.price_bottom < layout.price_bottom
    assert state.view == view
    fitted = state.layout
    state.fit_panes()
    assert state.layout is fitted


def test_a_pane_that_was_dragged_is_laid_out_anew() -> None:
    state = chart(wave(300))
    top = state.layout.panes[0].top
    state.panes.drag(state.layout, 0, -40)
    state.fit_panes()
    assert state.layout.panes[0].top == top - 40


def test_loading_shows_the_newest_bars() -> None:
    state = chart(wave(300))
    assert state.view.follow
    assert state.view.range(WIDTH, 0, 300)[1] == 300


def test_loading_again_keeps_what_the_user_looks_at() -> None:
    state = looking_back()
    state.stretch_prices(2.0)
    time, spacing, scale = shown_time(state), state.view.spacing, state.scale
    state.load(page_of(wave(600)[50:]), keep_newer=False)
    assert shown_time(state) == time
    assert state.view.spacing == spacing
    assert state.scale == scale


def test_loading_something_else_starts_at_its_newest_bar() -> None:
    state = looking_back()
    state.stretch_prices(2.0)
    other = rows(range(-900, -600))
    state.load(page_of(other), keep_newer=False)
    assert state.view.follow
    assert state.scale.auto


def test_a_new_bar_moves_a_following_view_along() -> None:
    state = chart(wave(300))
    right = state.view.right
    assert state.trade(next_trade(state))
    assert state.view.right == right + 1
    state.candle(bar(301), None)
    assert state.view.right == right + 2


def test_the_first_bar_of_all_is_shown() -> None:
    state = chart()
    state.trade(Trade(START, 1, 100.0, 1.0))
    assert state.view.range(WIDTH, state.bars.first, state.bars.end) == (0, 1)


def test_older_bars_leave_the_view_where_it_is() -> None:
    for state in (chart(wave(500)), looking_back()):
        before, time = state.view, shown_time(state)
        state.merge(page_of(rows(range(-200, 0))))
        assert state.view == before
        assert shown_time(state) == time
        assert state.bars.first == -200


def test_a_view_of_the_past_stays_while_bars_come_or_are_inserted() -> None:
    made = wave(500)
    state = chart(made[[i for i in range(500) if i not in (3, 450)]])
    state.pan(1000)
    time = shown_time(state)
    state.trade(next_trade(state))
    assert shown_time(state) == time
    for missing in (3, 450):
        state.merge(page_of(made[missing : missing + 1]))
        assert shown_time(state) == time
    assert len(state.bars) == 501


def test_nothing_moves_while_the_user_holds_the_chart() -> None:
    state = chart(wave(300))
    state.hold()
    assert state.is_held
    state.pan(20)
    view = state.view
    for n in (1, 2, 3):
        state.trade(next_trade(state))
        assert state.view == view, n
    state.release()
    assert state.view.right == view.right + 3, "who still saw the newest bar sees it again"
    assert not state.is_held
    state.release()
    assert state.view.right == view.right + 3


def test_who_dragged_into_the_past_stays_there() -> None:
    state = chart(wave(300))
    state.hold()
    state.pan(500)
    view = state.view
    state.trade(next_trade(state))
    state.release()
    assert state.view == view


def test_a_trade_that_is_known_changes_nothing() -> None:
    state = chart(wave(3))
    trade = next_trade(state)
    assert state.trade(trade)
    assert not state.trade(trade)


def test_another_unit_starts_afresh_with_the_same_zoom() -> None:
    state = looking_back()
    state.zoom(2.0)
    state.stretch_prices(2.0)
    state.restart(Timeframe.DAY)
    assert len(state.bars) == 0
    assert state.timeframe is Timeframe.DAY
    assert state.view.spacing == 16.0
    assert state.view.follow
    assert state.scale == PriceScale()


def test_zooming_with_and_without_a_pointer() -> None:
    state = looking_back()
    place = state.view.place(100, WIDTH)
    state.zoom(1.5, 100)
    assert state.view.place(100, WIDTH) == pytest.approx(place)
    middle = state.view.place(WIDTH / 2, WIDTH)
    state.zoom(1.5)
    assert state.view.place(WIDTH / 2, WIDTH) == pytest.approx(middle)


def test_going_to_either_end() -> None:
    state = looking_back()
    state.show_latest()
    assert state.view.follow
    state.show_oldest()
    assert state.shows_oldest()
    assert state.view.left(WIDTH) == 0
    state.set_spacing(20.0)
    assert state.view.spacing == 20.0
    assert state.view.follow


def test_prices_move_only_by_hand() -> None:
    state = chart(wave(100))
    scale = state.scale
    state.move_prices(10)
    assert state.scale == scale
    state.stretch_prices(2.0)
    stretched = state.scale
    state.move_prices(10)
    assert state.scale.low > stretched.low
    state.reset_prices()
    assert state.scale.auto


def test_another_kind_of_scale_or_upside_down_stays_whatever_else_is_reset() -> None:
    state = chart(wave(100))
    state.set_scale_kind(ScaleKind.LOG)
    state.invert_prices(inverted=True)
    state.pane_scales[None] = PriceScale(0.0, 5.0, auto=False)
    for reset in (
        state.reset_prices,
        lambda: state.restart(Timeframe.DAY),
        lambda: state.load(page_of(wave(10)), keep_newer=False),
    ):
        state.stretch_prices(2.0)
        assert state.is_scaled_by_hand
        reset()
        assert (state.scale.kind, state.scale.is_inverted) == (ScaleKind.LOG, True)
        assert state.scale.auto
    assert state.pane_scales == {}
    assert not state.is_scaled_by_hand


def test_a_pane_is_stretched_and_moved_once_it_was_shown() -> None:
    state = chart(wave(100), height=700.0)
    state.overlays.choose([MACD.chosen()])
    state.fit_panes()
    amounts, box = state.layout.panes
    for pane in (amounts, box):
        state.stretch_pane(pane.subject, 2.0)
        state.move_pane(pane, 10.0)
    assert state.pane_scales == {}
    state.pane_scales = {None: PriceScale(0.0, 5.0), box.subject: PriceScale(-1.0, 1.0)}
    state.move_pane(box, 10.0)
    assert state.pane_scales[box.subject] == PriceScale(-1.0, 1.0), "nobody took it"
    state.stretch_pane(None, 2.0)
    state.move_pane(amounts, 10.0)
    assert state.pane_scales[None] == PriceScale(0.0, 10.0, auto=False)
    state.stretch_pane(box.subject, 2.0)
    state.move_pane(box, (box.bottom - box.top) / 4)
    assert state.pane_scales[box.subject] == PriceScale(-1.0, 3.0, auto=False)
    state.reset_pane(box.subject)
    state.reset_pane(box.subject)
    assert list(state.pane_scales) == [None]
    assert state.is_scaled_by_hand


def test_a_second_market_has_the_unit_of_the_chart_and_is_wanted_as_far_as_it_is_seen() -> None:
    state = chart(rows(range(300)))
    assert state.older_wanted_of_comparison() is None
    state.comparison = second(range(290, 300))
    assert state.older_wanted_of_comparison() == int(state.bars.times[290])
    state.comparison = second(range(300))
    assert state.older_wanted_of_comparison() is None
    state.restart(Timeframe.DAY)
    assert state.comparison.series.timeframe is Timeframe.DAY
    assert state.older_wanted_of_comparison() is None


def test_closing_a_pane_takes_away_its_indicator_and_its_height() -> None:
    state = chart(wave(100), height=700.0)
    state.overlays.choose([RSI.chosen(), MACD.chosen()])
    state.fit_panes()
    state.panes.drag(state.layout, 1, -40)
    state.close_pane(RSI.chosen())
    assert state.overlays.chosen == (MACD.chosen(),)
    assert state.panes.shows_amounts
    assert state.panes.heights([RSI.chosen()])[1] is None, "it comes back with the usual height"


def test_closing_the_pane_of_the_amounts_leaves_the_indicators() -> None:
    state = chart(wave(100), height=700.0)
    state.overlays.choose([RSI.chosen()])
    state.panes.drag(state.layout, 0, -40)
    state.close_pane(None)
    assert not state.panes.shows_amounts
    assert state.panes.heights([])[0] is None
    assert state.overlays.chosen == (RSI.chosen(),)


def test_older_bars_are_wanted_before_the_first_is_reached() -> None:
    state = chart(wave(500))
    assert not state.wants_older()
    assert not state.shows_oldest()
    state.pan(500 * 8 - 1.4 * WIDTH)
    assert state.wants_older()
    assert not state.shows_oldest()


def test_a_smaller_surface_still_shows_bars() -> None:
    state = looking_back()
    state.show_oldest()
    state.resize(200.0, 480.0, 1.0, TEXT)
    start, stop = state.view.range(state.layout.view_width, 0, 500)
    assert stop - start > 3


def test_a_candle_event_can_replace_the_last_one() -> None:
    state = chart()
    state.load(page_of([candle(0), candle(1)]), keep_newer=False)
    right = state.view.right
    state.candle(bar(1, 120.0), START + 2 * MINUTE)
    assert state.bars.bar(1).close == 120.0
    assert state.view.right == right


def times_in_view(state: ChartState) -> tuple[int, int]:
    place = state.place()
    assert place is not None
    return place.end - place.span, place.end


RANGE = START + 100 * MINUTE, START + 200 * MINUTE
PLACE = ViewPlace(RANGE[1], RANGE[1] - RANGE[0])


def test_a_time_that_was_asked_for_stays_in_view_at_every_size_and_unit() -> None:
    state = chart(wave(500))
    state.show_place(PLACE)
    assert times_in_view(state) == RANGE
    for width in (500.0, 1200.0):
        state.resize(width, 480.0, 1.0, TEXT)
        assert times_in_view(state) == RANGE
    state.fit_axis(["1,234,567,890.12345678"])
    assert times_in_view(state) == RANGE
    state.restart(Timeframe.MINUTE_5)
    state.load(page_of(wave(100, step=5 * MINUTE)), keep_newer=False)
    assert times_in_view(state) == RANGE
    assert state.view.spacing == pytest.approx(state.layout.view_width / 20)


def test_it_waits_for_bars_and_comes_nearer_with_each_page() -> None:
    state = chart()
    state.show_place(PLACE)
    assert state.place() is None
    state.candle(bar(600), None)
    assert state.wants_older()
    rows = wave(600)
    state.load(page_of(rows[300:]), keep_newer=False)
    assert state.view.right - state.bars.first <= 3
    assert state.wants_older()
    state.merge(page_of(rows[50:300]))
    assert times_in_view(state) == RANGE


def test_whoever_moves_the_chart_ends_it() -> None:
    moves = [
        lambda state: state.pan(50.0),
        lambda state: state.zoom(1.1, 100.0),
        lambda state: state.zoom(1.1),
        lambda state: state.show_latest(),
        lambda state: state.show_oldest(),
        lambda state: state.set_spacing(5.0),
        lambda state: state.reveal(450),
        lambda state: state.hold(),
        lambda state: state.show_place(None),
    ]
    for move in moves:
        state = chart(wave(500))
        state.show_place(PLACE)
        move(state)
        spacing = state.view.spacing
        state.resize(400.0, 480.0, 1.0, TEXT)
        assert state.view.spacing == spacing
    state = chart(wave(500))
    state.show_place(PLACE)
    state.reveal(150)
    state.resize(400.0, 480.0, 1.0, TEXT)
    assert times_in_view(state) == RANGE, "what is in view already needs no move"


def test_nothing_else_moves_what_the_user_holds() -> None:
    state = looking_back()
    view = state.view
    state.hold()
    state.show_place(PLACE)
    state.keep_place()
    assert state.view == view
    state.release()
    state.resize(500.0, 480.0, 1.0, TEXT)
    assert state.view == view


def test_what_is_in_view_can_be_kept_there() -> None:
    state = chart(wave(500))
    state.set_spacing(4.0)
    before = times_in_view(state)
    state.keep_place()
    state.resize(400.0, 480.0, 1.0, TEXT)
    assert times_in_view(state) == before
    assert state.trade(next_trade(state))
    assert times_in_view(state) == (before[0] + MINUTE, before[1] + MINUTE), "with the newest bar"
    state.resize(800.0, 480.0, 1.0, TEXT)
    assert state.view.spacing == pytest.approx(4.0)
    assert times_in_view(state) == (before[0] + MINUTE, before[1] + MINUTE)


def test_what_is_wished_is_told_before_it_can_be_shown() -> None:
    state = chart()
    assert state.wished_place() is None
    state.show_place(PLACE)
    wished = ViewPlace(PLACE.end, PLACE.span, Timeframe.MINUTE_1)
    assert state.wished_place() == wished
    state.load(page_of(wave(600)[400:]), keep_newer=False)
    assert state.wished_place() == wished
    state.keep_place()
    assert state.wished_place() == wished
    assert state.place() != wished, "not there yet"
    state.pan(-10.0)
    assert state.wished_place() == state.place()


def test_zooming_may_hold_the_newest_bar() -> None:
    state = looking_back()
    state.zooms_at_newest = True
    right = state.view.right
    state.zoom(2.0, 100.0)
    assert state.view.right == pytest.approx(right)


def test_other_bars_have_another_crosshair() -> None:
    state = chart(wave(100))
    state.aim = Aim(START, None, is_given=False)
    state.restart(Timeframe.DAY)
    assert state.aim is None


def place_of(state: ChartState, time: int) -> float:
    """How many px before the right edge the bar of a time begins."""
    number = state.bars.find(time)
    assert number is not None
    return (state.view.right - number) * state.view.spacing


def test_bars_of_empty_intervals_come_and_go_and_the_view_stays_at_its_time() -> None:
    state = chart(rows(range(0, 900, 3)))
    state.pan(400.0)
    newest_in_view = int(state.bars.times[math.ceil(state.view.right) - 1])
    place = place_of(state, newest_in_view)
    state.show_empty_bars(shown=True)
    assert len(state.bars) == 898
    assert state.look.empty_bars
    assert place_of(state, newest_in_view) == pytest.approx(place)
    state.show_empty_bars(shown=False)
    assert len(state.bars) == 300
    assert place_of(state, newest_in_view) == pytest.approx(place)


def test_where_the_newest_bar_in_view_goes_the_one_before_takes_its_place() -> None:
    state = chart(rows(range(0, 900, 3)))
    state.show_empty_bars(shown=True)
    state.pan(400.0)
    while state.bars.bar(math.ceil(state.view.right) - 1).volume:
        state.pan(state.view.spacing)
    newest = int(state.bars.times[math.ceil(state.view.right) - 1])
    state.show_empty_bars(shown=False)
    at_edge = int(state.bars.times[math.ceil(state.view.right) - 1])
    assert newest - 3 * MINUTE < at_edge < newest


def test_whoever_follows_the_newest_bar_goes_on_following() -> None:
    state = chart(rows(range(0, 90, 3)))
    room = state.view.right - state.bars.end
    for shown in (True, False):
        state.show_empty_bars(shown=shown)
        assert state.view.follow
        assert state.view.right - state.bars.end == room


def test_without_bars_the_wish_is_kept_for_later() -> None:
    state = chart()
    state.show_empty_bars(shown=True)
    state.restart(Timeframe.MINUTE_5)
    state.load(page_of(rows([0, 10])), keep_newer=False)
    assert len(state.bars) == 3
    state.restart(Timeframe.DAY)
    assert state.series.intervals is None


def test_time_goes_by_only_where_empty_intervals_have_bars() -> None:
    state = chart(rows([0, 1]))
    later = float(START + 5 * MINUTE)
    assert not state.pass_time(later)
    state.show_empty_bars(shown=True)
    right = state.view.right
    assert state.pass_time(later)
    assert not state.pass_time(later)
    assert len(state.bars) == 5
    assert state.view.right == right + 3
    state.hold()
    assert state.pass_time(later + MINUTE)
    assert state.view.right == right + 3
    state.release()
    assert state.view.right == right + 4


def test_nothing_of_another_market_or_unit_is_missing() -> None:
    state = chart(rows([0, 1]))
    state.holes.lost("trade", START, START + MINUTE)
    state.restart(Timeframe.MINUTE_1)
    assert state.holes.shown == ()


def test_the_newest_data_are_remembered_for_this_market_and_unit() -> None:
    state = chart(rows([0]))
    assert state.newest_ms is None
    state.note_newest(START + 5)
    state.note_newest(START + 3)
    assert state.newest_ms == START + 5
    state.restart(Timeframe.MINUTE_1)
    assert state.newest_ms is None


def test_what_is_set_for_a_picture_of_another_size_is_put_back() -> None:
    state = chart(wave(100))
    layout, scale, view = state.layout, state.scale, state.view
    for failing in (False, True):
        try:
            with state.put_back():
                state.resize(300.0, 200.0, 3.0, state.text)
                state.stretch_prices(2.0)
                state.pan(50.0)
                state.title = "another"
                assert state.layout.ratio == 3.0
                if failing:
                    raise LookupError
        except LookupError:
            assert failing
        assert state.layout is layout
        assert (state.scale, state.view, state.title) == (scale, view, "")
