"""The chart's state: the view holds still, whatever the data do. Pure."""

from __future__ import annotations

import pytest

from tests.chart_bars import MINUTE, START, TEXT, bar, candle, chart, rows, wave
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_widgets.models.bars import VALUE
from upbit_ws_qt_widgets.models.candle_input import page_of
from upbit_ws_qt_widgets.models.chart_kinds import ChartKind, Look
from upbit_ws_qt_widgets.models.chart_scale import PriceScale
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
